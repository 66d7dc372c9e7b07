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
#include "base/strbuf.h"
#include "run/runfile.h"

/* Both of a run, its id and what is between. */
#define FILE_MAX (PARAMS_MAX + 65536)

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
		    "which stands for \"-\", too; it does not begin with a digit and is not longer than %d",
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

static const char *
text_of(const json_t *parent, const char *key)
{
	const char *text = json_string_value(json_object_get(parent, key));

	return text != NULL ? text : "";
}

/* "" when it has none. */
static const char *
exit_code_of(const json_t *parent, char *buf, size_t size)
{
	const json_t *code = json_object_get(parent, "exit_code");

	buf[0] = '\0';
	if (json_is_integer(code))
		snprintf(buf, size, "%d", (int)json_integer_value(code));
	return buf;
}

/* Of the same name that of the parent which began the run counts, or the first. */
static void
add_results(json_t *all, const json_t *parent, bool began)
{
	json_t *results = json_object_get(parent, "results");

	if (json_is_object(results) && began)
		json_object_update(all, results);
	else if (json_is_object(results))
		json_object_update_missing(all, results);
}

/* A name has "_" for all that a variable's cannot have. */
static void
tell_results(json_t *results,
    void (*cb)(void *arg, const char *name, const char *value), void *arg)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz_0123456789";
	const char *name;
	json_t *value;
	char *variable, *p;

	json_object_foreach(results, name, value)
	{
		if (!json_is_string(value))
			continue;
		variable = xasprintf("BELFRY_RESULT_%s", name);
		for (p = variable; *(p += strspn(p, letters)) != '\0';)
			*p = '_';
		cb(arg, variable, json_string_value(value));
		free(variable);
	}
}

void
params_each_parent(const char *parents, const char *began,
    void (*cb)(void *arg, const char *name, const char *value), void *arg)
{
	json_t *list = json_loads(parents, 0, NULL), *parent;
	json_t *results = json_object();
	struct strbuf lines = STRBUF_INIT;
	char code[16];
	size_t i;

	json_array_foreach(list, i, parent)
	{
		exit_code_of(parent, code, sizeof(code));
		strbuf_addf(&lines, "%s%s %s %s %s", i > 0 ? "\n" : "",
		    text_of(parent, "job"), text_of(parent, "run"),
		    text_of(parent, "outcome"), code[0] != '\0' ? code : "-");
		add_results(results, parent, false);
		if (strcmp(text_of(parent, "run"), began) != 0)
			continue;
		add_results(results, parent, true);
		cb(arg, "BELFRY_PARENT_JOB", text_of(parent, "job"));
		cb(arg, "BELFRY_PARENT_RUN_ID", began);
		cb(arg, "BELFRY_PARENT_OUTCOME", text_of(parent, "outcome"));
		cb(arg, "BELFRY_PARENT_EXIT_CODE", code);
	}
	cb(arg, "BELFRY_PARENTS", strbuf_str(&lines));
	tell_results(results, cb, arg);
	json_decref(results);
	strbuf_fini(&lines);
	json_decref(list);
}

/* "1a2.params": beside the run file "1a2". */
static void
file_name(const char *run, char *buf, size_t size)
{
	snprintf(buf, size, "%s.params", runfile_name(run));
}

/* "ID[ PARENTS]\nPARAMS" */
int
params_save(int dirfd, const char *run, const char *params, const char *parents)
{
	char name[64], *content;
	int fd, rc;

	if (params == NULL && parents == NULL)
		return 0;
	content = xasprintf("%s%s%s\n%s", run, parents != NULL ? " " : "",
	    parents != NULL ? parents : "", params != NULL ? params : "");
	file_name(run, name, sizeof(name));
	fd = openat(dirfd, name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	rc = fd == -1 ? -1 : fd_pwrite_all(fd, content, strlen(content), 0);
	fd_close(&fd);
	free(content);
	return rc;
}

/* The place may be another run's by now. */
static bool
parse_file(char *text, const char *run, char **params_r, char **parents_r)
{
	size_t n = strlen(run);
	char *line = strchr(text, '\n');

	if (line == NULL || strncmp(text, run, n) != 0 ||
	    (text[n] != '\n' && text[n] != ' '))
		return false;
	*line++ = '\0';
	if (*line != '\0' && params_check(line, NULL) == -1)
		return false;
	if (*line != '\0')
		*params_r = xstrdup(line);
	if (text[n] == ' ')
		*parents_r = xstrdup(text + n + 1);
	return true;
}

bool
params_load(int dirfd, const char *run, char **params_r, char **parents_r)
{
	bool found = false;
	char name[64], *text;
	size_t len;
	int fd;

	*params_r = *parents_r = NULL;
	file_name(run, name, sizeof(name));
	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return false;
	text = fd_read_all(fd, FILE_MAX, &len);
	fd_close(&fd);
	if (text != NULL)
		found = parse_file(text, run, params_r, parents_r);
	free(text);
	return found;
}

void
params_remove(int dirfd, const char *run)
{
	char name[64];

	file_name(run, name, sizeof(name));
	unlinkat(dirfd, name, 0);
}
