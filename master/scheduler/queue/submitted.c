/*
 * A job that is in no file: made of a few keys for one run. They are kept in
 * a file beside the run's, JSON, until the run has ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/master.h"
#include "scheduler/queue/queue.h"

#define PAIRS_MAX 8
#define FILE_MAX  ((size_t)1 << 20)

static void
file_name(const char *run, char *buf, size_t size)
{
	snprintf(buf, size, "%s.job", runfile_name(run));
}

static char *
to_text(const struct run_begin *begin, const struct job_pair *pairs, size_t n)
{
	json_t *list = json_array(), *json;
	char *text;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(
		    list, json_pack("[s, s]", pairs[i].key, pairs[i].value));
	json = json_pack("{s:s, s:o}", "run", begin->id, "keys", list);
	text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return text;
}

static int
save(const struct master *m, const struct run_begin *begin,
    const struct job_pair *pairs, size_t n, struct err *err)
{
	char *text = to_text(begin, pairs, n), name[64];
	int fd, rc = -1;

	if (text == NULL)
		return err_set(err, "the command is no text in UTF-8");
	file_name(begin->id, name, sizeof(name));
	fd = openat(m->runs_dir, name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd != -1)
		rc = fd_pwrite_all(fd, text, strlen(text), 0);
	if (rc == -1)
		err_errno(err, "cannot write %s/%s", m->runs_path, name);
	fd_close(&fd);
	free(text);
	return rc;
}

static struct job *
make(struct master *m, const struct run_begin *begin,
    const struct job_pair *pairs, size_t n, struct err *err)
{
	const struct job_def *def =
	    job_single_new(m->config->defaults, begin->job, pairs, n, err);
	struct job *job;

	if (def == NULL)
		return NULL;
	job = jobs_unlisted(m, begin->job);
	job->def = def;
	job->submitted = true;
	queue_of_job(m, job->name)->running++;
	launch_need(m, (enum job_kind)def->options->kind);
	return job;
}

struct job *
submitted_make(struct master *m, const struct run_begin *begin,
    const struct job_pair *pairs, size_t n, struct err *err)
{
	if (save(m, begin, pairs, n, err) == -1)
		return NULL;
	return make(m, begin, pairs, n, err);
}

/* Strings are in json. How many; 0: it is not this run's. */
static size_t
get_pairs(
    const json_t *json, const char *run, struct job_pair pairs_r[PAIRS_MAX])
{
	const char *id = json_string_value(json_object_get(json, "run"));
	const json_t *list = json_object_get(json, "keys"), *pair;
	size_t i, n = 0;

	if (id == NULL || strcmp(id, run) != 0)
		return 0;
	json_array_foreach(list, i, pair)
	{
		const char *key = json_string_value(json_array_get(pair, 0));
		const char *value = json_string_value(json_array_get(pair, 1));

		if (key == NULL || value == NULL || n == PAIRS_MAX)
			return 0;
		pairs_r[n++] = (struct job_pair){key, value};
	}
	return n;
}

struct job *
submitted_load(struct master *m, const struct run_begin *begin)
{
	struct job_pair pairs[PAIRS_MAX];
	struct job *job = NULL;
	char name[64], *text = NULL;
	struct err err = {""};
	json_t *json = NULL;
	size_t len, n = 0;
	int fd;

	file_name(begin->id, name, sizeof(name));
	fd = openat(m->runs_dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd != -1)
		text = fd_read_all(fd, FILE_MAX, &len);
	fd_close(&fd);
	if (text != NULL)
		json = json_loads(text, 0, NULL);
	if (json != NULL)
		n = get_pairs(json, begin->id, pairs);
	if (n > 0)
		job = make(m, begin, pairs, n, &err);
	if (n > 0 && job == NULL)
		log_error("run=%s: %s", begin->id, err.text);
	json_decref(json);
	free(text);
	return job;
}

void
submitted_remove(const struct run *run)
{
	char name[64];

	file_name(run->begin.id, name, sizeof(name));
	unlinkat(run->master->runs_dir, name, 0);
}

void
submitted_free(struct master *m, struct job *job)
{
	struct queue *queue = queue_of_job(m, job->name);

	job_single_free(job->def);
	job->def = NULL;
	queue_left(m, queue);
}
