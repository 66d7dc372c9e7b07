#include "schedule/calendar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "schedule/cron/cron_field.h"
#include "schedule/hash.h"

#define DAYS       84006 /* 1970-01-01 to 2199-12-31 */
#define WORDS      ((DAYS + 63) / 64)
#define FILE_MAX   (4 << 20)
#define SEPARATORS ", \t\r"

struct calendar {
	uint64_t words[WORDS];
};

/* A date; year 0 is each year. */
struct date {
	int year, month, day;
};

struct calendar *
calendar_new(void)
{
	return xcalloc(1, sizeof(struct calendar));
}

void
calendar_free(struct calendar *calendar)
{
	free(calendar);
}

uint64_t
calendar_hash(const struct calendar *c)
{
	return hash_finish(hash_add(HASH_INIT, c->words, sizeof(c->words)));
}

bool
calendar_has(const struct calendar *c, int64_t day)
{
	return day >= 0 && day < DAYS && (c->words[day / 64] >> day % 64 & 1);
}

int64_t
calendar_find(const struct calendar *c, int64_t day, int step, bool member)
{
	uint64_t bits, flip = member ? 0 : ~0ULL;

	if (step > 0 && day < 0)
		day = 0;
	if (step < 0 && day >= DAYS)
		day = DAYS - 1;
	while (day >= 0 && day < DAYS) {
		bits = c->words[day / 64] ^ flip;
		if (step > 0)
			bits &= ~0ULL << day % 64;
		else
			bits &= ~0ULL >> (63 - day % 64);
		if (bits == 0)
			day = step > 0 ? (day | 63) + 1 : (day & ~63) - 1;
		else if (step > 0)
			day = (day & ~63) + __builtin_ctzll(bits);
		else
			day = (day & ~63) + 63 - __builtin_clzll(bits);
		if (bits != 0)
			return day < DAYS ? day : CALENDAR_NO_DAY;
	}
	return CALENDAR_NO_DAY;
}

static void
add_days(struct calendar *c, int64_t first, int64_t last)
{
	for (int64_t day = first; day <= last; day++)
		if (day >= 0 && day < DAYS)
			c->words[day / 64] |= 1ULL << day % 64;
}

static bool
read_digits(const char **p, int n, int *value_r)
{
	*value_r = 0;
	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*value_r = *value_r * 10 + (**p - '0');
	}
	return true;
}

/* YYYY-MM-DD or MM-DD. */
static bool
read_date(const char **p, struct date *d)
{
	const char *start = *p;

	d->year = 0;
	if (read_digits(p, 4, &d->year) && **p == '-') {
		(*p)++;
	} else {
		*p = start;
		d->year = 0;
	}
	if (!read_digits(p, 2, &d->month) || **p != '-')
		return false;
	(*p)++;
	return read_digits(p, 2, &d->day);
}

/* 29 February is a date of each year, too. */
static bool
is_date(const struct date *d)
{
	static const int8_t lengths[12] = {
	    31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	struct civil c;

	if (d->month < 1 || d->month > 12 || d->day < 1 ||
	    d->day > lengths[d->month - 1])
		return false;
	if (d->year == 0)
		return true;
	civil_from_days(civil_to_days(d->year, d->month, d->day), &c);
	return c.day == d->day;
}

/* The day in a year; 29 February is the day before 1 March in any. */
static int64_t
day_in(const struct date *d, int year, bool last)
{
	int64_t day = civil_to_days(year, d->month, d->day);

	if (last && d->month == 2 && d->day == 29)
		return civil_to_days(year, 3, 1) - 1;
	return day;
}

static void
add_each_year(struct calendar *c, const struct date *a, const struct date *b)
{
	bool wraps =
	    b->month < a->month || (b->month == a->month && b->day < a->day);
	bool one = a->month == b->month && a->day == b->day;
	struct date check = *a;

	for (int year = CRON_YEAR_MIN - 1; year <= CRON_YEAR_MAX; year++) {
		check.year = year;
		if (one && !is_date(&check))
			continue;
		add_days(
		    c, day_in(a, year, false), day_in(b, year + wraps, true));
	}
}

static int
add_item(struct calendar *c, const char *text, const char **p, struct err *err)
{
	const char *start = *p;
	struct date a, b;

	if (!read_date(p, &a) || !is_date(&a))
		goto bad;
	b = a;
	if (strncmp(*p, "..", 2) == 0) {
		*p += 2;
		start = *p;
		if (!read_date(p, &b) || !is_date(&b))
			goto bad;
		if ((a.year == 0) != (b.year == 0))
			goto bad;
	}
	if (**p != '\0' && strchr(SEPARATORS, **p) == NULL)
		goto bad;
	if (a.year == 0) {
		add_each_year(c, &a, &b);
		return 0;
	}
	if (day_in(&b, b.year, false) < day_in(&a, a.year, false))
		return err_set(err,
		    "column %d: the range ends before it "
		    "begins",
		    cron_column(text, start));
	add_days(c, day_in(&a, a.year, false), day_in(&b, b.year, false));
	return 0;
bad:
	return err_set(err,
	    "column %d: expected a date; write 2026-12-25, "
	    "12-25 or a range 2026-12-24..2027-01-01",
	    cron_column(text, start));
}

int
calendar_add_dates(struct calendar *c, const char *text, struct err *err)
{
	const char *p = text + strspn(text, SEPARATORS);

	for (; *p != '\0'; p += strspn(p, SEPARATORS))
		if (add_item(c, text, &p, err) == -1)
			return -1;
	return 0;
}

static bool
weekday_matches(const struct cron_items *items, int64_t day)
{
	int dow = (int)((day + 4) % 7), length;
	struct civil c, next;

	if (items->mask >> dow & 1)
		return true;
	civil_from_days(day, &c);
	if (items->nth[(c.day - 1) / 7] >> dow & 1)
		return true;
	civil_from_days(day + 7, &next);
	length = next.month != c.month;
	return length && (items->nth_last >> dow & 1);
}

int
calendar_add_weekdays(struct calendar *c, const char *text, struct err *err)
{
	const struct cron_field *field = cron_field_get(CRON_DOW, false);
	const struct cron_options options = {.job = ""};
	const char *p = text + strspn(text, SEPARATORS), *end;
	struct cron_items items;

	for (; *p != '\0'; p = end + strspn(end, SEPARATORS)) {
		end = p + strcspn(p, SEPARATORS);
		if (*p == 'H' || *p == 'h' || *p == '?')
			return err_set(err,
			    "column %d: expected a day of "
			    "week; write SUN-SAT",
			    cron_column(text, p));
		if (cron_field_parse(
			field, text, p, end, &options, &items, err) == -1)
			return -1;
		for (int64_t day = 0; day < DAYS; day++)
			if (weekday_matches(&items, day))
				add_days(c, day, day);
	}
	return 0;
}

static int
add_lines(struct calendar *c, const char *path, char *text, struct err *err)
{
	char *line = text, *end;

	for (int n = 1; line != NULL; n++, line = end) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		line[strcspn(line, "#")] = '\0';
		if (calendar_add_dates(c, line, err) == -1)
			return err_prefix(err, "%s:%d", path, n);
	}
	return 0;
}

int
calendar_add_file(struct calendar *c, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;
	size_t len;
	char *text;

	if (fd == -1)
		return err_errno(err, "cannot open %s", path);
	text = fd_read_all(fd, FILE_MAX, &len);
	if (text == NULL)
		err_errno(err, "cannot read %s", path);
	fd_close(&fd);
	if (text == NULL)
		return -1;
	if (strlen(text) != len)
		rc = err_set(err, "%s: has a NUL byte; it must be text", path);
	else
		rc = add_lines(c, path, text, err);
	free(text);
	return rc;
}
