#include "config/crontab/crontab.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/crontab/parts.h"
#include "config/quote.h"

#define BLANKS " \t"

/* Of UTF-8, which editors on Windows put in front. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct parser {
	const struct crontab_reader *reader;
	uint32_t line;
	const char *start; /* of the line at hand */
	bool has_cr;       /* a line ended as on Windows: it was told */
	struct strbuf environment;
	struct crontab_words words; /* of the next entry */
	bool spoilt;                /* those have a mistake: it is left out */
	/* of the line at hand */
	struct strbuf name, value, schedule, user, command, input;
};

static void
error(struct parser *parser, const struct err *err)
{
	parser->reader->error(parser->reader->arg, parser->line, err->text);
}

static void
hint(struct parser *parser, const char *text)
{
	parser->reader->hint(parser->reader->arg, parser->line, text);
}

/* Names what a shell would have replaced. */
static bool
has_substitution(const char *value)
{
	return strstr(value, "$PATH") != NULL ||
	    strstr(value, "$HOME") != NULL || strstr(value, "${") != NULL;
}

/* What cron passes over in silence, or with a line in its log. */
static void
check_variable(struct parser *parser, const char *name, const char *value)
{
	bool is_mail =
	    strcmp(name, "MAILTO") == 0 || strcmp(name, "MAILFROM") == 0;

	if (is_mail && *value != '\0' && !crontab_is_address(value))
		hint(parser,
		    name[4] == 'T' ?
			"MAILTO is no address: no mail is sent; write "
			"addresses, with commas and no blanks between" :
			"MAILFROM is no address: it is not used; write "
			"one without a name or brackets");
	if (has_substitution(value))
		hint(parser,
		    "there is no substitution in a crontab's variables: the "
		    "\"$\" stays what it is; write out what it stands for");
	if (strcmp(name, "RANDOM_DELAY") == 0 && crontab_delay(value) == -1)
		hint(parser,
		    "RANDOM_DELAY is no number of minutes from 0 to 1440: "
		    "there is no delay");
}

static void
take_variable(struct parser *parser)
{
	struct err err;

	check_variable(
	    parser, strbuf_str(&parser->name), strbuf_str(&parser->value));
	if (crontab_set_variable(&parser->environment,
		strbuf_str(&parser->name), strbuf_str(&parser->value),
		&err) == -1)
		error(parser, &err);
}

/* cronie's: "-" stands before the minute. */
static int
take_quiet(
    struct parser *parser, const char **p, bool *quiet_r, struct err *err)
{
	*quiet_r = **p == '-';
	if (!*quiet_r)
		return 0;
	(*p)++;
	if (parser->reader->system || parser->reader->root)
		return 0;
	(*p)--;
	return err_set(
	    err, "only root's crontab may have \"-\" before the minute");
}

/* The user of a system's crontab; NULL: it has none. */
static int
take_user(
    struct parser *parser, const char **p, const char **user_r, struct err *err)
{
	size_t len = strcspn(*p, BLANKS);

	*user_r = NULL;
	if (!parser->reader->system)
		return 0;
	if (len == 0)
		return err_set(err,
		    "the user is missing; in this crontab it stands before "
		    "the command");
	if (**p == '*')
		return err_set(err,
		    "a user does not begin with \"*\"; there are five fields "
		    "of times before it");
	strbuf_reset(&parser->user);
	strbuf_add(&parser->user, *p, len);
	*user_r = strbuf_str(&parser->user);
	*p += len;
	*p += strspn(*p, BLANKS);
	return 0;
}

/*
 * OpenBSD's: letters stand before the command; cronie has "-n" alone. "-q" is
 * for a log that there is not.
 */
static void
take_flags(const char **p, struct crontab_entry *entry)
{
	const char *word = *p;
	size_t len;

	for (; *word == '-'; word = *p) {
		len = strspn(word + 1, "nqs");
		if (len == 0 || word[1 + len] == '\0' ||
		    strchr(BLANKS, word[1 + len]) == NULL)
			return;
		if (memchr(word, 'n', 1 + len) != NULL)
			entry->mail_failures = true;
		if (memchr(word, 's', 1 + len) != NULL)
			entry->single = true;
		*p = word + 1 + len;
		*p += strspn(*p, BLANKS);
	}
}

static int
take_command(struct parser *parser, const char *p, struct crontab_entry *entry,
    struct err *err)
{
	bool has_input;

	if (*p == '\0' || *p == '%')
		return err_set(err,
		    "the command is missing; before it are five fields of "
		    "times, or a name such as @daily%s",
		    parser->reader->system ? ", and the user" : "");
	if (*p == '*' && !parser->reader->system)
		return err_set(err,
		    "a command does not begin with \"*\"; there are five "
		    "fields of times before it");
	crontab_divide(p, &parser->command, &parser->input, &has_input);
	entry->text = p;
	entry->command = strbuf_str(&parser->command);
	entry->input = has_input ? strbuf_str(&parser->input) : NULL;
	return 0;
}

static int
take_parts(struct parser *parser, const char **p, struct crontab_entry *entry,
    struct err *err)
{
	if (take_quiet(parser, p, &entry->quiet, err) == -1 ||
	    crontab_take_times(p, &parser->schedule, err) == -1 ||
	    take_user(parser, p, &entry->user, err) == -1)
		return -1;
	take_flags(p, entry);
	return take_command(parser, *p, entry, err);
}

static void
check_command(struct parser *parser, const char *text)
{
	size_t len = strlen(text);

	if (len > 0 && text[len - 1] == '\\')
		hint(parser,
		    "a line does not go on in the next one, whatever the "
		    "\"\\\" at its end; write it as one, or as a script");
}

static void
take_entry(struct parser *parser, const char *p)
{
	struct crontab_entry entry = {
	    .line = parser->line,
	    .environment = strbuf_str(&parser->environment),
	    .words = parser->words.items,
	    .nwords = parser->words.n,
	};
	struct err err;

	if (take_parts(parser, &p, &entry, &err) == -1) {
		err_prefix(&err, "column %zu", (size_t)(p - parser->start) + 1);
		error(parser, &err);
	} else if (!parser->spoilt) {
		check_command(parser, entry.text);
		entry.schedule = strbuf_str(&parser->schedule);
		parser->reader->entry(parser->reader->arg, &entry);
	}
	parser->words.n = 0;
	parser->spoilt = false;
}

static void
take_comment(struct parser *parser, char *line)
{
	char *text = crontab_special(line);
	struct err err;

	if (text == NULL ||
	    crontab_take_words(&parser->words, text, parser->line, &err) == 0)
		return;
	error(parser, &err);
	parser->spoilt = true;
}

/* To cron it is a part of the line, which is never meant. */
static void
take_cr(struct parser *parser, char *end)
{
	*end = '\0';
	if (!parser->has_cr)
		hint(parser,
		    "lines end as on Windows, with a carriage return: to cron "
		    "it is a part of the command, here it is not");
	parser->has_cr = true;
}

static void
take_line(struct parser *parser, char *line, size_t len)
{
	char *p = line + strspn(line, BLANKS);

	parser->start = line;
	if (len > 0 && line[len - 1] == '\r')
		take_cr(parser, &line[--len]);
	if (strlen(line) != len) {
		parser->reader->error(parser->reader->arg, parser->line,
		    "there is a NUL byte in this line");
		return;
	}
	if (*p == '\0')
		return;
	if (*p == '#')
		take_comment(parser, p);
	else if (crontab_is_variable(p, &parser->name, &parser->value))
		take_variable(parser);
	else
		take_entry(parser, p);
}

/* What only the end of the text shows. */
static void
end(struct parser *parser, bool whole)
{
	const struct crontab_reader *reader = parser->reader;

	if (parser->words.n > 0)
		reader->error(reader->arg,
		    parser->words.items[parser->words.n - 1].line,
		    "no entry follows this comment to belfry");
	if (!whole)
		reader->hint(reader->arg, parser->line,
		    "the last line has no end: cron would not read this file");
}

void
crontab_read(const struct crontab_reader *reader, char *text, size_t len)
{
	struct parser parser = {.reader = reader};
	char *line = text, *last = text + len, *newline;

	if (strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0) {
		line += strlen(BYTE_ORDER_MARK);
		parser.line = 1;
		hint(&parser,
		    "a byte order mark is in front: cron would not read this "
		    "file");
		parser.line = 0;
	}
	while (line < last) {
		newline = memchr(line, '\n', (size_t)(last - line));
		if (newline == NULL)
			newline = last;
		*newline = '\0';
		parser.line++;
		take_line(&parser, line, (size_t)(newline - line));
		line = newline + 1;
	}
	end(&parser, line == last);
	free(parser.words.items);
	strbuf_fini(&parser.environment);
	strbuf_fini(&parser.name);
	strbuf_fini(&parser.value);
	strbuf_fini(&parser.schedule);
	strbuf_fini(&parser.user);
	strbuf_fini(&parser.command);
	strbuf_fini(&parser.input);
}
