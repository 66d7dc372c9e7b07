/* The functions of belfry-plugin.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "ipc/values.h"

/* How often progress is a line of the output at most. */
#define LOG_MS 1000

#define LINE_SIZE 4096

void
belfry_log(
    struct belfry_run *run, enum belfry_level level, const char *fmt, ...)
{
	static const char *const names[] = {
	    [BELFRY_DEBUG] = "debug",
	    [BELFRY_INFO] = "info",
	    [BELFRY_WARNING] = "warning",
	    [BELFRY_ERROR] = "error",
	};
	char line[LINE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	/* One line is one message, whatever is in it. */
	for (char *p = line; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	if ((unsigned)level > BELFRY_ERROR)
		level = BELFRY_ERROR;
	printf("%s: %s\n", names[level], line);
	fflush(stdout);
}

int
belfry_fail(struct belfry_run *run, const char *fmt, ...)
{
	char text[RUN_REASON_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	inside_tell(run->note, OUTCOME_FAILURE, "%s", text);
	return 1;
}

/* What is not in the table is a mistake of the plugin's author. */
static const struct plugin_value *
value_of(struct belfry_run *run, const char *name)
{
	const struct plugin_param *param = plugin_param_find(&run->info, name);

	if (param != NULL)
		return &run->values[param - run->info.params];
	inside_doing(run->note, "asking for what is no parameter");
	belfry_log(run, BELFRY_ERROR, "plugin %s has no parameter %s",
	    run->info.name, name);
	abort();
}

const char *
belfry_text(struct belfry_run *run, const char *name)
{
	return value_of(run, name)->text;
}

int64_t
belfry_integer(struct belfry_run *run, const char *name)
{
	return value_of(run, name)->integer;
}

double
belfry_number(struct belfry_run *run, const char *name)
{
	return value_of(run, name)->number;
}

const char *
belfry_job(const struct belfry_run *run)
{
	return run->spec->job;
}

const char *
belfry_run_id(const struct belfry_run *run)
{
	return run->spec->id;
}

/* The environment that the master gave the run, not what became of it. */
static const char *
variable(const struct belfry_run *run, const char *name)
{
	size_t n = strlen(name);

	for (uint32_t i = 0; i < run->spec->envc; i++)
		if (strncmp(run->spec->env[i], name, n) == 0 &&
		    run->spec->env[i][n] == '=')
			return run->spec->env[i] + n + 1;
	return "0";
}

int
belfry_attempt(const struct belfry_run *run)
{
	return (int)strtol(variable(run, "BELFRY_ATTEMPT"), NULL, 10);
}

uint64_t
belfry_fence(const struct belfry_run *run)
{
	return strtoull(variable(run, "BELFRY_FENCE"), NULL, 10);
}

int
belfry_cancelled(const struct belfry_run *run)
{
	return run->cancelled != 0;
}

int
belfry_cancel_fd(const struct belfry_run *run)
{
	return run->cancel_fd;
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
belfry_progress(
    struct belfry_run *run, int64_t done, int64_t total, const char *fmt, ...)
{
	struct progress progress = {.done = done, .total = total};
	int64_t now = now_ms();
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(progress.text, sizeof(progress.text), fmt, ap);
	va_end(ap);
	inside_progress(run->note, &progress);
	/* Who reads the output sees it too, but not a thousand times. */
	if (run->logged_ms != 0 && now - run->logged_ms < LOG_MS &&
	    (total == 0 || done < total))
		return;
	run->logged_ms = now;
	if (total > 0)
		belfry_log(run, BELFRY_INFO, "%" PRId64 " of %" PRId64 " %s",
		    done, total, progress.text);
	else
		belfry_log(
		    run, BELFRY_INFO, "%" PRId64 " %s", done, progress.text);
}

int
belfry_result(struct belfry_run *run, const char *name, const char *fmt, ...)
{
	char text[RUN_VALUES_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!plugin_is_param_name(name) || n < 0 || n >= (int)sizeof(text))
		return -1;
	return values_set(run->note->values, name, text) ? 0 : -1;
}
