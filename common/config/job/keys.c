/* The keys of a job: what belfry-job(5) describes, as a table. */
#include "config/job/draft.h"

#include <string.h>

#include "base/mem.h"
#include "config/quote.h"

#define DURATION_MAX INT64_MAX
#define JITTER_MAX   (7 * 86400 * 1000LL)
#define AT(field)    offsetof(struct job_options, field)

/* The words of enums; "" is what a key means that is not given. */
static const char *const dialects[] = {"cron", "quartz", NULL};
static const char *const day_matches[] = {"either", "both", NULL};
static const char *const gaps[] = {"", "run", "skip", NULL};
static const char *const overlaps[] = {"", "first", "both", NULL};
static const char *const firsts[] = {"interval", "now", NULL};
static const char *const whens[] = {"success", "failure", "always", NULL};
static const char *const joins[] = {"all", "any", NULL};
static const char *const outputs[] = {"keep", "failure", "none", NULL};
static const char *const places[] = {"hash", "spread", "least-loaded", NULL};
static const char *const guarantees[] = {"at-most-once", "at-least-once", NULL};
static const char *const isolations[] = {"wait", "skip", "run", NULL};
static const char *const lease_losses[] = {"", "keep", "kill", NULL};
static const char *const calendar_modes[] = {
    "exclude", "include", "next", "previous", NULL};

/* name, type, where, least, most, default, help */
const struct job_key job_keys[] = {
    {"description", &job_type_description, 0, 0, 0, NULL,
	"one line about the job, for people"},
    {"owner", &job_type_text, AT(owner), 0, 0, NULL,
	"who answers for it, for people"},
    {"labels", &job_type_labels, AT(labels), 0, 0, NULL,
	"words and KEY=VALUE to find it by"},
    {"command", &job_type_command, 0, 0, 0, NULL,
	"the command line; this, http, sql or plugin is needed"},
    {"http", &job_type_http, 0, 0, 0, NULL,
	"METHOD URL: a request instead of a command"},
    {"sql", &job_type_sql, 0, 0, 0, NULL,
	"statements, one transaction, instead of a command"},
    {"plugin", &job_type_plugin, 0, 0, 0, NULL,
	"a plugin's name: its function instead of a command"},
    {"database", &job_type_setting, 0, 0, 0, NULL,
	"a [database NAME] of belfry.conf, for sql, watch and plugin", NULL,
	KIND_SQL, &setting_database, 1U << KIND_WATCH | 1U << KIND_PLUGIN},
    {"shell", &job_type_shell, AT(shell), 0, 0, "/bin/sh",
	"runs a command line with shell syntax; none: never"},
    {"http-header", &job_type_settings, 0, 0, 0, NULL,
	"Name: value; may be given several times", NULL, KIND_HTTP,
	&setting_header},
    {"http-query", &job_type_settings, 0, 0, 0, NULL,
	"NAME=VALUE, added to the URL; may be given several times", NULL,
	KIND_HTTP, &setting_query},
    {"http-body", &job_type_setting, 0, 0, 0, NULL, "what is sent as the body",
	NULL, KIND_HTTP, &setting_template},
    {"http-body-file", &job_type_setting, 0, 0, 0, NULL,
	"a file that is sent as the body", NULL, KIND_HTTP, &setting_path},
    {"http-expect-status", &job_type_setting, 0, 0, 0, "2xx",
	"statuses that are a success: 2xx 304 400-404", NULL, KIND_HTTP,
	&setting_status},
    {"http-expect-body", &job_type_setting, 0, 0, 0, NULL,
	"an extended regular expression that the body must match", NULL,
	KIND_HTTP, &setting_pattern},
    {"http-follow", &job_type_setting, 0, 0, 50, "0",
	"how many redirects are followed", NULL, KIND_HTTP, &setting_number},
    {"http-connect-timeout", &job_type_setting, 0, 1, DURATION_MAX, "10s",
	"how long name, connection and TLS may take", NULL, KIND_HTTP,
	&setting_duration},
    {"http-read-timeout", &job_type_setting, 0, 1, DURATION_MAX, "1m",
	"how long nothing may be sent or received", NULL, KIND_HTTP,
	&setting_duration},
    {"http-auth", &job_type_setting, 0, 0, 0, NULL, "basic, digest or bearer",
	NULL, KIND_HTTP, &setting_auth},
    {"http-user", &job_type_setting, 0, 0, 0, NULL,
	"as whom it authenticates itself", NULL, KIND_HTTP, &setting_template},
    {"http-password-file", &job_type_setting, 0, 0, 0, NULL,
	"a file with the password or token, for its owner only", NULL,
	KIND_HTTP, &setting_path},
    {"http-password", &job_type_setting, 0, 0, 0, NULL,
	"the password or token, as ${NAME} of environment-file", NULL,
	KIND_HTTP, &setting_password},
    {"http-verify", &job_type_setting, 0, 0, 0, "yes",
	"no: any certificate of the server will do", NULL, KIND_HTTP,
	&setting_flag},
    {"http-ca-file", &job_type_setting, 0, 0, 0, NULL,
	"who may sign the server's certificate, instead of the system's", NULL,
	KIND_HTTP, &setting_path},
    {"http-cert", &job_type_setting, 0, 0, 0, NULL, "our certificate", NULL,
	KIND_HTTP, &setting_path},
    {"http-key", &job_type_setting, 0, 0, 0, NULL,
	"its key, when it is not in the same file", NULL, KIND_HTTP,
	&setting_path},
    {"http-pinned-key", &job_type_setting, 0, 0, 0, NULL,
	"sha256//HASH of the server's public key", NULL, KIND_HTTP,
	&setting_pin},
    {"http-proxy", &job_type_setting, 0, 0, 0, NULL, "URL of a proxy", NULL,
	KIND_HTTP, &setting_proxy},
    {"watch", &job_type_setting, 0, 0, 0, NULL,
	"a query: the command runs once for each of its rows", NULL, KIND_WATCH,
	&setting_query_sql},
    {"watch-key", &job_type_setting, 0, 0, 0, NULL,
	"the column that names a row; else the first", NULL, KIND_WATCH,
	&setting_identifier},
    {"watch-done", &job_type_setting, 0, 0, 0, NULL,
	"the statement for a row whose command succeeded", NULL, KIND_WATCH,
	&setting_statement},
    {"watch-failed", &job_type_setting, 0, 0, 0, NULL,
	"the statement for a row whose command failed", NULL, KIND_WATCH,
	&setting_statement},
    {"watch-parallel", &job_type_setting, 0, 1, 100, "1",
	"so many rows at once, with a connection each", NULL, KIND_WATCH,
	&setting_number},
    {"watch-limit", &job_type_setting, 0, 1, 100000000, "10000",
	"a run ends after so many rows", NULL, KIND_WATCH, &setting_number},
    {"watch-attempts", &job_type_setting, 0, 1, 1000, "5",
	"a row that failed so often is parked", NULL, KIND_WATCH,
	&setting_number},
    {"watch-retry", &job_type_setting, 0, 1, DURATION_MAX, "1m",
	"how long a row that failed is left alone", NULL, KIND_WATCH,
	&setting_duration},
    {"watch-lease", &job_type_setting, 0, 1000, 86400000, "30s",
	"so long after its host is dead a row is another's", NULL, KIND_WATCH,
	&setting_duration},
    {"watch-notify", &job_type_setting, 0, 0, 0, NULL,
	"a channel: NOTIFY there makes it look at once", NULL, KIND_WATCH,
	&setting_identifier},
    {"watch-wait", &job_type_setting, 0, 1, DURATION_MAX, "1m",
	"how long a run listens to watch-notify", NULL, KIND_WATCH,
	&setting_duration},
    {"schedule", &job_type_schedule, 0, 0, 0, NULL,
	"when it runs, see belfry-schedule(7); may be given several times"},
    {"timezone", &job_type_text, AT(timezone), 0, 0, NULL,
	"the time zone of its schedules"},
    {"dialect", &job_type_word, AT(dialect), 0, 0, "cron",
	"how its schedules are written: cron or quartz", dialects},
    {"day-match", &job_type_word, AT(day_match), 0, 0, "either",
	"both: a day of month and a day of week must both match", day_matches},
    {"dst-gap", &job_type_word, AT(dst_gap), 0, 0, NULL,
	"run or skip, when clocks go forward over its time", gaps},
    {"dst-overlap", &job_type_word, AT(dst_overlap), 0, 0, NULL,
	"first or both, when its time comes twice", overlaps},
    {"jitter", &job_type_duration, AT(jitter_ms), 0, JITTER_MAX, "none",
	"starts up to so much later, by a hash of job and slot"},
    {"first", &job_type_word, AT(first), 0, 0, "interval",
	"now: @every and @after fire as soon as the job is seen", firsts},
    {"start-at", &job_type_instant, AT(start_at), 0, 0, NULL,
	"slots before this time are none"},
    {"end-at", &job_type_instant, AT(end_at), 0, 0, NULL,
	"slots at and after this time are none"},
    {"calendar", &job_type_calendar, AT(calendar_name), 0, 0, NULL,
	"a [calendar NAME] of belfry.conf"},
    {"calendar-mode", &job_type_word, AT(calendar_mode), 0, 0, "exclude",
	"exclude, include, next or previous", calendar_modes},
    {"after", &job_type_after, AT(after), 0, 0, NULL,
	"jobs after whose runs it runs"},
    {"after-when", &job_type_word, AT(after_when), 0, 0, "success",
	"success, failure or always: which of their ends count", whens},
    {"after-join", &job_type_word, AT(after_join), 0, 0, "all",
	"all or any: of how many of them", joins},
    {"overlap", &job_type_overlap, AT(overlap), 0, 0, NULL,
	"allow, skip, queue or replace, when it still runs"},
    {"overlap-limit", &job_type_limit, AT(overlap_limit), 1, 1000, NULL,
	"how many run at once with allow, wait with queue"},
    {"start-deadline", &job_type_duration, AT(deadline_ms), 1000, DURATION_MAX,
	"1m", "a slot that is later than this is missed"},
    {"catch-up", &job_type_catch_up, AT(catch_up), 0, 0, "none",
	"none, last or all: which missed slots still run"},
    {"catch-up-limit", &job_type_integer, AT(catch_up_limit), 1, 1000, "100",
	"so many missed slots run at most"},
    {"uses", &job_type_uses, AT(uses), 0, 0, NULL,
	"NAME:N, of runs that use NAME at most N are in progress"},
    {"queue", &job_type_queue, AT(queue), 0, 0, NULL,
	"a [queue NAME] of belfry.conf through which its runs go"},
    {"priority", &job_type_integer, AT(priority), -100, 100, "0",
	"of runs that wait for room the higher goes first"},
    {"enabled", &job_type_flag, AT(enabled), 0, 0, "yes",
	"no: its slots are skipped"},
    {"timeout", &job_type_duration, AT(timeout_ms), 0, DURATION_MAX, "none",
	"ends a run that takes longer"},
    {"kill-signal", &job_type_signal, AT(kill_signal), 0, 0, "TERM",
	"the first signal when a run is ended"},
    {"kill-grace", &job_type_duration, AT(kill_grace_ms), 0, DURATION_MAX,
	"10s", "how long after it KILL follows"},
    {"success-codes", &job_type_codes, AT(success), 0, 255, "0",
	"exit codes that are a success: 0 3 10-12"},
    {"retries", &job_type_integer, AT(retries), 0, 1000, "0",
	"how often a failed run is repeated"},
    {"retry-delay", &job_type_duration, AT(retry_delay_ms), 0, DURATION_MAX,
	"10s", "the pause before the first repetition"},
    {"retry-backoff", &job_type_number, AT(retry_backoff), 1, 100, "2",
	"each pause is so many times the one before"},
    {"retry-max-delay", &job_type_duration, AT(retry_max_ms), 1, DURATION_MAX,
	"1h", "no pause is longer"},
    {"retry-codes", &job_type_codes, AT(retry), 0, 255, NULL,
	"only these exit codes are repeated: 75 100-110"},
    {"hosts", &job_type_hosts, AT(hosts), 0, 0, "any",
	"where it runs: any, all, N of tag:web & !old, or names"},
    {"place", &job_type_word, AT(place), 0, 0, "hash",
	"which of them goes first: hash, spread or least-loaded", places},
    {"guarantee", &job_type_word, AT(guarantee), 0, 0, "at-most-once",
	"at-least-once: a slot whose host is lost runs again", guarantees},
    {"when-isolated", &job_type_word, AT(when_isolated), 0, 0, "wait",
	"wait, skip or run, when Redis cannot be reached", isolations},
    {"on-lease-lost", &job_type_word, AT(on_lease_lost), 0, 0, NULL,
	"keep or kill a run whose host has lost its session", lease_losses},
    {"user", &job_type_text, AT(user), 0, 0, NULL,
	"who runs it; another user needs a file of root's"},
    {"group", &job_type_text, AT(group), 0, 0, NULL,
	"its group, when it is not the user's own"},
    {"directory", &job_type_path, AT(directory), 0, 0, NULL,
	"where it runs; else the user's home"},
    {"umask", &job_type_umask, AT(umask), 0, 0777, "022",
	"permissions that its new files do not get"},
    {"nice", &job_type_integer, AT(nice), -20, 19, "0",
	"its priority: 19 is the lowest, below 0 needs root"},
    {"ionice", &job_type_ionice, AT(ionice), 0, 0, "none",
	"its share of disks: idle, best-effort:0-7 or realtime:0-7"},
    {"no-new-privileges", &job_type_flag, AT(no_new_privileges), 0, 0, "no",
	"yes: nothing it executes gains privileges, as sudo would"},
    {"limit-cpu", &job_type_limit_cpu, AT(limit_cpu_ms), 1000, DURATION_MAX,
	"none", "so much CPU time may each of its processes use"},
    {"limit-memory", &job_type_limit_memory, AT(limit_memory), 1 << 20,
	INT64_MAX, "none", "so much memory may it use"},
    {"limit-files", &job_type_limit_count, AT(limit_files), 3, 1 << 30, "none",
	"so many files may each of its processes have open"},
    {"limit-processes", &job_type_limit_count, AT(limit_processes), 1, 1 << 22,
	"none", "so many processes may it have at once"},
    {"environment", &job_type_environment, AT(environment), 0, 0, NULL,
	"NAME=VALUE; may be given several times"},
    {"environment-file", &job_type_env_file, AT(environment_file), 0, 0, NULL,
	"a file of NAME=VALUE lines; with - in front it may be missing"},
    {"stdin", &job_type_stdin, AT(stdin_text), 0, 0, NULL,
	"what it reads on standard input; \\n, \\t and \\\\ are escapes"},
    {"notify", &job_type_notify, AT(notify), 0, 0, NULL,
	"receivers, each a [notify NAME] of belfry.conf"},
    {"notify-on", &job_type_notify_on, AT(notify_on), 0, 0, "failure recovery",
	"start, success, failure, recovery, late, too-long, missed, lost"},
    {"notify-repeat", &job_type_notify_repeat, AT(notify_repeat_ms), 0, 0,
	"change", "change, every or 1h: how often it speaks while it fails"},
    {"notify-late", &job_type_duration, AT(notify_late_ms), 1, DURATION_MAX,
	"5m", "due and not started after so long, it is late"},
    {"notify-too-long", &job_type_notify_too_long, AT(notify_too_long_ms), 0, 0,
	"auto", "a run takes too long after so long, or by what is usual"},
    {"ping-start", &job_type_ping, AT(ping_start), 0, 0, NULL,
	"a URL that is requested when a run starts"},
    {"ping-success", &job_type_ping, AT(ping_success), 0, 0, NULL,
	"a URL that is requested when a run has succeeded"},
    {"ping-failure", &job_type_ping, AT(ping_failure), 0, 0, NULL,
	"a URL that is requested when a run has failed for good"},
    {"output", &job_type_word, AT(output), 0, 0, "keep",
	"keep, failure (not of a success) or none", outputs},
    {"output-limit", &job_type_size, AT(output_limit), 0, 1 << 30, "1M",
	"how much of its output is kept: head and tail"},
    {NULL, NULL, 0, 0, 0, NULL, NULL},
};
_Static_assert(nitems(job_keys) <= JOB_KEY_MAX, "JOB_KEY_MAX is too small");

bool
job_key_is_for(const struct job_key *key, enum job_kind kind)
{
	if (key->setting != NULL)
		return key->kind == kind || (key->also >> kind & 1) != 0;
	if (key->type == &job_type_shell)
		return job_kind_has_program(kind);
	if (key->type == &job_type_stdin)
		return kind == KIND_COMMAND;
	return true;
}

bool
job_key_is_option(const struct job_key *key)
{
	return key->type != &job_type_command && key->type != &job_type_http &&
	    key->type != &job_type_sql && key->type != &job_type_plugin &&
	    key->type != &job_type_description &&
	    key->type != &job_type_schedule;
}

void *
job_key_field(const struct job_key *key, struct job_options *options)
{
	return (char *)options + key->offset;
}

const void *
job_key_value(const struct job_key *key, const struct job_options *options)
{
	return (const char *)options + key->offset;
}

static void
unknown_key(const char *name, struct err *err)
{
	char quoted[QUOTE_SIZE], text[QUOTE_SIZE];
	struct suggest s;

	suggest_init(&s, name);
	for (const struct job_key *k = job_keys; k->name != NULL; k++)
		suggest_try(&s, k->name);
	err_set(err, "unknown key %s%s", quote(quoted, name),
	    suggest_text(text, &s));
}

const struct job_key *
job_key_find(const char *name, struct err *err)
{
	for (const struct job_key *k = job_keys; k->name != NULL; k++)
		if (k->name[0] == name[0] && strcmp(k->name, name) == 0)
			return k;
	unknown_key(name, err);
	return NULL;
}
