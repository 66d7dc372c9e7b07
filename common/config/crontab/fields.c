/* The times of an entry. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/crontab/parts.h"
#include "config/quote.h"

#define BLANKS " \t"

static const struct {
	const char *name;
	const char *low, *high; /* of all values */
} fields[] = {
    {"minute", "0", "59"},
    {"hour", "0", "23"},
    {"day of month", "1", "31"},
    {"month", "1", "12"},
    {"day of week", "0", "6"},
};

/* Those of cron; belfry's own are no crontab's. */
static const char *const names[] = {"@reboot", "@yearly", "@annually",
    "@monthly", "@weekly", "@daily", "@midnight", "@hourly"};

static int
take_name(const char **p, struct strbuf *schedule, struct err *err)
{
	size_t len = strcspn(*p, BLANKS);
	char *name = xstrndup(*p, len), quoted[QUOTE_SIZE];
	size_t i = 0;

	while (i < nitems(names) && strcmp(names[i], name) != 0)
		i++;
	if (i == nitems(names))
		err_set(err,
		    "unknown time %s; a crontab has @reboot, @yearly, "
		    "@annually, @monthly, @weekly, @daily, @midnight and "
		    "@hourly; for others write five fields, such as "
		    "*/5 * * * *",
		    quote(quoted, name));
	free(name);
	if (i == nitems(names))
		return -1;
	strbuf_adds(schedule, names[i]);
	*p += len;
	return 0;
}

static bool
is_star(const char *item, size_t len)
{
	return len > 0 && *item == '*' && (len == 1 || item[1] == '/');
}

/* One of the items between commas; "~" has both its sides then. */
static void
add_item(struct strbuf *b, size_t field, const char *item, size_t len)
{
	const char *tilde = memchr(item, '~', len);

	if (tilde == NULL) {
		strbuf_add(b, item, len);
		return;
	}
	if (tilde == item)
		strbuf_adds(b, fields[field].low);
	strbuf_add(b, item, len);
	if (tilde + 1 == item + len)
		strbuf_adds(b, fields[field].high);
}

/*
 * To cron "*" is more than its values only as the first character of a field:
 * then a day field does not count as set. Elsewhere they are written out.
 */
static void
add_later_item(struct strbuf *b, size_t field, const char *item, size_t len)
{
	strbuf_addch(b, ',');
	if (!is_star(item, len)) {
		add_item(b, field, item, len);
		return;
	}
	strbuf_addf(b, "%s-%s", fields[field].low, fields[field].high);
	strbuf_add(b, item + 1, len - 1);
}

static void
add_field(struct strbuf *b, size_t field, const char *text, size_t len)
{
	size_t n = strcspn(text, "," BLANKS);

	add_item(b, field, text, n);
	while (n < len) {
		text += n + 1;
		len -= n + 1;
		n = strcspn(text, "," BLANKS);
		add_later_item(b, field, text, n);
	}
}

/* A no-break space, as pages of the web have it, looks like a blank. */
static int
check_blanks(const char **p, size_t len, struct err *err)
{
	const char *space = memmem(*p, len, "\xc2\xa0", 2);

	if (space == NULL)
		return 0;
	*p = space;
	return err_set(err,
	    "there is a no-break space, which divides no fields; write a "
	    "blank");
}

int
crontab_take_times(const char **p, struct strbuf *schedule_r, struct err *err)
{
	strbuf_reset(schedule_r);
	if (**p == '@') {
		if (take_name(p, schedule_r, err) == -1)
			return -1;
		*p += strspn(*p, BLANKS);
		return 0;
	}
	for (size_t i = 0; i < nitems(fields); i++) {
		size_t len = strcspn(*p, BLANKS);

		if (len == 0)
			return err_set(err,
			    "the %s is missing; write minute, hour, day of "
			    "month, month and day of week, then the command, "
			    "or NAME=VALUE",
			    fields[i].name);
		if (check_blanks(p, len, err) == -1)
			return -1;
		if (i > 0)
			strbuf_addch(schedule_r, ' ');
		add_field(schedule_r, i, *p, len);
		*p += len;
		*p += strspn(*p, BLANKS);
	}
	return 0;
}
