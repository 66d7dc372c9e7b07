#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/log_json.h"
#include "base/mem.h"

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const char *const target_names[] = {
    [LOG_TARGET_STDERR] = "stderr",
    [LOG_TARGET_SYSLOG] = "syslog",
    [LOG_TARGET_BOTH] = "both",
    [LOG_TARGET_STDERR | LOG_TARGET_JSON] = "stderr,json",
    [LOG_TARGET_SYSLOG | LOG_TARGET_JSON] = "syslog,json",
    [LOG_TARGET_BOTH | LOG_TARGET_JSON] = "both,json",
};
static const int level_priorities[] = {
    LOG_ERR,
    LOG_WARNING,
    LOG_INFO,
    LOG_DEBUG,
};

static const char *log_role = "belfry";
static enum log_level log_max = LOG_LEVEL_INFO;
static enum log_target log_target = LOG_TARGET_STDERR;
static bool log_is_json;
static bool log_is_journal; /* standard error is */

/* JOURNAL_STREAM is "DEVICE:INODE" of the stream; see systemd.exec(5). */
static bool
is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream != NULL &&
	    sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	    fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device &&
	    st.st_ino == inode;
}

void
log_init(const char *role, enum log_level level, enum log_target target)
{
	log_role = role;
	log_max = level;
	log_is_json = (target & LOG_TARGET_JSON) != 0;
	log_is_journal = is_journal();
	log_target = target & ~(unsigned)LOG_TARGET_JSON;
	if (log_target != LOG_TARGET_STDERR)
		openlog("belfryd", LOG_PID | LOG_NDELAY, LOG_CRON);
}

int
log_level_parse(const char *name)
{
	for (size_t i = 0; i < nitems(level_names); i++)
		if (strcmp(name, level_names[i]) == 0)
			return (int)i;
	return -1;
}

int
log_target_parse(const char *name)
{
	for (size_t i = 0; i < nitems(target_names); i++)
		if (target_names[i] != NULL &&
		    strcmp(name, target_names[i]) == 0)
			return (int)i;
	return -1;
}

const char *
log_target_name(enum log_target target)
{
	return target_names[target];
}

const char *
log_level_name(enum log_level level)
{
	return level_names[level];
}

/* Copies src so that one event stays one line; cuts what does not fit. */
static void
escape(char *dst, size_t size, const char *src)
{
	size_t n = 0;

	for (; *src != '\0' && n + 5 < size; src++) {
		unsigned char c = (unsigned char)*src;

		if (c >= 0x20 && c != 0x7f)
			dst[n++] = *src;
		else
			n += (size_t)snprintf(dst + n, size - n, "\\x%02x", c);
	}
	dst[n] = '\0';
}

/* "2026-03-10T07:00:00.123Z" */
static void
write_time(char *buf, size_t size)
{
	struct timespec now;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(buf, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, size - n, ".%03ldZ", now.tv_nsec / 1000000);
}

/* A line as it goes to standard error, without its end; the length. */
static size_t
format_line(char *line, size_t size, enum log_level level, const char *raw)
{
	char when[40], text[3584];
	struct log_json json = {.time = when,
	    .level = level_names[level],
	    .process = log_role,
	    .pid = (int)getpid(),
	    .message = raw};
	int n;

	write_time(when, sizeof(when));
	if (log_is_json)
		return log_json_line(line, size, &json);
	escape(text, sizeof(text), raw);
	n = snprintf(line, size, "%s %s %s[%d]: %s", when, level_names[level],
	    log_role, json.pid, text);
	return (size_t)n < size ? (size_t)n : size - 1;
}

static void
write_line(enum log_level level, const char *raw)
{
	char line[4096];
	size_t n = 0;

	if (log_is_journal)
		n = (size_t)snprintf(
		    line, sizeof(line), "<%d>", level_priorities[level]);
	n += format_line(line + n, sizeof(line) - n - 1, level, raw);
	line[n++] = '\n';
	/* One write a line: lines of several processes do not mix. */
	if (write(STDERR_FILENO, line, n) == -1)
		return;
}

/* It says the time, the level and the process by itself. */
static void
write_syslog(enum log_level level, const char *raw)
{
	char text[4096];

	if (log_is_json) {
		format_line(text, sizeof(text), level, raw);
		syslog(level_priorities[level], "%s", text);
		return;
	}
	escape(text, sizeof(text), raw);
	syslog(level_priorities[level], "%s: %s", log_role, text);
}

static void __attribute__((format(printf, 2, 0)))
vlog(enum log_level level, const char *fmt, va_list ap)
{
	char raw[3072];
	int saved = errno;

	if (level > log_max)
		return;
	vsnprintf(raw, sizeof(raw), fmt, ap);
	if (log_target != LOG_TARGET_STDERR)
		write_syslog(level, raw);
	if (log_target != LOG_TARGET_SYSLOG)
		write_line(level, raw);
	errno = saved;
}

#define LOG_FUNCTION(name, level)                                              \
	void name(const char *fmt, ...)                                        \
	{                                                                      \
		va_list ap;                                                    \
                                                                               \
		va_start(ap, fmt);                                             \
		vlog(level, fmt, ap);                                          \
		va_end(ap);                                                    \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)

void
fatal(const char *fmt, ...)
{
	char text[2048];
	int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_error("%s: %s", text, strerror(saved));
	exit(1);
}

void
fatalx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_LEVEL_ERROR, fmt, ap);
	va_end(ap);
	exit(1);
}
