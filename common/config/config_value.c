#include "config/config_value.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "config/quote.h"

static bool
has_name_letters(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";
	size_t len = strspn(name, letters);

	return len > 0 && len <= CONFIG_NAME_MAX && name[len] == '\0';
}

int
config_check_name(const struct config_name *n, struct err *err)
{
	bool reserved =
	    n->reserved != NULL && strcmp(n->name, n->reserved) == 0;
	char quoted[QUOTE_SIZE];

	if (*n->name == '\0')
		return err_set(err, "a %s without a name; write [%s NAME]",
		    n->kind, n->kind);
	if (!has_name_letters(n->name) || reserved)
		return err_set(err,
		    "bad name of a %s %s; letters, digits, \".\", \"_\" and "
		    "\"-\" are possible, at most %d%s%s",
		    n->kind, quote(quoted, n->name), CONFIG_NAME_MAX,
		    n->reserved != NULL ? ", and not " : "",
		    n->reserved != NULL ? n->reserved : "");
	if (n->first != 0)
		return err_set(err,
		    "[%s %s] is given twice; the first is in line %u", n->kind,
		    n->name, n->first);
	return 0;
}

int
config_find_key(const char *kind, const char *const *keys, size_t stride,
    size_t n, const char *key, struct err *err)
{
	char quoted[QUOTE_SIZE], text[QUOTE_SIZE];
	const char *name;
	struct suggest s;

	suggest_init(&s, key);
	for (size_t i = 0; i < n; i++) {
		memcpy(&name, (const char *)keys + i * stride, sizeof(name));
		if (strcmp(name, key) == 0)
			return (int)i;
		suggest_try(&s, name);
	}
	return err_set(err, "unknown key %s in [%s]%s", quote(quoted, key),
	    kind, suggest_text(text, &s));
}

/* p is behind "${". Behind "}", or NULL with err. */
static const char *
expand_one(struct strbuf *b, const char *value, const char *p, struct err *err)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz_0123456789";
	int column = (int)(p - value) - 1;
	size_t n = strspn(p, letters);
	const char *text;
	char *name;

	if (n == 0 || p[n] != '}') {
		err_set(err,
		    "column %d: write ${NAME} for a variable of the "
		    "environment, or $${ for the characters ${",
		    column);
		return NULL;
	}
	name = xstrndup(p, n);
	text = getenv(name);
	if (text == NULL)
		err_set(err,
		    "column %d: %s is not in the environment; set it, or "
		    "write $${%s} for the characters ${%s}",
		    column, name, name, name);
	else
		strbuf_adds(b, text);
	free(name);
	return text != NULL ? p + n + 1 : NULL;
}

char *
config_expand(const char *value, struct err *err)
{
	struct strbuf b = STRBUF_INIT;
	const char *p = value;

	while (p != NULL && *p != '\0') {
		if (strncmp(p, "$${", 3) == 0) {
			strbuf_adds(&b, "${");
			p += 3;
		} else if (strncmp(p, "${", 2) == 0) {
			p = expand_one(&b, value, p + 2, err);
		} else {
			strbuf_addch(&b, *p++);
		}
	}
	if (p != NULL)
		return strbuf_take(&b);
	strbuf_fini(&b);
	return NULL;
}

/* The length of the directory part, without the slash but of the root. */
static int
directory_length(const char *file)
{
	const char *slash = strrchr(file, '/');

	if (slash == NULL)
		return 0;
	return slash == file ? 1 : (int)(slash - file);
}

char *
config_resolve(const char *file, const char *path)
{
	struct strbuf b = STRBUF_INIT;
	int n = directory_length(file);
	char *cwd;

	while (strncmp(path, "./", 2) == 0)
		path += 2;
	if (*path == '/')
		return xstrdup(path);
	if (*file != '/') {
		cwd = getcwd(NULL, 0);
		strbuf_addf(
		    &b, "%s%s", cwd != NULL ? cwd : "", n > 0 ? "/" : "");
		free(cwd);
	}
	strbuf_add(&b, file, (size_t)n);
	if (strcmp(path, ".") == 0)
		return strbuf_take(&b);
	if (b.len == 0 || b.s[b.len - 1] != '/')
		strbuf_addch(&b, '/');
	strbuf_adds(&b, path);
	return strbuf_take(&b);
}
