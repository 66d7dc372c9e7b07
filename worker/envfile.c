#include "envfile.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_name_start(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static char *
skip_blanks(char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

/* After a name that may be the word export: the name behind it. */
static char *
skip_export(char *p)
{
	if (strncmp(p, "export", 6) == 0 && is_blank(p[6]))
		return skip_blanks(p + 6);
	return p;
}

/* Takes the quotes off value, in place; what follows them must be blank. */
static int
unquote(char *value, struct err *err)
{
	char quote = *value, *from = value + 1, *to = value;

	while (*from != '\0' && *from != quote) {
		if (quote == '"' && *from == '\\' && from[1] != '\0' &&
		    strchr("\"\\$`", from[1]) != NULL)
			from++;
		*to++ = *from++;
	}
	if (*from != quote)
		return err_set(err, "the closing %c is missing", quote);
	if (*skip_blanks(from + 1) != '\0')
		return err_set(
		    err, "there is text behind the closing %c", quote);
	*to = '\0';
	return 0;
}

static void
trim_end(char *line)
{
	size_t n = strlen(line);

	while (n > 0 && is_blank(line[n - 1]))
		n--;
	line[n] = '\0';
}

/* One line; *var_r is NULL when it holds nothing. */
static int
parse_line(char *line, char **var_r, struct err *err)
{
	char *name, *p, *value;

	*var_r = NULL;
	line = skip_blanks(line);
	if (*line == '\0' || *line == '#' || *line == ';')
		return 0;
	name = skip_export(line);
	for (p = name; is_name_start(*p) || (*p >= '0' && *p <= '9'); p++)
		;
	if (!is_name_start(*name) || *p != '=')
		return err_set(err, "expected NAME=VALUE");
	value = skip_blanks(p + 1);
	if (*value == '"' || *value == '\'') {
		if (unquote(value, err) == -1)
			return -1;
	} else {
		trim_end(value);
	}
	memmove(p + 1, value, strlen(value) + 1);
	*var_r = name;
	return 0;
}

int
envfile_parse(struct envfile *file, char *text, size_t len, struct err *err)
{
	char *line = text, *end = text + len, *stop, *var;
	size_t cap = 0;

	file->vars = NULL;
	file->n = 0;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		line += 3; /* a byte order mark */
	for (int number = 1; line < end; number++, line = stop + 1) {
		stop = memchr(line, '\n', (size_t)(end - line));
		if (stop == NULL)
			stop = end;
		if (memchr(line, '\0', (size_t)(stop - line)) != NULL)
			return err_set(
			    err, "line %d: it has a NUL byte", number);
		*stop = '\0';
		if (stop > line && stop[-1] == '\r')
			stop[-1] = '\0';
		if (parse_line(line, &var, err) == -1)
			return err_prefix(err, "line %d", number);
		if (var == NULL)
			continue;
		if (file->n == ENVFILE_VARS_MAX)
			return err_set(err, "line %d: more than %d variables",
			    number, ENVFILE_VARS_MAX);
		array_reserve(
		    &file->vars, &cap, file->n + 1, sizeof(*file->vars));
		file->vars[file->n++] = var;
	}
	return 0;
}

void
envfile_fini(struct envfile *file)
{
	free(file->vars);
	file->vars = NULL;
	file->n = 0;
}

/* Where a variable of var's name stands in env, or n. */
static size_t
find_var(const char **env, size_t n, const char *var)
{
	size_t len = strcspn(var, "=") + 1, i;

	for (i = 0; i < n; i++)
		if (strncmp(env[i], var, len) == 0)
			break;
	return i;
}

const char **
envfile_merge(const char *const *base, size_t n, const struct envfile *file)
{
	const char **env = xcalloc(n + file->n + 1, sizeof(*env));
	size_t at;

	if (n > 0)
		memcpy(env, base, n * sizeof(*env));
	for (size_t i = 0; i < file->n; i++) {
		at = find_var(env, n, file->vars[i]);
		env[at] = file->vars[i];
		if (at == n)
			n++;
	}
	return env;
}
