#include "config/set/hints.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "config/job/command.h"
#include "config/quote.h"
#include "config/set/herd.h"

struct hinter {
	const struct job_set_options *options;
	struct problem_list *problems;
	const struct job_def *def; /* at hand */
};

static void
hint(struct hinter *h, const char *text)
{
	struct job_problem problem = {
	    .file = h->def->source->path,
	    .line = h->def->line,
	    .job = h->def->name,
	    .text = text,
	};

	problem_add(h->problems, &problem, SIZE_MAX);
}

/* WHAT "NAME"REST */
static void
hint_about(
    struct hinter *h, const char *what, const char *name, const char *rest)
{
	char quoted[QUOTE_SIZE];
	struct err err;

	err_set(&err, "%s %s%s", what, quote(quoted, name), rest);
	hint(h, err.text);
}

/* WHAT "NAME": why it cannot be found */
static void
hint_errno(struct hinter *h, const char *what, const char *name)
{
	char quoted[QUOTE_SIZE];
	struct err err;

	err_errno(&err, "%s %s", what, quote(quoted, name));
	hint(h, err.text);
}

static bool
is_number(const char *s)
{
	size_t n = strlen(s);

	/* Longer ones are nobody's to whoever starts the run, either. */
	return n > 0 && n < 10 && strspn(s, "0123456789") == n;
}

static void
check_user(struct hinter *h, const struct job_options *o)
{
	if (*o->user != '\0' && !is_number(o->user) &&
	    getpwnam(o->user) == NULL)
		hint_about(h, "user", o->user, " does not exist here");
	if (*o->group != '\0' && !is_number(o->group) &&
	    getgrnam(o->group) == NULL)
		hint_about(h, "group", o->group, " does not exist here");
	if (o->nice < 0 && !h->options->privileged)
		hint(h,
		    "a nice below 0 needs root, and this is not run as "
		    "root");
	if (ionice_class(o->ionice) == IONICE_REALTIME &&
	    !h->options->privileged)
		hint(h,
		    "an ionice of realtime needs root, and this is not run as "
		    "root");
}

static void
check_directory(struct hinter *h, const struct job_options *o)
{
	struct stat st;

	if (*o->directory == '\0')
		return;
	if (stat(o->directory, &st) == -1)
		hint_errno(h, "directory", o->directory);
	else if (!S_ISDIR(st.st_mode))
		hint_about(h, "directory", o->directory, " is not a directory");
}

static void
check_environment_file(struct hinter *h, const struct job_options *o)
{
	struct stat st;

	/* With "-" in front it may be missing. */
	if (o->environment_file[0] == '/' &&
	    stat(o->environment_file, &st) == -1)
		hint_errno(h, "environment-file", o->environment_file);
}

static void
check_program(struct hinter *h, const char *what, const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		hint_errno(h, what, path);
	else if (S_ISDIR(st.st_mode))
		hint_about(h, what, path, " is a directory");
	else if ((st.st_mode & 0111) == 0)
		hint_about(h, what, path, " is not executable; chmod +x");
}

static void
check_command(struct hinter *h, const struct job_def *def)
{
	uint32_t n;
	char **words;

	if (!job_has_program(def->options))
		return;
	if (quote_is_quoted(def->command) && strchr(def->command, ' ') != NULL)
		hint(h,
		    "the command stands in quotes: all of it is the name of "
		    "one program; a value is written without quotes");
	if (!def->direct) {
		check_program(h, "shell", def->options->shell);
		return;
	}
	words = job_def_words(def, &n);
	if (words != NULL && words[0][0] == '/')
		check_program(h, "program", words[0]);
	free(words);
}

static void
collect(void *arg, const char *text)
{
	strbuf_addf(arg, "%s\n", text);
}

/* The hints of one schedule, worked out once, for each job that has it. */
static void
hint_schedule(struct hinter *h, const struct job_use *uses, size_t n)
{
	struct strbuf texts = STRBUF_INIT;
	char *p, *end;

	schedule_hints(uses[0].schedule, h->options->now, collect, &texts);
	for (size_t i = 0; i < n && texts.len > 0; i++) {
		h->def = uses[i].def;
		for (p = texts.s; (end = strchr(p, '\n')) != NULL;
		     p = end + 1) {
			*end = '\0';
			hint(h, p);
			*end = '\n';
		}
	}
	strbuf_fini(&texts);
}

static void
hint_schedules(struct hinter *h, const struct job_use *uses, size_t n)
{
	size_t end;

	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n; end++)
			if (uses[end].schedule != uses[i].schedule)
				break;
		hint_schedule(h, uses + i, end - i);
	}
}

static bool
has_kind(const struct job_def *def, unsigned kinds)
{
	for (size_t i = 0; i < def->nschedules; i++)
		if (kinds >> schedule_kind(def->schedules[i]) & 1)
			return true;
	return false;
}

/* A schedule that would fire, and does not within window and calendar. */
static void
check_window(struct hinter *h, const struct job_def *def)
{
	const struct job_options *o = def->options;
	int64_t now = h->options->now, t;
	struct rule rule;

	if (o->end_s <= now) {
		hint(h, "never fires again: its end-at is past");
		return;
	}
	for (size_t i = 0; i < def->nschedules; i++) {
		job_def_rule(def, i, &rule);
		if (schedule_next(rule.schedule, now, &t) &&
		    !rule_next(&rule, now, &t)) {
			hint(h,
			    "never fires: its calendar, start-at and end-at "
			    "leave no slot");
			return;
		}
	}
}

/* Two slots of a job can start in the wrong order. */
static void
check_jitter(struct hinter *h, const struct job_def *def)
{
	int64_t now = h->options->now, a, b;
	struct rule rule;

	for (size_t i = 0; i < def->nschedules; i++) {
		job_def_rule(def, i, &rule);
		if (!rule_next(&rule, now, &a) || !rule_next(&rule, a, &b) ||
		    (b - a) * 1000 >= def->options->jitter_ms)
			continue;
		hint(h,
		    "jitter is longer than the time between its next two "
		    "slots: they may start at the same time, or the later "
		    "one first");
		return;
	}
}

static void
check_times(struct hinter *h, const struct job_def *def)
{
	const unsigned intervals = 1U << SCHEDULE_EVERY | 1U << SCHEDULE_AFTER;
	const struct job_options *o = def->options;

	if (o->calendar != NULL || o->start_s != INT64_MIN ||
	    o->end_s != INT64_MAX)
		check_window(h, def);
	if (o->jitter_ms > 0)
		check_jitter(h, def);
	if (o->calendar == NULL && o->calendar_mode != CALENDAR_EXCLUDE)
		hint(h, "calendar-mode has no meaning without a calendar");
	if (o->first == JOB_FIRST_NOW && !has_kind(def, intervals))
		hint(h, "first = now has no meaning without @every or @after");
}

void
job_hints(const struct job_set *set, const struct job_set_options *options,
    struct problem_list *problems)
{
	struct hinter h = {.options = options, .problems = problems};
	struct job_use *uses;
	size_t n;

	for (size_t i = 0; i < job_set_count(set); i++) {
		h.def = job_set_at(set, i);
		check_user(&h, h.def->options);
		check_directory(&h, h.def->options);
		check_environment_file(&h, h.def->options);
		check_command(&h, h.def);
		check_times(&h, h.def);
	}
	uses = job_uses(set, &n);
	hint_schedules(&h, uses, n);
	job_herd(uses, n, options->now, problems);
	free(uses);
}
