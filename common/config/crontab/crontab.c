#include "config/crontab/crontab.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/crontab/parts.h"
#include "config/quote.h"

#define BLANKS " \t"

struct parser {
	const struct crontab_reader *reader;
	uint32_t line;
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

/* What cron passes over in silence, or with a line in its log. */
static void
check_variable(struct parser *parser, const char *name, const char *value)
{
	const struct crontab_reader *reader = parser->reader;
	bool is_mail =
	    strcmp(name, "MAILTO") == 0 || strcmp(name, "MAILFROM") == 0;

	if (is_mail && *value != '\0' && !crontab_is_address(value))
		reader->hint(reader->arg, parser->line,
		    name[4] == 'T' ? "MAILTO is no address: no mail is sent" :
				     "MAILFROM is no address: it is not used");
	if (strcmp(name, "RANDOM_DELAY") == 0 && crontab_delay(value) == -1)
		reader->hint(reader->arg, parser->line,
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
	return err_set(err,
	    "column 1: only root's crontab may have \"-\" before the minute");
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

/* cronie's: "-n" stands before the command. */
static bool
take_mail_failures(const char **p)
{
	const char *q = *p;

	if (q[0] != '-' || q[1] != 'n' || (q[2] != ' ' && q[2] != '\t'))
		return false;
	*p = q + 2 + strspn(q + 2, BLANKS);
	return true;
}

static int
take_command(struct parser *parser, const char *p, struct crontab_entry *entry,
    struct err *err)
{
	bool has_input;

	if (*p == '\0' || *p == '%')
		return err_set(err, "the command is missing");
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
take_parts(struct parser *parser, const char *p, struct crontab_entry *entry,
    struct err *err)
{
	if (take_quiet(parser, &p, &entry->quiet, err) == -1 ||
	    crontab_take_times(&p, &parser->schedule, err) == -1 ||
	    take_user(parser, &p, &entry->user, err) == -1)
		return -1;
	entry->mail_failures = take_mail_failures(&p);
	return take_command(parser, p, entry, err);
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

	if (take_parts(parser, p, &entry, &err) == -1) {
		error(parser, &err);
	} else if (!parser->spoilt) {
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

static void
take_line(struct parser *parser, char *line, size_t len)
{
	char *p = line + strspn(line, BLANKS);

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
