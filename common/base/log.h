/*
 * The log: one line per event on standard error or to syslog.
 *
 *   2026-03-10T07:00:00.123Z info master: job backup: run 01k3... started
 *
 * or, with LOG_TARGET_JSON, as an object of JSON (log_json.h). Where standard
 * error is systemd's journal, a line begins with its priority (sd-daemon(3)).
 *
 * A message is lowercase, subject first, ids as key=value, strerror last.
 * Control characters in what is logged are escaped, so that no job or client
 * can forge a line.
 */
#ifndef BELFRY_BASE_LOG_H
#define BELFRY_BASE_LOG_H

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

enum log_target {
	LOG_TARGET_STDERR,
	LOG_TARGET_SYSLOG,
	LOG_TARGET_BOTH,     /* a daemon that still has its terminal */
	LOG_TARGET_JSON = 4, /* added to one of these */
};

/*
 * role is kept, not copied: a literal. May be called again to change level or
 * target.
 */
void log_init(const char *role, enum log_level level, enum log_target target);

/* "error", "warn", "info", "debug" -> level; -1 for anything else. */
int log_level_parse(const char *name);
const char *log_level_name(enum log_level level);

/*
 * "stderr", "syslog", "both", and "stderr,json" ... -> target; -1 for anything
 * else. And back.
 */
int log_target_parse(const char *name);
const char *log_target_name(enum log_target target);

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Logs and ends the process with status 1. Only at start-up and for a broken
 * invariant of our own; never because of a peer, a job, a file or a database.
 * fatal() adds strerror(errno).
 */
void
fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
void
fatalx(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
