/* The times of an entry. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/crontab/parts.h"
#include "config/quote.h"

#define BLANKS " \t"

static const struct {
	const char *name;
	const char *low, *high; /* what "~" has on a side that is not written */
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

/* One of the items between commas. */
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

static void
add_field(struct strbuf *b, size_t field, const char *text, size_t len)
{
	const char *end = text + len, *comma;

	while ((comma = memchr(text, ',', (size_t)(end - text))) != NULL) {
		add_item(b, field, text, (size_t)(comma - text));
		strbuf_addch(b, ',');
		text = comma + 1;
	}
	add_item(b, field, text, (size_t)(end - text));
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
