#include "cli/job/cmd_next.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "base/timestamp.h"
#include "schedule/schedule.h"
#include "schedule/zone/zone.h"

#define EXIT_USAGE    2
#define COUNT_DEFAULT 5

#define USAGE                                                                  \
	"usage: belfry next [-n N] [--from TIME] [--tz ZONE]\n"                \
	"                   [--dialect cron|quartz] [--job NAME] [--json]\n"   \
	"                   [--] EXPRESSION\n"

static const char help[] =
    USAGE "Print when a schedule fires, one time a line, or \"never\"\n"
	  "\n"
	  "  -n N              how many times (default 5)\n"
	  "  --from TIME       later than this, as 2026-03-10T07:00:00Z or, by "
	  "the\n"
	  "                    clock of the zone, 2026-03-10 (default now)\n"
	  "  --tz ZONE         as Europe/Berlin (default the system's)\n"
	  "  --dialect NAME    how to read it: cron (default) or quartz\n"
	  "  --job NAME        the job that H is hashed from\n"
	  "  --json            print one JSON document\n"
	  "\n"
	  "The expression is one argument, such as '30 2 * * MON-FRI'; see\n"
	  "belfry-schedule(7).\n";

struct next {
	struct schedule_options options;
	const char *expression;
	int64_t from;
	/* --from without a zone: by the clock of --tz, or the system's. */
	struct civil local;
	bool from_local;
	long count;
	bool json;
	bool help;
};

enum {
	OPT_FROM = 256,
	OPT_TZ,
	OPT_DIALECT,
	OPT_JOB,
	OPT_JSON
};

static const struct option long_options[] = {
    {"from", required_argument, NULL, OPT_FROM},
    {"tz", required_argument, NULL, OPT_TZ},
    {"dialect", required_argument, NULL, OPT_DIALECT},
    {"job", required_argument, NULL, OPT_JOB},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int
parse_count(const char *text, long *count_r, struct err *err)
{
	char *end;

	errno = 0;
	*count_r = strtol(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || *count_r < 1 ||
	    *count_r > INT_MAX)
		return err_set(err, "-n: expected a number from 1 on");
	return 0;
}

static int
parse_from(const char *text, struct next *next, struct err *err)
{
	bool no_zone = strlen(text) <= strlen("2026-03-10 07:00:00");
	int64_t ms;

	next->from_local = no_zone;
	if ((no_zone ? civil_parse_day(text, &next->local, err) :
		       timestamp_parse_ms(text, &ms, err)) == -1)
		return err_prefix(err, "--from");
	if (no_zone)
		return 0;
	next->from = ms / 1000 - (ms % 1000 < 0);
	return 0;
}

static int
parse_dialect(
    const char *text, enum schedule_dialect *dialect_r, struct err *err)
{
	if (strcmp(text, "cron") == 0)
		*dialect_r = SCHEDULE_DIALECT_CRON;
	else if (strcmp(text, "quartz") == 0)
		*dialect_r = SCHEDULE_DIALECT_QUARTZ;
	else
		return err_set(err, "--dialect: write cron or quartz");
	return 0;
}

static int
parse_option(struct next *next, int opt, struct err *err)
{
	switch (opt) {
	case 'n':
		return parse_count(optarg, &next->count, err);
	case 'h':
		next->help = true;
		return 0;
	case OPT_FROM:
		return parse_from(optarg, next, err);
	case OPT_TZ:
		next->options.zone = optarg;
		return 0;
	case OPT_DIALECT:
		return parse_dialect(optarg, &next->options.dialect, err);
	case OPT_JOB:
		next->options.job = optarg;
		return 0;
	case OPT_JSON:
		next->json = true;
		return 0;
	case ':':
		return err_set(err, "an option needs a value");
	default:
		return err_set(err, "unknown option");
	}
}

/* Which: a word "-5 * * * *" is options to getopt_long(), which stays at it. */
static int
prefix_option(char **argv, int opt, struct err *err)
{
	struct err why = *err;
	const char *word = argv[optind - 1];

	if (strncmp(word, "--", 2) == 0)
		return err_prefix(err, "%s", word);
	return err_set(err, "-%c: %s%s", optopt, why.text,
	    opt == '?' ? "; write -- before an expression that begins with -" :
			 "");
}

static int
parse_arguments(int argc, char **argv, struct next *next, struct err *err)
{
	int opt;

	optind = 0; /* another command may have used it */
	opterr = 0;
	while (
	    (opt = getopt_long(argc, argv, ":n:h", long_options, NULL)) != -1)
		if (parse_option(next, opt, err) == -1)
			return opt == '?' || opt == ':' ?
			    prefix_option(argv, opt, err) :
			    -1;
	if (next->help)
		return 0;
	if (optind == argc)
		return err_set(err,
		    "an expression is missing, such as "
		    "'30 2 * * *'");
	if (optind + 1 < argc)
		return err_set(err,
		    "more than one expression; put it in "
		    "quotes");
	next->expression = argv[optind];
	return 0;
}

static bool
next_fire(const struct schedule *schedule, int64_t *t)
{
	/* The end of a run is not known: as if it took no time. */
	if (schedule_kind(schedule) == SCHEDULE_AFTER)
		return !__builtin_add_overflow(
		    *t, schedule_interval(schedule), t);
	return schedule_next(schedule, *t, t);
}

static const char *
format(const struct schedule *schedule, int64_t t, char *buf)
{
	return timestamp_format_offset(buf, t,
	    schedule_zone_offset(schedule, t),
	    zone_name_is_utc(schedule_zone_name(schedule)));
}

static void
print_lines(const struct next *next, const struct schedule *schedule)
{
	char buf[TIMESTAMP_TEXT_MAX];
	int64_t t = next->from;
	long n;

	for (n = 0; n < next->count && next_fire(schedule, &t); n++)
		printf("%s\n", format(schedule, t, buf));
	if (n == 0)
		printf("never\n");
}

static void
print_json_string(const char *text)
{
	struct strbuf b = STRBUF_INIT;

	escape_json(&b, text, strlen(text));
	printf("\"%s\"", strbuf_str(&b));
	strbuf_fini(&b);
}

static void
print_json(const struct next *next, const struct schedule *schedule)
{
	char buf[TIMESTAMP_TEXT_MAX];
	int64_t t = next->from;

	printf("{\"expression\":");
	print_json_string(next->expression);
	printf(",\"zone\":");
	print_json_string(schedule_zone_name(schedule));
	printf(",\"next\":[");
	for (long n = 0; n < next->count && next_fire(schedule, &t); n++)
		printf("%s\"%s\"", n > 0 ? "," : "", format(schedule, t, buf));
	printf("]}\n");
}

/* Shows the expression and points at the column that the error names. */
static void
print_caret(const char *expression, const char *error)
{
	long column;

	if (strncmp(error, "column ", 7) != 0)
		return;
	column = strtol(error + 7, NULL, 10);
	if (column < 1 || column > 200)
		return;
	for (const char *p = expression; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return;
	fprintf(stderr, "  %s\n  %*s^\n", expression, (int)column - 1, "");
}

/* A --from that names no zone is by the clock of --tz, or the system's. */
static int
resolve_from(struct next *next, struct schedule_pool *pool, struct err *err)
{
	const struct zone *zone;

	if (!next->from_local)
		return 0;
	zone = schedule_pool_zone(pool, next->options.zone, err);
	if (zone == NULL)
		return -1;
	next->from =
	    zone_from_local(zone, civil_to_seconds(&next->local), NULL, NULL);
	return 0;
}

static int
run(struct next *next)
{
	struct schedule_pool *pool = schedule_pool_new(NULL);
	const struct schedule *schedule;
	struct err err = {""};
	int status = EXIT_SUCCESS;

	schedule = schedule_get(pool, next->expression, &next->options, &err);
	if (schedule == NULL || resolve_from(next, pool, &err) == -1) {
		fprintf(stderr, "belfry next: %s\n", err.text);
		print_caret(next->expression, err.text);
		schedule_pool_free(pool);
		return EXIT_USAGE;
	}
	if (next->json)
		print_json(next, schedule);
	else
		print_lines(next, schedule);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		fprintf(
		    stderr, "belfry next: cannot write: %s\n", strerror(errno));
		status = EXIT_FAILURE;
	}
	schedule_release(pool, schedule);
	schedule_pool_free(pool);
	return status;
}

int
cmd_next(int argc, char **argv)
{
	struct next next = {.count = COUNT_DEFAULT, .from = time(NULL)};
	struct err err = {""};

	if (parse_arguments(argc, argv, &next, &err) == -1) {
		fprintf(stderr, "belfry next: %s\n" USAGE, err.text);
		return EXIT_USAGE;
	}
	if (next.help) {
		fputs(help, stdout);
		return EXIT_SUCCESS;
	}
	return run(&next);
}
