/* The http kind: a request instead of a program. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "job_input.h"
#include "kinds/inside.h"
#include "kinds/kind.h"
#include "transfer.h"
#include "worker.h"

#define PASSWORD_MAX 65536

struct http_job {
	const struct run_spec *spec; /* borrowed */
	const char **env;            /* borrowed */
	char *password;              /* owned; NULL: in no file */
	size_t password_len;
};

/* The first line. Others than its owner must not be able to read it. */
static int
read_password(struct http_job *job, const char *path, struct err *err)
{
	struct stat st;
	size_t len;

	job->password =
	    job_input_read(job->spec, path, PASSWORD_MAX, &st, &len);
	if (job->password == NULL && errno == EINVAL)
		return err_set(
		    err, "http-password-file: %s is not a regular file", path);
	if (job->password == NULL)
		return err_errno(
		    err, "http-password-file: cannot read %s", path);
	job->password_len = len;
	if ((st.st_mode & 077) != 0)
		return err_set(err,
		    "http-password-file: others than its owner may use %s; "
		    "chmod 600",
		    path);
	if (strlen(job->password) != len)
		return err_set(
		    err, "http-password-file: %s has a NUL byte", path);
	job->password[strcspn(job->password, "\r\n")] = '\0';
	if (job->password[0] == '\0')
		return err_set(err, "http-password-file: %s is empty", path);
	return 0;
}

static int
run_http(void *arg, struct inside_note *note)
{
	const struct http_job *job = arg;
	struct http_request req;
	struct err err;

	if (http_request_make(&req, job->spec, job->env, job->password, &err) ==
	    -1) {
		inside_tell(note, OUTCOME_LAUNCH_FAILED, "%s", err.text);
		return 1;
	}
	return http_transfer(&req, note);
}

static pid_t
start_http(struct worker *w, struct err *err)
{
	struct http_job job = {.spec = &w->spec, .env = w->start.env};
	const char *path = run_spec_setting(&w->spec, "http-password-file");
	pid_t pid = -1;

	if (path == NULL || read_password(&job, path, err) == 0)
		pid = inside_start(w, run_http, &job, err);
	if (job.password != NULL)
		explicit_bzero(job.password, job.password_len);
	free(job.password);
	return pid;
}

const struct kind kind_http = {start_http, inside_finish};
