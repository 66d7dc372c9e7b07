/* A cron text: splits it into fields and puts their items together. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "schedule/cron/cron.h"
#include "schedule/cron/cron_field.h"
#include "schedule/hash.h"

#define ALL_DOM 0xfffffffeU
#define ALL_DOW 0x7f

struct word {
	const char *start;
	const char *end;
};

static const char *
skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* Fills up to max words; returns how many there are. */
static size_t
split(const char *p, struct word *words, size_t max)
{
	size_t n = 0;

	for (p = skip_blanks(p); *p != '\0'; p = skip_blanks(p), n++) {
		const char *end = p + strcspn(p, " \t");

		if (n < max)
			words[n] = (struct word){p, end};
		p = end;
	}
	return n;
}

/* Points behind the last word, or to the first that is too many. */
static int
bad_count(const char *text, const char *pos, const struct word *words, size_t n,
    bool quartz, struct err *err)
{
	const char *at = skip_blanks(pos);

	if (n > CRON_FIELDS)
		at = words[CRON_FIELDS].start;
	else if (n > 0)
		at = words[n - 1].end;
	if (n == 0)
		return err_set(err,
		    "column %d: the schedule is empty; write "
		    "minute hour day month weekday, such as 30 2 * * *",
		    cron_column(text, at));
	if (quartz)
		return err_set(err,
		    "column %d: %zu fields; the quartz "
		    "dialect has 6 or 7: second minute hour day month "
		    "weekday [year]",
		    cron_column(text, at), n);
	return err_set(err,
	    "column %d: %zu field%s; write 5, 6 or 7: "
	    "[second] minute hour day month weekday [year]",
	    cron_column(text, at), n, n == 1 ? "" : "s");
}

static int
parse_fields(const char *text, const char *pos,
    const struct cron_options *options, struct cron_items *items,
    struct word *dow_r, struct err *err)
{
	struct word words[CRON_FIELDS + 1];
	size_t n = split(pos, words, nitems(words)), first;

	if (n < (options->quartz ? 6 : 5) || n > CRON_FIELDS)
		return bad_count(text, pos, words, n, options->quartz, err);
	first = n == 5 ? CRON_MINUTE : CRON_SECOND;
	memset(items, 0, CRON_FIELDS * sizeof(*items));
	if (n == 5)
		items[CRON_SECOND].mask = 1;
	for (size_t i = 0; i < n; i++) {
		enum cron_field_id id = (enum cron_field_id)(first + i);

		if (cron_field_parse(cron_field_get(id, options->quartz), text,
			words[i].start, words[i].end, options, &items[id],
			err) == -1)
			return -1;
	}
	*dow_r = words[CRON_DOW - first];
	return 0;
}

static int
check_quartz_days(const char *text, const struct cron_items *items,
    const char *dow, struct err *err)
{
	bool dom_any = items[CRON_DOM].question;
	bool dow_any = items[CRON_DOW].question;

	if (dom_any != dow_any)
		return 0;
	return err_set(err,
	    "column %d: %s day fields are ?; the quartz "
	    "dialect wants exactly one, such as 0 0 9 ? * MON",
	    cron_column(text, dow), dom_any ? "both" : "none of the");
}

static bool
has_any(const uint64_t *words)
{
	for (int i = 0; i < CRON_YEAR_WORDS; i++)
		if (words[i] != 0)
			return true;
	return false;
}

/* A field of all years says nothing. */
static bool
has_years(const uint64_t *years)
{
	for (int y = 0; y <= CRON_YEAR_MAX - CRON_YEAR_MIN; y++)
		if (!(years[y / 64] >> y % 64 & 1))
			return has_any(years);
	return false;
}

static void
set_rare(struct cron_spec *spec, const struct cron_items *items)
{
	const struct cron_items *dom = &items[CRON_DOM];
	const struct cron_items *dow = &items[CRON_DOW];
	struct cron_rare rare = {0}, none = {0};

	if (spec->dom != ALL_DOM) {
		spec->last = dom->last;
		rare.weekday = dom->weekday;
		rare.last_weekday = dom->last_weekday;
	}
	if (spec->dow != ALL_DOW) {
		memcpy(rare.nth, dow->nth, sizeof(rare.nth));
		rare.nth_last = dow->nth_last;
	}
	if (has_years(items[CRON_YEAR].years)) {
		rare.has_years = 1;
		memcpy(rare.years, items[CRON_YEAR].years, sizeof(rare.years));
	}
	if (memcmp(&rare, &none, sizeof(rare)) == 0)
		return;
	spec->rare = xmalloc(sizeof(rare));
	*spec->rare = rare;
}

static void
set_flags(struct cron_spec *spec, const struct cron_items *items, bool days_and)
{
	const struct cron_items *dom = &items[CRON_DOM];
	const struct cron_items *dow = &items[CRON_DOW];
	bool dom_any = dom->star || dom->question;
	bool dow_any = dow->star || dow->question;

	if (items[CRON_SECOND].star || items[CRON_MINUTE].star ||
	    items[CRON_HOUR].star || items[CRON_SECOND].hash_step ||
	    items[CRON_MINUTE].hash_step)
		spec->flags |= CRON_WILDCARD;
	if (dom_any || dow_any || days_and)
		spec->flags |= CRON_DAYS_AND;
	if (spec->dom == ALL_DOM || spec->dow == ALL_DOW || days_and)
		return;
	if (dom->star)
		spec->flags |= CRON_DOM_STAR;
	else if (dow->star)
		spec->flags |= CRON_DOW_STAR;
}

static void
set_times(struct cron_spec *s)
{
	s->first_time = (uint32_t)(__builtin_ctz(s->hour) * 3600 +
	    __builtin_ctzll(s->minute) * 60 + __builtin_ctzll(s->second));
	s->last_time = (uint32_t)((31 - __builtin_clz(s->hour)) * 3600 +
	    (63 - __builtin_clzll(s->minute)) * 60 +
	    (63 - __builtin_clzll(s->second)));
}

int
cron_parse(const char *text, const char *pos,
    const struct cron_options *options, struct cron_spec *spec,
    unsigned int *hints_r, struct err *err)
{
	struct cron_items items[CRON_FIELDS];
	struct word dow = {NULL, NULL};

	memset(spec, 0, sizeof(*spec));
	if (parse_fields(text, pos, options, items, &dow, err) == -1)
		return -1;
	if (options->quartz &&
	    check_quartz_days(text, items, dow.start, err) == -1)
		return -1;
	spec->second = items[CRON_SECOND].mask;
	spec->minute = items[CRON_MINUTE].mask;
	spec->hour = (uint32_t)items[CRON_HOUR].mask;
	spec->dom = (uint32_t)items[CRON_DOM].mask;
	spec->month = (uint16_t)items[CRON_MONTH].mask;
	spec->dow = (uint8_t)items[CRON_DOW].mask;
	set_rare(spec, items);
	set_flags(spec, items, options->days_and);
	set_times(spec);
	*hints_r = 0;
	for (int i = 0; i < CRON_FIELDS; i++)
		*hints_r |= items[i].hints;
	return 0;
}

void
cron_fini(struct cron_spec *spec)
{
	free(spec->rare);
	spec->rare = NULL;
}

bool
cron_equal(const struct cron_spec *a, const struct cron_spec *b)
{
	if (a->second != b->second || a->minute != b->minute ||
	    a->hour != b->hour || a->dom != b->dom || a->last != b->last ||
	    a->month != b->month || a->dow != b->dow || a->flags != b->flags)
		return false;
	if (a->rare == NULL || b->rare == NULL)
		return a->rare == b->rare;
	return memcmp(a->rare, b->rare, sizeof(*a->rare)) == 0;
}

uint64_t
cron_hash(uint64_t h, const struct cron_spec *s)
{
	const uint64_t words[] = {
	    s->second,
	    s->minute,
	    (uint64_t)s->hour << 32 | s->dom,
	    (uint64_t)s->last << 32 | (uint64_t)s->month << 16 |
		(uint64_t)s->dow << 8 | s->flags,
	};

	for (size_t i = 0; i < nitems(words); i++)
		h = hash_finish(h ^ words[i]) + 0x9e3779b97f4a7c15ULL;
	if (s->rare != NULL)
		h = hash_add(h, s->rare, sizeof(*s->rare));
	return h;
}
