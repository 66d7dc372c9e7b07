/* What in a crontab's entry is often not what was meant. */
#include <string.h>

#include "base/err.h"
#include "cli/import/import.h"

static void
say(const struct lint *lint, const char *text)
{
	lint->note(lint->arg, text);
}

/* Field i of five; *len_r bytes. */
static const char *
field(const char *schedule, int i, size_t *len_r)
{
	const char *p = schedule;

	for (; i > 0 && *p != '\0'; i--)
		p += strcspn(p, " ") + 1;
	*len_r = strcspn(p, " ");
	return p;
}

static void
check_days(const struct lint *lint)
{
	const char *schedule = lint->entry->schedule, *month, *week;
	size_t month_len, week_len;

	if (*schedule == '@')
		return;
	month = field(schedule, 2, &month_len);
	week = field(schedule, 4, &week_len);
	if (*month != '*' && *week != '*')
		say(lint,
		    "day of month and day of week are both set: it runs when "
		    "EITHER matches; day-match = both is for both");
	else if ((*month == '*' && month_len > 1 && *week != '*') ||
	    (*week == '*' && week_len > 1 && *month != '*'))
		say(lint,
		    "a day field that begins with \"*\" counts as not set: it "
		    "runs when BOTH day fields match");
}

/* Something is open where the command was cut. */
static bool
is_torn(const char *command)
{
	size_t len = strlen(command), open = 0;
	char quote = '\0';

	for (const char *p = command; *p != '\0'; p++) {
		if (quote != '\0' && *p == quote)
			quote = '\0';
		else if (quote == '\0' && strchr("\"'`", *p) != NULL)
			quote = *p;
		else if (*p == '(')
			open++;
		else if (*p == ')' && open > 0)
			open--;
	}
	return quote != '\0' || open > 0 ||
	    (len > 0 && command[len - 1] == '+');
}

static void
check_percent(const struct lint *lint)
{
	const char *command = lint->entry->command;
	struct err text;

	if (strchr(lint->entry->text, '%') == NULL)
		return;
	if (lint->entry->input == NULL &&
	    strstr(lint->entry->text, "\\%") == NULL) {
		say(lint, "the \"%\" at the end does nothing");
	} else if (lint->entry->input != NULL && is_torn(command)) {
		err_set(&text,
		    "the first \"%%\" ends the command, which is \"%.80s\": "
		    "a \"%%\" of the command is written \\%% in a crontab",
		    command);
		say(lint, text.text);
	}
}

/* Of shells that are not /bin/sh. */
static const struct {
	const char *text, *why;
} bashisms[] = {
    {"&>",
	"\"&>\" is bash's: /bin/sh starts the command in the background; "
	"write >FILE 2>&1"},
    {"[[ ", "\"[[\" is bash's, and the shell is /bin/sh"},
    {"<(", "\"<(\" is bash's, and the shell is /bin/sh"},
    {"source ", "\"source\" is bash's, and the shell is /bin/sh; write \".\""},
    {"$RANDOM", "$RANDOM is bash's: /bin/sh has nothing there"},
    {"((RANDOM", "RANDOM is bash's: /bin/sh has nothing there"},
    {"(( RANDOM", "RANDOM is bash's: /bin/sh has nothing there"},
};

static void
check_shell(const struct lint *lint)
{
	size_t len = 0;
	const char *shell =
	    crontab_variable(lint->entry->environment, "SHELL", &len);

	if (shell != NULL && (len != 7 || strncmp(shell, "/bin/sh", 7) != 0))
		return;
	for (size_t i = 0; i < sizeof(bashisms) / sizeof(bashisms[0]); i++)
		if (strstr(lint->entry->command, bashisms[i].text) != NULL)
			say(lint, bashisms[i].why);
}

static void
check_output(const struct lint *lint)
{
	static const char *const ways[] = {">/dev/null 2>&1",
	    "> /dev/null 2>&1", ">/dev/null 2>/dev/null", "&>/dev/null",
	    "&> /dev/null", ">& /dev/null"};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strstr(lint->entry->command, ways[i]) == NULL)
			continue;
		say(lint,
		    "all output is thrown away, that of failures too; without "
		    "that, belfry keeps it for \"belfry logs\"");
		return;
	}
}

/* A name without a directory is what cron's short PATH matters for. */
static bool
check_path(const struct lint *lint)
{
	const char *p = lint->entry->command;
	size_t len = strcspn(p, " \t");

	if (lint->has_path || memchr(p, '/', len) != NULL)
		return false;
	say(lint,
	    "PATH is not set: cron looks into /usr/bin and /bin alone, a job "
	    "of belfry into /usr/local/bin too, and as root into sbin");
	return true;
}

bool
lint_entry(const struct lint *lint)
{
	check_days(lint);
	check_percent(lint);
	check_shell(lint);
	check_output(lint);
	return check_path(lint);
}
