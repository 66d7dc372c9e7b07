#include "kinds/sql/bind.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"

#define PARAM "BELFRY_PARAM_"

/* Of a variable that is there twice the later one counts. */
static const char *
find_variable(const char *name)
{
	const char *found = NULL;
	size_t n = strlen(name);

	for (char **env = environ; *env != NULL; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			found = *env + n + 1;
	return found;
}

static const char *
find_own(const char *name)
{
	struct strbuf upper = STRBUF_INIT;
	const char *found;

	if (strncmp(name, "belfry_", 7) != 0)
		return NULL;
	for (const char *p = name; *p != '\0'; p++)
		strbuf_addch(&upper, (char)toupper((unsigned char)*p));
	found = find_variable(strbuf_str(&upper));
	strbuf_fini(&upper);
	return found;
}

static const char *
find_in_run(const char *name)
{
	struct strbuf param = STRBUF_INIT;
	const char *found;

	strbuf_addf(&param, "%s%s", PARAM, name);
	found = find_variable(strbuf_str(&param));
	strbuf_fini(&param);
	if (found == NULL)
		found = find_variable(name);
	return found != NULL ? found : find_own(name);
}

/* True when the row has such a column; its value may be NULL. */
static bool
find_in_row(
    const PGresult *result, int row, const char *name, const char **value_r)
{
	for (int i = 0; result != NULL && i < PQnfields(result); i++) {
		if (strcmp(PQfname(result, i), name) != 0)
			continue;
		*value_r = PQgetisnull(result, row, i) ?
		    NULL :
		    PQgetvalue(result, row, i);
		return true;
	}
	return false;
}

int
bind_statement(struct bind *bind, const struct sql_statement *statement,
    const PGresult *result, int row, struct err *err)
{
	bind->n = 0;
	for (size_t i = 0; i < statement->nnames; i++) {
		const char *name = statement->names[i], *value = NULL;

		if (!find_in_row(result, row, name, &value)) {
			value = find_in_run(name);
			if (value == NULL)
				return err_set(err,
				    "there is no value for :%s: it is %sno "
				    "parameter of the run (belfry run JOB "
				    "--param %s=VALUE) and no variable of its "
				    "environment",
				    name, result != NULL ? "no column, " : "",
				    name);
		}
		bind->values[bind->n++] = value;
	}
	return 0;
}
