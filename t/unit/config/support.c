#include "support.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"

void
scratch_init(struct scratch *s)
{
	snprintf(s->dir, sizeof(s->dir), "/tmp/belfry-config-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	s->pool = schedule_pool_new(NULL);
}

const char *
scratch_path(const struct scratch *s, const char *name)
{
	static char path[400];

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	return path;
}

void
scratch_fini(struct scratch *s)
{
	DIR *d = opendir(s->dir);
	const struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (unlink(scratch_path(s, e->d_name)) == -1)
			rmdir(scratch_path(s, e->d_name));
	closedir(d);
	assert_int_equal(rmdir(s->dir), 0);
	schedule_pool_free(s->pool);
}

/* Files get their times from a clock of some milliseconds. */
static void
wait_for_tick(const struct stat *st)
{
	struct timespec now;

	do
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
	while (now.tv_sec < st->st_ctim.tv_sec ||
	    (now.tv_sec == st->st_ctim.tv_sec &&
		now.tv_nsec <= st->st_ctim.tv_nsec));
}

void
scratch_write_bytes(
    const struct scratch *s, const char *name, const void *p, size_t n)
{
	const char *path = scratch_path(s, name);
	struct stat st;
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	assert_int_not_equal(fd, -1);
	assert_int_equal(fd_pwrite_all(fd, p, n, 0), 0);
	assert_int_equal(fstat(fd, &st), 0);
	fd_close(&fd);
	wait_for_tick(&st);
}

void
scratch_write(const struct scratch *s, const char *name, const char *text)
{
	scratch_write_bytes(s, name, text, strlen(text));
}

void
scratch_remove(const struct scratch *s, const char *name)
{
	assert_int_equal(unlink(scratch_path(s, name)), 0);
}

struct job_set *
scratch_load(const struct scratch *s, struct job_set *previous)
{
	const struct job_set_options options = {0};
	struct job_set *set;
	struct err err;

	set = job_set_load(s->dir, s->pool, &options, previous, &err);
	if (set == NULL)
		fail_msg("%s", err.text);
	return set;
}

struct job_set *
scratch_text(const struct scratch *s, const char *text)
{
	scratch_write(s, "a.ini", text);
	return scratch_load(s, NULL);
}

const char *
problems_text(
    const struct scratch *s, const struct job_set *set, struct strbuf *b)
{
	size_t skip = strlen(s->dir) + 1;

	strbuf_reset(b);
	for (size_t i = 0; i < job_set_problem_count(set); i++) {
		const struct job_problem *p = job_set_problem(set, i);

		strbuf_addf(b, "%s:%u: ", p->file + skip, p->line);
		if (*p->job != '\0')
			strbuf_addf(b, "job %s: ", p->job);
		strbuf_addf(
		    b, "%s: %s\n", p->is_error ? "error" : "hint", p->text);
	}
	return strbuf_str(b);
}

void
scratch_expect(
    const struct scratch *s, const struct job_set *set, const char *want)
{
	struct strbuf b = STRBUF_INIT, w = STRBUF_INIT;
	const char *dir;

	for (; (dir = strstr(want, "DIR/")) != NULL; want = dir + 3)
		strbuf_addf(&w, "%.*s%s", (int)(dir - want), want, s->dir);
	strbuf_adds(&w, want);
	assert_string_equal(problems_text(s, set, &b), strbuf_str(&w));
	strbuf_fini(&b);
	strbuf_fini(&w);
}
