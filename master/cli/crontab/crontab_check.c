/* Crontabs that are not in their place yet: read and checked. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/crontab/crontab.h"
#include "config/job.h"

#define FILE_MAX (1U << 20)

char *
crontab_read_file(const char *path, size_t *len_r)
{
	bool input = strcmp(path, "-") == 0;
	int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	char *text = NULL;

	if (fd != -1)
		text = fd_read_all(fd, FILE_MAX, len_r);
	if (text == NULL)
		fprintf(stderr, "belfry: %s: %s\n", path, strerror(errno));
	if (!input)
		fd_close(&fd);
	return text;
}

/* Whether another job of that name is there only the daemon knows. */
static bool
is_elsewhere(void *arg, const char *name)
{
	return true;
}

size_t
crontab_tell_errors(const char *file, const char *user, const char *text,
    size_t len, bool hints)
{
	const struct job_set_options options = {
	    .privileged = true,
	    .errors_max = 1000,
	    .hints = hints,
	    .now = time(NULL),
	    .is_elsewhere = is_elsewhere,
	};
	const struct job_crontab crontab = {file, user, text, len};
	struct schedule_pool *pool = schedule_pool_new(NULL);
	struct job_set *set = job_set_load_crontab(&crontab, pool, &options);
	size_t errors = 0;

	for (size_t i = 0; i < job_set_problem_count(set); i++) {
		const struct job_problem *p = job_set_problem(set, i);

		errors += p->is_error;
		if (p->is_error || hints)
			fprintf(stderr, "%s:%u: %s: %s\n", p->file, p->line,
			    p->is_error ? "error" : "hint", p->text);
	}
	job_set_free(set);
	schedule_pool_free(pool);
	return errors;
}
