/*
 * Job definitions: what job files say, checked, complete with defaults,
 * immutable.
 *
 * Made to be held by the hundred thousand: what most jobs have in common is
 * shared (options by content, strings by text), what is their own is one
 * block of memory.
 */
#ifndef BELFRY_CONFIG_JOB_H
#define BELFRY_CONFIG_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "run/spec.h"
#include "schedule/rule.h"

enum job_overlap {
	JOB_OVERLAP_DEFAULT, /* allow; @after never overlaps */
	JOB_OVERLAP_ALLOW,
	JOB_OVERLAP_SKIP,
	JOB_OVERLAP_QUEUE,
	JOB_OVERLAP_REPLACE,
};

enum job_catch_up {
	JOB_CATCH_UP_NONE,
	JOB_CATCH_UP_LAST,
	JOB_CATCH_UP_ALL,
};

/* When an interval fires for the first time. */
enum job_first {
	JOB_FIRST_INTERVAL, /* an interval after it was first seen */
	JOB_FIRST_NOW,
};

/* Which ends of a parent count; after-when. */
enum job_after_when {
	JOB_AFTER_SUCCESS,
	JOB_AFTER_FAILURE, /* every other end of a run */
	JOB_AFTER_ALWAYS,
};

/* Of how many parents; after-join. */
enum job_after_join {
	JOB_AFTER_ALL,
	JOB_AFTER_ANY,
};

/* Which output is kept. */
enum job_output {
	JOB_OUTPUT_KEEP,
	JOB_OUTPUT_FAILURE, /* not of a success */
	JOB_OUTPUT_NONE,
};

/* What becomes of a slot whose host was lost. */
enum job_guarantee {
	JOB_AT_MOST_ONCE,
	JOB_AT_LEAST_ONCE,
};

/* When no Redis can be asked. */
enum job_isolated {
	JOB_ISOLATED_WAIT,
	JOB_ISOLATED_SKIP,
	JOB_ISOLATED_RUN,
};

/* What a worker does when the lease of its host has run out. */
enum job_lease_lost {
	JOB_LEASE_LOST_DEFAULT, /* by guarantee and overlap */
	JOB_LEASE_LOST_KEEP,
	JOB_LEASE_LOST_KILL,
};

/* What somebody is told of; bits of notify-on. */
enum job_event {
	JOB_EVENT_START = 1 << 0,
	JOB_EVENT_SUCCESS = 1 << 1,
	JOB_EVENT_FAILURE = 1 << 2,
	JOB_EVENT_RECOVERY = 1 << 3,
	JOB_EVENT_LATE = 1 << 4,
	JOB_EVENT_TOO_LONG = 1 << 5,
	JOB_EVENT_MISSED = 1 << 6,
	JOB_EVENT_LOST = 1 << 7,
	JOB_EVENT_KILLED = 1 << 8,
};

/* "too-long" ... */
const char *job_event_name(enum job_event event);

/* How often a job that keeps failing speaks; else every so many ms. */
#define JOB_REPEAT_CHANGE 0
#define JOB_REPEAT_EVERY  (-1)

/* By what is usual for the job. */
#define JOB_TOO_LONG_AUTO      0
/* Bits of what a job of a crontab is. */
#define JOB_CRON               1U /* environment and mail are as cron's */
#define JOB_CRON_MAIL_FAILURES 2U /* no mail of a success */

/*
 * What many jobs share. Compared and hashed by bytes: only scalars and
 * interned strings, no padding that is not zeroed.
 */
struct job_options {
	const char *shell;       /* "/bin/sh"; "none": split, never a shell */
	const char *timezone;    /* "" the daemon's or system's */
	const char *user;        /* "" the daemon's */
	const char *group;       /* "" the user's own */
	const char *directory;   /* "" the user's home, or / */
	const char *environment; /* "K=V\nK=V", in order; "" none */
	const char *environment_file; /* "" none; "-FILE" may be missing */
	const char *stdin_text;    /* NULL: /dev/null; escapes are resolved */
	const char *start_at;      /* as written; "" none */
	const char *end_at;        /* "" none */
	const char *calendar_name; /* "" none */
	const char *hosts;         /* placement/hosts.h; "any" */
	const char *settings;      /* of its kind: "KEY=VALUE\n..."; "" none */
	const char *after;         /* parents, "A B C", each once; "" none */
	const char *labels;        /* "WORD KEY=VALUE", each once; "" none */
	const char *uses;       /* "NAME:N ...", see job_next_use(); "" none */
	const char *owner;      /* "" nobody said */
	const char *queue;      /* "" none */
	const char *notify;     /* receivers, "A B C"; "" none */
	const char *ping_start; /* URLs; "" none */
	const char *ping_success;
	const char *ping_failure;
	/* what start_at, end_at and calendar_name mean, found out later */
	const struct job_calendar *calendar; /* a reference, NULL none */
	int64_t start_s;                     /* first instant; INT64_MIN none */
	int64_t end_s;              /* first instant after; INT64_MAX none */
	int64_t jitter_ms;          /* 0 none */
	int64_t timeout_ms;         /* 0 none */
	int64_t kill_grace_ms;      /* 10s */
	int64_t retry_delay_ms;     /* 10s */
	int64_t retry_max_ms;       /* 1h */
	int64_t deadline_ms;        /* start-deadline, 60s */
	int64_t notify_repeat_ms;   /* JOB_REPEAT_*, or how often */
	int64_t notify_late_ms;     /* 5m */
	int64_t notify_too_long_ms; /* JOB_TOO_LONG_AUTO, or how long */
	double retry_backoff;       /* 2 */
	uint64_t output_limit;      /* 1M */
	int64_t limit_cpu_ms;       /* 0 none; whole seconds */
	uint64_t limit_memory;      /* bytes; 0 none */
	struct code_set success;    /* 0 */
	struct code_set retry;      /* retry-codes; empty: any failure */
	int32_t kill_signal;        /* TERM */
	int32_t retries;            /* 0 */
	int32_t umask;              /* 022 */
	int32_t nice;               /* 0 */
	int32_t overlap;            /* enum job_overlap */
	int32_t overlap_limit;      /* 0: the usual one; see policy.h */
	int32_t catch_up;           /* enum job_catch_up */
	int32_t catch_up_limit;     /* 100 */
	int32_t enabled;            /* 1 */
	int32_t priority;           /* 0 */
	int32_t limit_files;        /* 0 none */
	int32_t limit_processes;    /* 0 none */
	int32_t ionice;             /* as in struct run_spec; 0: leave it */
	int32_t no_new_privileges;  /* 0 */
	uint16_t notify_on;         /* enum job_event */
	uint8_t dialect;            /* enum schedule_dialect */
	uint8_t day_match;          /* enum schedule_day_match */
	uint8_t dst_gap;            /* enum schedule_gap */
	uint8_t dst_overlap;        /* enum schedule_overlap */
	uint8_t calendar_mode;      /* enum calendar_mode */
	uint8_t first;              /* enum job_first */
	uint8_t after_when;         /* enum job_after_when */
	uint8_t after_join;         /* enum job_after_join */
	uint8_t output;             /* enum job_output */
	uint8_t kind;               /* enum job_kind */
	uint8_t place;              /* enum place */
	uint8_t guarantee;          /* enum job_guarantee */
	uint8_t when_isolated;      /* enum job_isolated */
	uint8_t on_lease_lost;      /* enum job_lease_lost */
	uint8_t cron;               /* JOB_CRON and so on; 0: no crontab's */
	uint8_t row_plugin;         /* of KIND_WATCH: a plugin handles rows */
	uint8_t reserved[6];        /* 0 */
};

/*
 * How a command is executed: by the shell, or directly as words. Which of the
 * two is decided from its text, as make does.
 *
 * 48 bytes and its own strings in one block of its file. What few ask for is
 * behind functions.
 */
struct job_def {
	const char *name;
	/* as written; METHOD URL of KIND_HTTP, statements of KIND_SQL */
	const char *command;
	const struct job_options *options; /* shared, the set's */
	/* nschedules of them, shared, the pool's; borrowed by the set */
	const struct schedule *const *schedules;
	const struct job_source *source;
	uint32_t line;
	uint32_t direct : 1; /* no shell needed; see job_def_words() */
	uint32_t nschedules : 8;
	uint32_t hash : 23; /* of the name; the set's business */
};

#define JOB_SCHEDULES_MAX 255

#define JOB_AFTER_MAX  100    /* parents */
#define JOB_LABEL_MAX  128    /* bytes of one */
#define JOB_NOTIFY_MAX 16     /* receivers */
#define JOB_USES_MAX   8      /* semaphores */
#define JOB_USE_MAX    100000 /* runs that may have one at once */

/* "" none. */
const char *job_def_description(const struct job_def *def);

/* The text of schedule i < nschedules, as written. */
const char *job_def_schedule_text(const struct job_def *def, size_t i);

/* Schedule i with the job's calendar and window; borrows from def. */
void job_def_rule(const struct job_def *def, size_t i, struct rule *rule_r);

/* Whether jobs of that kind may have a program to execute. */
bool job_kind_has_program(enum job_kind kind);

/* Whether a job has one; else a library or a plugin does what it does. */
bool job_has_program(const struct job_options *options);

/* Whether a plugin does it, whose name is the definition's command. */
bool job_has_plugin(const struct job_options *options);

/* The key that makes a job one of that kind: "watch". */
const char *job_kind_name(enum job_kind kind);

/* The name of the key of def->command: "command", "http", "sql". */
const char *job_def_kind_key(const struct job_def *def);

/* The database that it names, borrowed, *len_r bytes; NULL none. */
const char *job_def_database(const struct job_def *def, size_t *len_r);

/*
 * The settings of its kind, defaults among them, as they are: what is secret
 * is in them.
 */
void job_def_each_setting(const struct job_def *def,
    void (*cb)(void *arg, const char *key, const char *value), void *arg);

enum job_source_kind {
	JOB_SOURCE_INI,
	JOB_SOURCE_SYSTEM_CRONTAB, /* its lines name users */
	JOB_SOURCE_USER_CRONTAB,   /* its own name is the user's */
};

/* One job file. */
struct job_source {
	enum job_source_kind kind;
	const char *user; /* of JOB_SOURCE_USER_CRONTAB; NULL: its name is */
	const char *path;
	const char *name; /* its last component */
	bool trusted;     /* root's, and nobody else may write it */
	uint32_t uid;
	struct timespec mtime;
};

struct job_calendars; /* job_calendar.h */

struct job_set; /* all definitions of one directory, and what was wrong */

/* One line for the log, the status and "belfry check". */
struct job_problem {
	bool is_error;    /* false: a hint */
	const char *file; /* or the directory of the job files */
	uint32_t line;    /* 0: the whole file */
	const char *job;  /* "" none */
	const char *text;
};

/* Which crontabs there are; [crontab] of belfry.conf. */
struct job_crontabs {
	const char *files; /* a line each: files, and directories of them */
	const char *spool; /* the users' own; "" none */
};

struct plugin_info; /* kind/plugin.h */

enum job_plugin {
	JOB_PLUGIN_BAD,   /* it cannot be used */
	JOB_PLUGIN_WAIT,  /* nobody knows yet */
	JOB_PLUGIN_KNOWN, /* it is described */
};

struct job_set_options {
	const struct job_defaults *defaults;   /* NULL: the built-in ones */
	const struct job_calendars *calendars; /* NULL: there are none */
	const char *databases; /* "A B C", those there are; NULL: not known */
	const char *receivers; /* "A B C" of notify; NULL: not known */
	const struct job_crontabs *crontabs; /* read, too; NULL: none */
	/* Files of jobs stay as they were; only crontabs are read again. */
	bool crontabs_only;
	const char *queues;       /* the same */
	const char *default_user; /* whose jobs need no root-owned file */
	bool privileged;          /* we are root: check owners and modes */
	/*
	 * We are the daemon, as default_user, and must not wait for a name
	 * service: whom the local files do not know is left to the run.
	 */
	bool local_names;
	bool hints; /* also look for hints (slow) */
	/* So many errors of a file are told, the others counted; 0: 20. */
	size_t errors_max;
	int64_t now; /* seconds; hints look from here */
	/* Is there a job of that name in no file of these? NULL: no. */
	bool (*is_elsewhere)(void *arg, const char *name);
	/*
	 * What a plugin says of itself; err says why it is bad. A file with
	 * jobs whose plugins nobody knows yet stays as it was. NULL: there
	 * are no plugins.
	 */
	enum job_plugin (*plugin)(void *arg, const char *name,
	    const struct plugin_info **info_r, struct err *err);
	void *arg;
};

/*
 * Reads every *.ini of dir, and the crontabs, in order of names. Dot files and what editors and
 * dpkg leave behind are passed over, any other name is a hint, what is no
 * readable text file an error. Never fails as a whole but when dir cannot be
 * read: a bad file or job is a problem and left out, and so is a job whose
 * name is another's already.
 *
 * previous, or NULL: the set that is in force. A file in which anything is
 * wrong keeps the definitions it had there, when it had any; a file that did
 * not change is taken over without being read again.
 *
 * NULL with err when dir cannot be read.
 */
struct job_set *job_set_load(const char *dir, struct schedule_pool *pool,
    const struct job_set_options *options, struct job_set *previous,
    struct err *err);

/* The same for the files named, for "belfry check FILE...". */
struct job_set *job_set_load_files(char *const *files, size_t nfiles,
    struct schedule_pool *pool, const struct job_set_options *options);

/* A crontab that is not, or not yet, a file in its place. */
struct job_crontab {
	const char *path; /* in messages */
	const char *user; /* whose own it is; NULL: one of the system */
	const char *text;
	size_t len;
};

/* The jobs of this crontab alone, and what is wrong with them. */
struct job_set *job_set_load_crontab(const struct job_crontab *crontab,
    struct schedule_pool *pool, const struct job_set_options *options);

/*
 * Sets share what did not change and are counted by reference inside: free
 * the old one after the switch.
 */
void job_set_free(struct job_set *set);

size_t job_set_count(const struct job_set *set);

/* In order of file and line. */
const struct job_def *job_set_at(const struct job_set *set, size_t i);
const struct job_def *job_set_find(const struct job_set *set, const char *name);

/*
 * A hash of the texts of all files, whatever their names, and of what else
 * decides what they mean: hosts with the same one have the same jobs.
 */
uint64_t job_set_digest(const struct job_set *set);

/* How many jobs wait for the description of their plugin. */
size_t job_set_waiting(const struct job_set *set);

size_t job_set_problem_count(const struct job_set *set);
const struct job_problem *job_set_problem(const struct job_set *set, size_t i);

/* True when both mean the same run: all but file, line and schedules. */
bool job_def_equal(const struct job_def *a, const struct job_def *b);

/*
 * The next word of a list such as after or labels: *p is moved behind it.
 * NULL: there is none; else it has *len_r bytes.
 */
const char *job_next_word(const char **p, size_t *len_r);

/* Of a semaphore's name: a job's, and what is put around it (runs/uses.c). */
#define JOB_USE_NAME_MAX (JOB_NAME_MAX + 16)

/*
 * The next of uses: a semaphore's name and how many runs may have it at once.
 * False: there is none. *p is moved behind it.
 */
bool job_next_use(
    const char **p, char name_r[JOB_USE_NAME_MAX + 1], uint32_t *limit_r);

/* Can it be a label? */
bool job_is_label(const char *text);

/*
 * Has the job this label: "WORD", "KEY=VALUE", or "KEY" for any value of it?
 */
bool job_def_has_label(const struct job_def *def, const char *label);

/*
 * The words of a command that needs no shell, or of shell = none: allocated
 * as one block with NULL at the end; the caller frees it. *n_r words.
 */
char **job_def_words(const struct job_def *def, uint32_t *n_r);

/*
 * The keys of a job with their values in force, for "belfry show": *** stands
 * for what is secret.
 */
void job_def_each_key(const struct job_def *def,
    void (*cb)(void *arg, const char *key, const char *value), void *arg);

#endif
