#include "scheduler/runs/params.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "ipc/runfile.h"

static int
check_one(const char *name, const json_t *value, struct err *err)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz_0123456789";
	size_t n = strspn(name, letters);

	if (n == 0 || name[n] != '\0' || strchr("0123456789", *name) != NULL ||
	    n > PARAM_NAME_MAX)
		return err_set(err,
		    "parameter \"%.64s\": a name has letters, digits and _, "
		    "does not begin with a digit and is not longer than %d",
		    name, PARAM_NAME_MAX);
	if (!json_is_string(value))
		return err_set(err, "parameter %s: a string is needed", name);
	if (json_string_length(value) > PARAM_VALUE_MAX)
		return err_set(err, "parameter %s: longer than %d bytes", name,
		    PARAM_VALUE_MAX);
	return 0;
}

int
params_check(const char *text, struct err *err)
{
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *value;
	const char *name;
	int rc = 0;

	if (!json_is_object(json))
		rc = err_set(err, "params: an object is needed");
	else if (strlen(text) > PARAMS_MAX)
		rc = err_set(err, "parameters have %zu bytes; at most %d",
		    strlen(text), PARAMS_MAX);
	json_object_foreach(json, name, value) if (rc == 0) rc =
	    check_one(name, value, err);
	json_decref(json);
	return rc;
}

void
params_each(const char *text,
    void (*cb)(void *arg, const char *name, const char *value), void *arg)
{
	json_t *json = json_loads(text, 0, NULL), *value;
	const char *name;

	json_object_foreach(json, name, value)
	    cb(arg, name, json_string_value(value));
	json_decref(json);
}

/* "1a2.params": beside the run file "1a2". */
static void
file_name(const char *run, char *buf, size_t size)
{
	snprintf(buf, size, "%s.params", runfile_name(run));
}

int
params_save(int dirfd, const char *run, const char *text)
{
	char name[64], *content = xasprintf("%s\n%s", run, text);
	int fd, rc;

	file_name(run, name, sizeof(name));
	fd = openat(dirfd, name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	rc = fd == -1 ? -1 : fd_pwrite_all(fd, content, strlen(content), 0);
	fd_close(&fd);
	free(content);
	return rc;
}

char *
params_load(int dirfd, const char *run)
{
	size_t len, n = strlen(run);
	char name[64], *text, *params = NULL;
	int fd;

	file_name(run, name, sizeof(name));
	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return NULL;
	text = fd_read_all(fd, PARAMS_MAX + 64, &len);
	fd_close(&fd);
	/* The place may be another run's by now. */
	if (text != NULL && strncmp(text, run, n) == 0 && text[n] == '\n' &&
	    params_check(text + n + 1, NULL) == 0)
		params = xstrdup(text + n + 1);
	free(text);
	return params;
}

void
params_remove(int dirfd, const char *run)
{
	char name[64];

	file_name(run, name, sizeof(name));
	unlinkat(dirfd, name, 0);
}
