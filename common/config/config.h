/*
 * belfry.conf: the daemon's settings, complete with defaults, immutable once
 * read. One table in config_setting.c declares every key.
 */
#ifndef BELFRY_CONFIG_CONFIG_H
#define BELFRY_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/log.h"
#include "config/job.h"

/* Of a user that a proxy or a certificate names. */
#define CONFIG_USER_MAX 64

/* So many addresses to listen on at most. */
#define CONFIG_LISTEN_MAX 8

/* So many independent Redis servers at most. */
#define CLUSTER_REDIS_MAX 9

/* Is a claim also held against the store, when all hosts have the same? */
enum cluster_guard {
	CLUSTER_GUARD_OFF,
	CLUSTER_GUARD_BEST_EFFORT,
	CLUSTER_GUARD_STRICT,
};

/* [cluster]; with redis NULL there is no such section. */
struct config_cluster {
	const char *name;          /* of the cluster: belfry */
	const char *redis;         /* URLs, a line each; NULL: no cluster */
	const char *password_file; /* NULL none */
	int64_t heartbeat_ms;      /* 2s */
	int64_t session_ttl_ms;    /* 10s */
	int64_t lock_delay_ms;     /* 3s */
	int64_t rank_delay_ms;     /* 150ms */
	enum cluster_guard guard;
};

struct address;          /* base/address.h */
struct calendar_section; /* job_calendar.h */
struct database_section; /* database.h */
struct queue_section;    /* queue.h */
struct job_defaults;     /* job.h: the keys of [defaults] */
struct notify_section;   /* notify.h */

/* What the unix socket lets others do than root and the daemon's user. */
enum socket_role {
	SOCKET_CRONTAB, /* have their own crontabs */
	SOCKET_VIEWER,
	SOCKET_OPERATOR,
};

enum store_type {
	STORE_SQLITE,
	STORE_POSTGRES,
};

struct config {
	const char *path; /* where the text came from, for messages */

	/* [master] */
	const char *state_dir; /* /var/lib/belfry */
	const char *run_dir;   /* /run/belfry */
	const char *jobs_dir;  /* /etc/belfry/jobs.d */
	const char *user;      /* "" stay who started us */
	const char *group;     /* "" the user's own */
	int64_t max_running;   /* runs at once; 0: what limits allow */
	int64_t launch_rate;   /* launches a second; 0: no limit */
	int64_t shutdown_ms;   /* shutdown-timeout, 3m */
	const char *log;       /* "stderr", "syslog" or a file */
	enum log_level log_level;
	bool log_json;          /* log-format */
	const char *node_name;  /* the host's name */
	const char *plugin_dir; /* LIBDIR/belfry/plugins */
	const char *cgroup;     /* "auto", "off" or a directory */
	const char *tags;       /* separated by one blank; "" none */

	/* [api] */
	const char *socket;           /* RUN-DIR/belfry.sock */
	mode_t socket_mode;           /* 0660 */
	enum socket_role socket_role; /* operator */
	const char
	    *listen; /* addresses (base/address.h), a line each; NULL off */
	const char *tokens;        /* file of token/token.h; NULL none */
	const char *tls_cert;      /* NULL: no TLS */
	const char *tls_key;       /* NULL: no TLS */
	const char *tls_client_ca; /* who vouches for users; NULL nobody */
	const char *proxy;         /* networks, a line each; NULL none */
	const char *proxy_header;  /* where it names its user */
	const char *operators;     /* users, one blank between; "" none */
	const char *admins;        /* the same */

	/* [store] */
	enum store_type store_type;
	const char *store_path;     /* STATE-DIR/belfry.db; of sqlite */
	const char *store_conninfo; /* libpq's, of postgres; may be secret */
	const char *store_password_file; /* NULL none */
	int64_t keep_ms;                 /* 30d; 0: for ever */
	int64_t keep_runs;               /* of a job; 0: any number */
	int64_t keep_failures_ms;        /* 90d; 0: for ever */
	int64_t keep_audit_ms;           /* 365d; 0: for ever */
	int64_t output_limit;            /* bytes of jobs that say none, 1M */

	struct config_cluster cluster;

	/* [crontab] */
	struct job_crontabs crontabs; /* none */
	const char *cron_allow;       /* /etc/cron.allow */
	const char *cron_deny;        /* /etc/cron.deny */
	const char *sendmail;         /* /usr/sbin/sendmail; "" none */
	const char *cron_mail; /* [notify NAME] instead, has smtp; "" none */

	/* [calendar NAME], in their order */
	const struct calendar_section *calendars;
	size_t ncalendars;

	/* [database NAME], in their order */
	const struct database_section *databases;
	size_t ndatabases;
	const char *database_names; /* "A B C"; "" none */

	/* [notify NAME], in their order */
	const struct notify_section *notify;
	size_t nnotify;
	const char *notify_names; /* "A B C"; "" none */
	/* [queue NAME], in their order, and the one that is always there */
	const struct queue_section *queues;
	size_t nqueues;
	const char *queue_names; /* "A B C" */

	/* [defaults]; never NULL */
	const struct job_defaults *defaults;
};

/*
 * Parses the text of a configuration file; path is its name in messages, and
 * relative paths in it are relative to its directory. ${NAME} is replaced from
 * the environment, $${NAME} stands for ${NAME}. NULL with err, "FILE:LINE:
 * what; what would be right", the first of what is wrong.
 */
struct config *
config_parse(const char *path, const char *text, size_t len, struct err *err);

/* Reads a file and parses it. */
struct config *config_load(const char *path, struct err *err);

/*
 * Reads and parses a file and calls problem for everything that is wrong, line
 * 0 for the whole file. NULL when there was anything.
 */
struct config *config_check(const char *path,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg);

/*
 * The socket that a file names, for those who want to speak to the daemon
 * that runs while the file has a mistake: err then has the first, else "". The
 * caller frees it. NULL with err: the file cannot be read, or the mistake is
 * in run-dir.
 */
char *config_find_socket(const char *path, struct err *err);

/*
 * Address number i of those to listen on; false when there are fewer.
 */
bool config_listen_address(
    const struct config *config, unsigned i, struct address *a_r);

/* The default of plugin-dir. */
const char *config_plugin_dir(void);

void config_free(struct config *config);

#endif
