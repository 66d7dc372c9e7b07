#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const int level_priorities[] = {
    LOG_ERR,
    LOG_WARNING,
    LOG_INFO,
    LOG_DEBUG,
};

static const char *log_role = "belfry";
static enum log_level log_max = LOG_LEVEL_INFO;
static enum log_target log_target = LOG_TARGET_STDERR;

void
log_init(const char *role, enum log_level level, enum log_target target)
{
	log_role = role;
	log_max = level;
	log_target = target;
	if (target != LOG_TARGET_STDERR)
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
	static const char *const names[] = {"stderr", "syslog", "both"};

	for (size_t i = 0; i < nitems(names); i++)
		if (strcmp(name, names[i]) == 0)
			return (int)i;
	return -1;
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

static void
write_line(enum log_level level, const char *text)
{
	char line[4096];
	struct timespec now;
	struct tm tm;
	size_t n;
	int len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%S", &tm);
	len = snprintf(line + n, sizeof(line) - n, ".%03ldZ %s %s[%d]: %s\n",
	    now.tv_nsec / 1000000, level_names[level], log_role, (int)getpid(),
	    text);
	n += (size_t)len;
	if (n >= sizeof(line)) {
		n = sizeof(line) - 1;
		line[n - 1] = '\n';
	}
	/* One write a line: lines of several processes do not mix. */
	if (write(STDERR_FILENO, line, n) == -1)
		return;
}

static void __attribute__((format(printf, 2, 0)))
vlog(enum log_level level, const char *fmt, va_list ap)
{
	char raw[3072], text[3584];
	int saved = errno;

	if (level > log_max)
		return;
	vsnprintf(raw, sizeof(raw), fmt, ap);
	escape(text, sizeof(text), raw);
	if (log_target != LOG_TARGET_STDERR)
		syslog(level_priorities[level], "%s: %s", log_role, text);
	if (log_target != LOG_TARGET_SYSLOG)
		write_line(level, text);
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
