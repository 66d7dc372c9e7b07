/* Values with a syntax of their own, and those that are not options. */
#include "config/job/draft.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/quote.h"
#include "kind/http.h"
#include "kind/sql.h"

/* One code or a range; the end of it, NULL with err. */
static const char *
parse_code(
    struct code_set *set, const char *text, const char *p, struct err *err)
{
	unsigned long bound[2];
	char *end;

	for (int i = 0; i < 2; i++) {
		if (*p < '0' || *p > '9') {
			err_set(err,
			    "column %d: expected an exit code; "
			    "write them like 0 3 10-12",
			    (int)(p - text) + 1);
			return NULL;
		}
		bound[i] = strtoul(p, &end, 10);
		if (bound[i] > 255 || end - p > 9) {
			err_set(err, "column %d: an exit code is 0 to 255",
			    (int)(p - text) + 1);
			return NULL;
		}
		p = end;
		if (i == 1)
			break;
		bound[1] = bound[0];
		if (*p != '-')
			break;
		p++;
	}
	if (bound[0] > bound[1]) {
		err_set(
		    err, "a range ascends; write %lu-%lu", bound[1], bound[0]);
		return NULL;
	}
	for (unsigned long n = bound[0]; n <= bound[1]; n++)
		code_set_add(set, (int)n);
	return p;
}

static int
parse_codes(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	struct code_set set = {{0}};
	const char *p = value;

	do {
		p = parse_code(&set, value, p, err);
		if (p == NULL)
			return -1;
		if (*p != '\0' && *p != ' ' && *p != '\t')
			return err_set(err,
			    "column %d: codes are separated "
			    "by blanks; write them like "
			    "0 3 10-12",
			    (int)(p - value) + 1);
		p += strspn(p, " \t");
	} while (*p != '\0');
	*(struct code_set *)job_key_field(key, &draft->options) = set;
	return 0;
}

static void
print_codes(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	const struct code_set *set = job_key_value(key, def->options);

	for (int n = 0, last; n <= 255; n = last + 1) {
		last = n;
		if (!code_set_has(set, n))
			continue;
		while (code_set_has(set, last + 1))
			last++;
		strbuf_addf(b, "%s%d", b->len > 0 ? " " : "", n);
		if (last > n)
			strbuf_addf(b, "-%d", last);
	}
}

const struct job_type job_type_codes = {false, parse_codes, print_codes};

static int
parse_stdin(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	struct strbuf *b = &draft->stdin_text;

	strbuf_reset(b);
	for (const char *p = value; *p != '\0'; p++) {
		if (*p != '\\') {
			strbuf_addch(b, *p);
			continue;
		}
		p++;
		if (*p == 'n')
			strbuf_addch(b, '\n');
		else if (*p == 't')
			strbuf_addch(b, '\t');
		else if (*p == '\\')
			strbuf_addch(b, '\\');
		else
			return err_set(err,
			    "column %d: unknown escape; "
			    "\\n, \\t and \\\\ are possible",
			    (int)(p - value));
	}
	draft->options.stdin_text = b->len > 0 ? b->s : NULL;
	return 0;
}

static void
print_stdin(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	const char *p = def->options->stdin_text;

	for (; p != NULL && *p != '\0'; p++) {
		if (*p == '\n')
			strbuf_adds(b, "\\n");
		else if (*p == '\t')
			strbuf_adds(b, "\\t");
		else if (*p == '\\')
			strbuf_adds(b, "\\\\");
		else
			strbuf_addch(b, *p);
	}
}

const struct job_type job_type_stdin = {false, parse_stdin, print_stdin};

/* So many a message to a worker holds with ease. */
#define VARIABLES_MAX 500

static size_t
count_lines(const struct strbuf *b)
{
	size_t n = b->len > 0;

	for (size_t i = 0; i < b->len; i++)
		n += b->s[i] == '\n';
	return n;
}

/* The length of the name before "="; 0 with err when it is none. */
static size_t
variable_name(const char *value, struct err *err)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz_0123456789";
	size_t n = strspn(value, letters);

	if (n == 0 || strchr("0123456789", *value) != NULL || value[n] != '=') {
		err_set(err,
		    "write NAME=VALUE; a name has letters, digits "
		    "and _ and does not begin with a digit");
		return 0;
	}
	if (strncmp(value, "BELFRY_", 7) == 0) {
		err_set(err, "names that begin with BELFRY_ are belfry's own");
		return 0;
	}
	return n;
}

/* The line of b that sets the same variable; NULL: there is none. */
static char *
find_variable(const struct strbuf *b, const char *value, size_t name_len)
{
	char *p = b->s, *end;

	while (p != NULL && *p != '\0') {
		if (strncmp(p, value, name_len + 1) == 0)
			return p;
		end = strchr(p, '\n');
		p = end != NULL ? end + 1 : NULL;
	}
	return NULL;
}

/* Takes a line of the defaults out: the job says something else. */
static void
drop_inherited(struct job_draft *draft, char *p)
{
	struct strbuf *b = &draft->environment;
	char *end = strchr(p, '\n');
	size_t n = end != NULL ? (size_t)(end + 1 - p) : strlen(p);

	memmove(p, p + n, (size_t)(b->s + b->len - (p + n)) + 1);
	b->len -= n;
	draft->inherited -= n < draft->inherited ? n : draft->inherited;
	if (b->len > 0 && b->s[b->len - 1] == '\n')
		b->s[--b->len] = '\0';
}

static int
parse_environment(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	struct strbuf *b = &draft->environment;
	size_t n = variable_name(value, err);
	char *same;

	if (n == 0)
		return -1;
	if (draft->lines[key - job_keys] == 0) {
		strbuf_reset(b);
		strbuf_adds(b, draft->options.environment);
		draft->inherited = b->len;
	}
	same = find_variable(b, value, n);
	if (same != NULL && (size_t)(same - b->s) >= draft->inherited)
		return err_set(err, "%.*s is given twice", (int)n, value);
	if (same != NULL)
		drop_inherited(draft, same);
	if (count_lines(b) >= VARIABLES_MAX)
		return err_set(err,
		    "a job has at most %d variables; put them "
		    "into an environment-file",
		    VARIABLES_MAX);
	if (b->len > 0)
		strbuf_addch(b, '\n');
	strbuf_adds(b, value);
	draft->options.environment = strbuf_str(b);
	return 0;
}

static void
print_environment(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	strbuf_adds(b, def->options->environment);
}

const struct job_type job_type_environment = {
    true, parse_environment, print_environment};

/* Keys that say what a job does, of which it has one. */
static const struct {
	const char *key;
	enum job_kind kind;
	const char *missing; /* when there is no value */
	int (*check)(
	    const char *value, struct err *err); /* NULL: any will do */
} doings[] = {
    {"command", KIND_COMMAND, "a command line is missing", NULL},
    {"http", KIND_HTTP, "write METHOD URL", http_check_line},
    {"sql", KIND_SQL, "a statement is missing", sql_check},
};

static int
check_single(const struct job_draft *draft, enum job_kind kind, struct err *err)
{
	uint32_t line;

	for (size_t i = 0; i < nitems(doings); i++) {
		line = job_draft_line(draft, doings[i].key);
		if (line != 0 && doings[i].kind != kind)
			return err_set(err,
			    "a job has one of command, http and sql; %s is in "
			    "line %u",
			    doings[i].key, line);
	}
	return 0;
}

static int
parse_doing(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	size_t i = 0;

	while (strcmp(doings[i].key, key->name) != 0)
		i++;
	if (*value == '\0')
		return err_set(err, "%s", doings[i].missing);
	if (doings[i].check != NULL && doings[i].check(value, err) == -1)
		return -1;
	if (check_single(draft, doings[i].kind, err) == -1)
		return -1;
	draft->command = value;
	draft->options.kind = (uint8_t)doings[i].kind;
	return 0;
}

static void
print_doing(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	if (strcmp(job_def_kind_key(def), key->name) == 0)
		strbuf_adds(b, def->command);
}

/* Told from one another by their address. */
const struct job_type job_type_command = {false, parse_doing, print_doing};
const struct job_type job_type_http = {false, parse_doing, print_doing};
const struct job_type job_type_sql = {false, parse_doing, print_doing};

static int
parse_description(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	draft->description = value;
	return 0;
}

static void
print_description(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	strbuf_adds(b, job_def_description(def));
}

const struct job_type job_type_description = {
    false, parse_description, print_description};

static int
parse_schedule(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	struct draft_schedule *s;

	if (*value == '\0')
		return err_set(err,
		    "a schedule is missing; leave the key out "
		    "for a job that is run by hand");
	if (draft->lines[key - job_keys] == 0)
		draft->nschedules = 0; /* not the defaults' */
	if (draft->nschedules == JOB_SCHEDULES_MAX)
		return err_set(
		    err, "a job has at most %d schedules", JOB_SCHEDULES_MAX);
	array_reserve(&draft->schedules, &draft->cap, draft->nschedules + 1,
	    sizeof(*draft->schedules));
	s = &draft->schedules[draft->nschedules++];
	s->text = value;
	s->line = line;
	return 0;
}

static void
print_schedule(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	for (size_t i = 0; i < def->nschedules; i++)
		strbuf_addf(b, "%s%s", i > 0 ? "\n" : "",
		    job_def_schedule_text(def, i));
}

const struct job_type job_type_schedule = {
    true, parse_schedule, print_schedule};
