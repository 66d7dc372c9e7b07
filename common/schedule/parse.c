/* The whole text of a schedule: prefix, then names, intervals, or fields. */
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "schedule/cron/cron_field.h"
#include "schedule/impl.h"

#define NS            1000000000LL
#define ZONE_TEXT_MAX 128
#define TIME_TEXT_MAX 64
#define TIMES_MAX     10000

#define ALL_NAMES                                                              \
	"@yearly @annually @monthly @weekly @daily @midnight @hourly "         \
	"@minutely @every @after @at @reboot or @manual"

struct parse {
	struct schedule_pool *pool;
	const struct schedule_options *options;
	const char *text, *p;
	struct schedule *out;
	struct err *err;
};

static const char *
skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* The part of text behind its prefix; zone_r is set when there is one. */
static int
parse_prefix(struct parse *x, char *zone, bool *has_zone_r)
{
	const char *p = skip_blanks(x->text);
	size_t skip = 0, len;

	if (strncmp(p, "CRON_TZ=", 8) == 0)
		skip = 8;
	else if (strncmp(p, "TZ=", 3) == 0)
		skip = 3;
	*has_zone_r = skip > 0;
	p += skip;
	x->p = p;
	if (skip == 0)
		return 0;
	len = strcspn(p, " \t");
	if (len == 0 || len >= ZONE_TEXT_MAX)
		return err_set(x->err,
		    "column %d: expected a time zone; write "
		    "a name of tzdata such as Europe/Berlin",
		    cron_column(x->text, p));
	memcpy(zone, p, len);
	zone[len] = '\0';
	x->p = skip_blanks(p + len);
	return 0;
}

static int
parse_zone(struct parse *x)
{
	char name[ZONE_TEXT_MAX];
	const char *start;
	bool prefixed;

	if (parse_prefix(x, name, &prefixed) == -1)
		return -1;
	x->out->zone = schedule_pool_zone(
	    x->pool, prefixed ? name : x->options->zone, x->err);
	if (x->out->zone != NULL)
		return 0;
	start = strchr(x->text, '=');
	if (prefixed && start != NULL)
		err_prefix(
		    x->err, "column %d", cron_column(x->text, start + 1));
	return -1;
}

/* Only blanks may be left at p. */
static int
expect_end(struct parse *x, const char *p)
{
	p = skip_blanks(p);
	if (*p == '\0')
		return 0;
	return err_set(x->err,
	    "column %d: unexpected text behind the "
	    "schedule; remove it",
	    cron_column(x->text, p));
}

static void
set_policies(const struct schedule_options *options, struct schedule *s)
{
	bool wildcard = s->u.cron.flags & CRON_WILDCARD;

	s->twice = wildcard || options->overlap == SCHEDULE_OVERLAP_BOTH;
	s->run_gap = options->gap == SCHEDULE_GAP_DEFAULT ?
	    !wildcard :
	    options->gap == SCHEDULE_GAP_RUN;
}

static int
parse_cron(struct parse *x, const char *fields)
{
	const struct cron_options options = {
	    .job = x->options->job != NULL ? x->options->job : "",
	    /* The fields of a name are ours. */
	    .quartz = fields == NULL &&
		x->options->dialect == SCHEDULE_DIALECT_QUARTZ,
	    .days_and = x->options->day_match == SCHEDULE_DAY_BOTH,
	};
	const char *text = fields != NULL ? fields : x->text;
	unsigned int hints;

	if (cron_parse(text, fields != NULL ? fields : x->p, &options,
		&x->out->u.cron, &hints, x->err) == -1)
		return -1;
	x->out->kind = SCHEDULE_CRON;
	x->out->hints = (uint8_t)hints;
	set_policies(x->options, x->out);
	schedule_set_bound(x->out);
	return 0;
}

/* The argument of a name: at least one blank stands before it. */
static int
find_argument(struct parse *x, const char *p, const char *example, char *buf,
    size_t size, const char **start_r)
{
	const char *start = skip_blanks(p);
	size_t len = strlen(start);

	while (len > 0 && (start[len - 1] == ' ' || start[len - 1] == '\t'))
		len--;
	*start_r = start;
	if (len == 0 || start == p)
		return err_set(x->err,
		    "column %d: an argument is missing; "
		    "write %s",
		    cron_column(x->text, start), example);
	if (len >= size)
		return err_set(x->err, "column %d: the argument is too long",
		    cron_column(x->text, start));
	memcpy(buf, start, len);
	buf[len] = '\0';
	return 0;
}

static int
parse_interval(struct parse *x, const char *p, enum schedule_kind kind)
{
	char text[256];
	const char *start;
	int64_t ns;
	int column;

	if (find_argument(x, p,
		kind == SCHEDULE_EVERY ? "@every 1h30m" : "@after 1h30m", text,
		sizeof(text), &start) == -1)
		return -1;
	column = cron_column(x->text, start);
	if (duration_parse_column(text, column, &ns, x->err) == -1)
		return -1;
	if (ns == 0)
		return err_set(x->err,
		    "column %d: an interval of nothing; "
		    "write 1s or more",
		    column);
	if (ns < NS)
		x->out->hints |= CRON_HINT_SUBSECOND;
	x->out->kind = (uint8_t)kind;
	x->out->u.interval = ns < NS ? 1 : ns / NS;
	return 0;
}

static int
parse_every(struct parse *x, const char *p)
{
	return parse_interval(x, p, SCHEDULE_EVERY);
}

static int
parse_after(struct parse *x, const char *p)
{
	return parse_interval(x, p, SCHEDULE_AFTER);
}

/* Room for two more was made by the caller. */
static int
add_local_time(struct parse *x, const char *text, size_t *n, int64_t *times)
{
	int64_t t, again, local;
	struct civil civil;
	int32_t gap;

	if (civil_parse(text, &civil, x->err) == -1)
		return -1;
	local = civil_to_seconds(&civil);
	t = zone_from_local(x->out->zone, local, &gap, &again);
	if (gap >= SCHEDULE_WIDE_GAP)
		return err_set(x->err, "this day does not exist in %s",
		    x->out->zone->name);
	if (gap > 0 && x->options->gap == SCHEDULE_GAP_SKIP)
		return err_set(x->err,
		    "this time does not exist in %s and "
		    "dst-gap = skip; write a later one",
		    x->out->zone->name);
	times[(*n)++] = t;
	if (again != t && x->options->overlap == SCHEDULE_OVERLAP_BOTH)
		times[(*n)++] = again;
	return 0;
}

/* RFC 3339 ends in Z or an offset; a date has two signs of its own. */
static bool
has_offset(const char *text)
{
	size_t len = strlen(text);

	if (len > 0 && (text[len - 1] == 'Z' || text[len - 1] == 'z'))
		return true;
	return len > 11 && strpbrk(text + 11, "+-") != NULL;
}

static int
add_time(
    struct parse *x, const char *start, size_t len, size_t *n, int64_t *times)
{
	char text[TIME_TEXT_MAX];
	int64_t ms;
	int rc;

	if (len >= sizeof(text))
		return err_set(x->err,
		    "expected a time; write "
		    "YYYY-MM-DD HH:MM:SS or RFC 3339");
	memcpy(text, start, len);
	text[len] = '\0';
	if (!has_offset(text))
		return add_local_time(x, text, n, times);
	rc = timestamp_parse_ms(text, &ms, x->err);
	if (rc == 0)
		times[(*n)++] = ms / 1000 - (ms % 1000 < 0);
	return rc;
}

static int
compare_times(const void *a, const void *b)
{
	int64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

static size_t
sort_times(int64_t *times, size_t n)
{
	size_t kept = 0;

	qsort(times, n, sizeof(*times), compare_times);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || times[kept - 1] != times[i])
			times[kept++] = times[i];
	return kept;
}

static int
parse_at(struct parse *x, const char *p)
{
	const char *start = skip_blanks(p), *end = start + strlen(start);
	int64_t *times = NULL;
	size_t n = 0, cap = 0, len;

	if (*start == '\0' || start == p)
		return err_set(x->err,
		    "column %d: a time is missing; write "
		    "@at 2026-12-31 23:59",
		    cron_column(x->text, start));
	while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	for (;; start += len + 1) {
		len = strcspn(start, ",");
		if (start + len > end)
			len = (size_t)(end - start);
		array_reserve(&times, &cap, n + 2, sizeof(*times));
		if (n >= TIMES_MAX) {
			err_set(x->err, "more than %d times", TIMES_MAX);
			goto fail;
		}
		if (add_time(x, start, len, &n, times) == -1)
			goto fail;
		if (start + len >= end)
			break;
	}
	x->out->kind = SCHEDULE_AT;
	x->out->u.at.count = sort_times(times, n);
	x->out->u.at.times = times;
	return 0;
fail:
	err_prefix(x->err, "column %d", cron_column(x->text, start));
	free(times);
	return -1;
}

static int
parse_reboot(struct parse *x, const char *p)
{
	x->out->kind = SCHEDULE_REBOOT;
	return expect_end(x, p);
}

static int
parse_manual(struct parse *x, const char *p)
{
	x->out->kind = SCHEDULE_MANUAL;
	return expect_end(x, p);
}

struct name {
	const char *name;
	const char *fields; /* what it stands for, or */
	int (*parse)(struct parse *, const char *);
};

static const struct name names[] = {
    {"@yearly", "0 0 1 1 *", NULL},
    {"@annually", "0 0 1 1 *", NULL},
    {"@monthly", "0 0 1 * *", NULL},
    {"@weekly", "0 0 * * 0", NULL},
    {"@daily", "0 0 * * *", NULL},
    {"@midnight", "0 0 * * *", NULL},
    {"@hourly", "0 * * * *", NULL},
    {"@minutely", "* * * * *", NULL},
    {"@every", NULL, parse_every},
    {"@after", NULL, parse_after},
    {"@at", NULL, parse_at},
    {"@reboot", NULL, parse_reboot},
    {"@manual", NULL, parse_manual},
};

static int
unknown_name(struct parse *x, size_t len)
{
	int column = cron_column(x->text, x->p);

	for (size_t i = 0; i < nitems(names); i++)
		if (strlen(names[i].name) == len &&
		    strncasecmp(x->p, names[i].name, len) == 0)
			return err_set(x->err,
			    "column %d: names are lower "
			    "case; write %s",
			    column, names[i].name);
	return err_set(
	    x->err, "column %d: unknown name; write " ALL_NAMES, column);
}

static int
parse_name(struct parse *x)
{
	size_t len = strcspn(x->p, " \t");

	for (size_t i = 0; i < nitems(names); i++) {
		if (strlen(names[i].name) != len ||
		    strncmp(x->p, names[i].name, len) != 0)
			continue;
		if (names[i].parse != NULL)
			return names[i].parse(x, x->p + len);
		if (expect_end(x, x->p + len) == -1)
			return -1;
		return parse_cron(x, names[i].fields);
	}
	return unknown_name(x, len);
}

int
schedule_parse(struct schedule_pool *pool, const char *text,
    const struct schedule_options *options, struct schedule *draft,
    struct err *err)
{
	struct parse x = {pool, options, text, text, draft, err};

	memset(draft, 0, sizeof(*draft));
	if (*text == '"' || *text == '\'')
		return err_set(
		    err, "column 1: a schedule is written without quotes");
	if (parse_zone(&x) == -1)
		return -1;
	return *x.p == '@' ? parse_name(&x) : parse_cron(&x, NULL);
}

void
schedule_fini(struct schedule *s)
{
	if (s->kind == SCHEDULE_CRON)
		cron_fini(&s->u.cron);
	else if (s->kind == SCHEDULE_AT)
		free(s->u.at.times);
}
