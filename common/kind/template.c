#include "kind/template.h"

#include <string.h>

#include "base/escape.h"
#include "base/mem.h"

static const char name_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz_0123456789";

/* What stands between "${" and "}". Points into the text. */
struct variable {
	const char *name;
	size_t name_len;
	bool escapes; /* it names one */
	enum template_escape escape;
	const char *fallback; /* NULL none */
	size_t fallback_len;
};

static const struct {
	const char *word; /* with the colon */
	enum template_escape escape;
} escapes[] = {
    {":url", TEMPLATE_URL},
    {":json", TEMPLATE_JSON},
    {":raw", TEMPLATE_RAW},
};

static const char *
parse_escape(struct variable *v, const char *p)
{
	for (size_t i = 0; i < nitems(escapes); i++) {
		size_t n = strlen(escapes[i].word);

		if (strncmp(p, escapes[i].word, n) != 0 ||
		    (p[n] != '}' && p[n] != ':'))
			continue;
		v->escapes = true;
		v->escape = escapes[i].escape;
		return p + n;
	}
	return p;
}

/* p is behind "${". Behind "}", or NULL with err. */
static const char *
parse_variable(
    struct variable *v, const char *text, const char *p, struct err *err)
{
	int column = (int)(p - text) - 1;

	memset(v, 0, sizeof(*v));
	v->name = p;
	v->name_len = strspn(p, name_chars);
	p = parse_escape(v, p + v->name_len);
	if (p[0] == ':' && p[1] == '-') {
		v->fallback = p + 2;
		v->fallback_len = strcspn(v->fallback, "}");
		p = v->fallback + v->fallback_len;
	}
	if (v->name_len > 0 && strchr("0123456789", *v->name) == NULL &&
	    *p == '}')
		return p + 1;
	err_set(err,
	    "column %d: write ${NAME} for a variable of the job's "
	    "environment, ${NAME:url}, ${NAME:json} or ${NAME:raw} to escape "
	    "it so, ${NAME:-TEXT} for a text when it is not set, or $${ for "
	    "the characters ${",
	    column);
	return NULL;
}

static const char *
find_value(const struct variable *v, const char *const *env)
{
	for (; *env != NULL; env++)
		if (strncmp(*env, v->name, v->name_len) == 0 &&
		    (*env)[v->name_len] == '=')
			return *env + v->name_len + 1;
	return NULL;
}

static void
add_escaped(
    struct strbuf *b, const char *s, size_t n, enum template_escape escape)
{
	switch (escape) {
	case TEMPLATE_RAW:
		strbuf_add(b, s, n);
		break;
	case TEMPLATE_URL:
		escape_url(b, s, n, "");
		break;
	case TEMPLATE_JSON:
		escape_json(b, s, n);
		break;
	}
}

static int
add_variable(struct strbuf *b, const struct variable *v, const char *const *env,
    enum template_escape usual, struct err *err)
{
	const char *value = find_value(v, env);
	size_t n = value != NULL ? strlen(value) : 0;

	if (n == 0 && v->fallback != NULL) {
		value = v->fallback;
		n = v->fallback_len;
	}
	if (value == NULL)
		return err_set(err,
		    "the variable %.*s is not set; set it, or write "
		    "${%.*s:-TEXT} for a text instead",
		    (int)v->name_len, v->name, (int)v->name_len, v->name);
	add_escaped(b, value, n, v->escapes ? v->escape : usual);
	return 0;
}

/* env NULL: only looks at the form. */
static int
walk(struct strbuf *b, const char *text, const char *const *env,
    enum template_escape usual, struct err *err)
{
	struct variable v;
	const char *p = text;

	while (*p != '\0') {
		if (strncmp(p, "$${", 3) == 0) {
			strbuf_adds(b, "${");
			p += 3;
		} else if (strncmp(p, "${", 2) == 0) {
			p = parse_variable(&v, text, p + 2, err);
			if (p == NULL)
				return -1;
			if (env != NULL &&
			    add_variable(b, &v, env, usual, err) == -1)
				return -1;
		} else {
			strbuf_addch(b, *p++);
		}
	}
	return 0;
}

int
template_check(const char *text, struct err *err)
{
	struct strbuf b = STRBUF_INIT;
	int rc = walk(&b, text, NULL, TEMPLATE_RAW, err);

	strbuf_fini(&b);
	return rc;
}

int
template_expand(struct strbuf *b, const char *text, const char *const *env,
    enum template_escape usual, struct err *err)
{
	return walk(b, text, env, usual, err);
}

bool
template_is_variable(const char *text)
{
	const char *p = text + strspn(text, ESCAPE_URL_PLAIN);
	struct variable v;

	p += strspn(p, " ");
	if (strncmp(p, "${", 2) != 0)
		return false;
	if (p > text && p[-1] != ' ')
		return false;
	p = parse_variable(&v, p, p + 2, NULL);
	return p != NULL && *p == '\0' && v.fallback == NULL;
}
