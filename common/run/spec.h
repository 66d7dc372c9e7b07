/*
 * All that a worker must know of one run. The master fills it; launcher and
 * worker look at nothing else, so that they need no configuration, no clock
 * zone and no user database.
 */
#ifndef BELFRY_RUN_SPEC_H
#define BELFRY_RUN_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/wire.h"
#include "run/outcome.h"

#define RUN_ID_SIZE     21 /* 20 characters and NUL */
#define JOB_NAME_MAX    128
#define SPEC_GROUPS_MAX 256

/*
 * "belfry-worker WORKER_FOREGROUND FD" runs the struct run_spec in the memfd
 * FD in the foreground; see worker/foreground.h.
 */
#define WORKER_FOREGROUND "foreground"

/*
 * And of belfry-worker-lib that describes a plugin: its name, its path, and
 * perhaps as which user and group, as numbers. Standard output gets what
 * PLUGIN_DESCRIBED has.
 */
#define WORKER_DESCRIBE "describe"

/* What a job is. On the wire: numbers are never given out again. */
enum job_kind {
	KIND_COMMAND = 0,
	KIND_HTTP = 1,
	KIND_SQL = 2,
	KIND_PLUGIN = 3,
	KIND_WATCH = 4,
	KIND_COUNT = 5,
};

/*
 * Settings of kinds with a database besides what the job says: how it is
 * reached, and the file of the password, which may be missing.
 */
#define SPEC_CONNINFO      "database-conninfo"
#define SPEC_PASSWORD_FILE "database-password-file"

/* Of a plugin's run in a cluster: its name, URLs of Redis, a line each. */
#define SPEC_CLUSTER        "cluster-name"
#define SPEC_REDIS          "cluster-redis"
#define SPEC_REDIS_PASSWORD "cluster-password-file"

/* One bit an exit code. */
struct code_set {
	uint32_t bits[8];
};

static inline bool
code_set_has(const struct code_set *set, int code)
{
	return code >= 0 && code < 256 &&
	    (set->bits[code / 32] >> (code % 32) & 1) != 0;
}

static inline void
code_set_add(struct code_set *set, int code)
{
	set->bits[code / 32] |= 1U << (code % 32);
}

/* What a job may use; 0: no limit. */
struct run_limits {
	int64_t cpu_ms;     /* of each process; whole seconds */
	uint64_t memory;    /* bytes */
	uint32_t files;     /* descriptors of each process */
	uint32_t processes; /* at once */
};

/* Classes of ioprio_set(2), for which libc has no header. */
enum ionice_class {
	IONICE_REALTIME = 1,
	IONICE_BEST_EFFORT = 2,
	IONICE_IDLE = 3,
};

#define IONICE(class, level) ((class) << 13 | (level))

static inline int
ionice_class(int32_t ionice)
{
	return ionice >> 13;
}

static inline int
ionice_level(int32_t ionice)
{
	return ionice & 7;
}

/* Strings are borrowed: from the job, or after decoding from the message. */
struct run_spec {
	const char *id;
	const char *job;
	enum job_kind kind;
	/*
	 * What kinds without a program do: settingc "KEY=VALUE" and NULL, keys
	 * and values as in a job file, defaults among them.
	 */
	const char **settings;
	uint32_t settingc;
	/*
	 * What to execute, when the kind has a program. The first word is looked up in the run's own PATH
	 * if it has no slash. A file without a magic number goes to shell.
	 */
	const char **argv; /* argc words and NULL */
	uint32_t argc;
	const char *shell;
	const char **env; /* envc "K=V" and NULL; the whole environment */
	uint32_t envc;
	const char *environment_file; /* "" none; "-FILE": may be missing */
	const char *directory;        /* "" stay in / */
	bool set_ids;                 /* change to uid, gid and groups */
	bool trusted; /* root wrote the job: open environment_file as root */
	uint32_t uid;
	uint32_t gid;
	uint32_t *groups;
	uint32_t ngroups;
	int32_t umask; /* -1: leave it */
	int32_t nice;
	const void *stdin_data; /* NULL: /dev/null */
	size_t stdin_len;
	int64_t timeout_ms; /* 0 none */
	int32_t kill_signal;
	int64_t kill_grace_ms;
	struct code_set success;
	/* Why it cannot start, found by the master; "" it can. */
	const char *refusal;
	struct run_limits limits;
	uint32_t ionice; /* class and level as ioprio_set(2); 0: leave it */
	bool no_new_privileges;
	/*
	 * Of a cluster: it must not start without this lease (lease.h), and
	 * is ended when that runs out if lease_kill is set. 0: none is needed.
	 */
	uint64_t lease_epoch;
	bool lease_kill;
	int64_t lease_grace_ms; /* from kill-signal to KILL then */
	/*
	 * Of a crontab: who mails its output, as words of a command with a
	 * path in front, and what stands before the output.
	 */
	const char **mail; /* mailc words and NULL */
	uint32_t mailc;    /* 0: nobody */
	const char *mail_head;
	bool mail_failures; /* of a success no mail is sent */
	/*
	 * mail is a directory, a user's and a group's number instead: the mail
	 * becomes a file there, called like the run, which the master sends.
	 */
	bool mail_kept;
};

void run_spec_encode(const struct run_spec *spec, struct wire_writer *w);

/*
 * 0, or -1 when malformed. Strings point into the reader's bytes; the arrays
 * are allocated: run_spec_fini() frees them, also after -1.
 */
int run_spec_decode(struct run_spec *spec, struct wire_reader *r);

/* The value of a setting, borrowed; NULL: it is not there. */
const char *run_spec_setting(const struct run_spec *spec, const char *key);

void run_spec_fini(struct run_spec *spec);

#endif
