#include "notify/template.h"

#include <string.h>

#include "base/escape.h"
#include "base/mem.h"
#include "notify/facts.h"

static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";

/* What a message has besides the facts. */
static const char *const others[] = {"subject", "text", "count", "json",
    "receiver", "secret", "dingtalk_time", "dingtalk_sign"};

static const struct {
	const char *word;
	enum notice_escape escape;
} escapes[] = {
    {"url", NOTICE_URL},
    {"json", NOTICE_JSON},
    {"html", NOTICE_HTML},
    {"raw", NOTICE_RAW},
};

/* What stands between "{" and "}". Points into the text. */
struct place {
	const char *name;
	size_t name_len;
	const char *escape; /* NULL: it names none */
	size_t escape_len;
};

/* p is behind "{". Behind "}", or NULL: that is no place of a value. */
static const char *
parse_place(struct place *place, const char *p)
{
	place->name = p;
	place->name_len = strspn(p, letters);
	place->escape = NULL;
	place->escape_len = 0;
	p += place->name_len;
	if (*p == ':' && place->name_len > 0) {
		place->escape = p + 1;
		place->escape_len = strspn(p + 1, letters);
		p += 1 + place->escape_len;
	}
	return place->name_len > 0 && *p == '}' ? p + 1 : NULL;
}

static bool
is_known(const struct place *place)
{
	for (size_t i = 0; i < nitems(others); i++)
		if (strlen(others[i]) == place->name_len &&
		    strncmp(others[i], place->name, place->name_len) == 0)
			return true;
	return fact_is_known(place->name, place->name_len);
}

/* -1: it names none that there is. */
static int
find_escape(const struct place *place)
{
	for (size_t i = 0; i < nitems(escapes); i++)
		if (strlen(escapes[i].word) == place->escape_len &&
		    strncmp(
			escapes[i].word, place->escape, place->escape_len) == 0)
			return (int)escapes[i].escape;
	return -1;
}

static int
check_place(const struct place *place, int column, struct err *err)
{
	if (!is_known(place))
		return err_set(err,
		    "column %d: there is nothing called {%.*s}; write {{%.*s} "
		    "for these characters, or a name that belfry.conf(5) has",
		    column, (int)place->name_len, place->name,
		    (int)place->name_len, place->name);
	if (place->escape != NULL && find_escape(place) == -1)
		return err_set(err,
		    "column %d: a value can be escaped as url, json or html, "
		    "or be raw, not \"%.*s\"",
		    column, (int)place->escape_len, place->escape);
	return 0;
}

int
notice_template_check(const char *text, struct err *err)
{
	struct place place;
	const char *p = text, *end;

	while ((p = strchr(p, '{')) != NULL) {
		if (p[1] == '{') {
			p += 2;
			continue;
		}
		end = parse_place(&place, p + 1);
		if (end != NULL &&
		    check_place(&place, (int)(p - text) + 1, err) == -1)
			return -1;
		p = end != NULL ? end : p + 1;
	}
	return 0;
}

static void
add_html(struct strbuf *b, char c)
{
	switch (c) {
	case '&':
		strbuf_adds(b, "&amp;");
		break;
	case '<':
		strbuf_adds(b, "&lt;");
		break;
	case '>':
		strbuf_adds(b, "&gt;");
		break;
	case '"':
		strbuf_adds(b, "&quot;");
		break;
	case '\'':
		strbuf_adds(b, "&#39;");
		break;
	default:
		strbuf_addch(b, c);
	}
}

static bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static void
add_escaped(struct strbuf *b, char c, enum notice_escape escape)
{
	switch (escape) {
	case NOTICE_RAW:
		strbuf_addch(
		    b, is_control(c) && c != '\n' && c != '\t' ? '?' : c);
		break;
	case NOTICE_URL:
		escape_url(b, &c, 1, "");
		break;
	case NOTICE_JSON:
		escape_json(b, &c, 1);
		break;
	case NOTICE_HTML:
		add_html(b, is_control(c) && c != '\n' && c != '\t' ? '?' : c);
		break;
	case NOTICE_HEADER:
		strbuf_addch(b, is_control(c) ? ' ' : c);
		break;
	case NOTICE_SLACK:
		if (c == '&' || c == '<' || c == '>')
			add_html(b, c);
		else
			escape_json(b, &c, 1);
		break;
	}
}

void
notice_escape(struct strbuf *b, const char *s, enum notice_escape escape)
{
	for (; *s != '\0'; s++)
		add_escaped(b, *s, escape);
}

static void
add_place(struct strbuf *b, const struct place *place, enum notice_escape usual,
    notice_value *value, void *arg)
{
	bool raw = false;
	const char *text = value(arg, place->name, place->name_len, &raw);
	int named = place->escape != NULL ? find_escape(place) : (int)usual;

	if (text == NULL)
		return;
	if (raw && place->escape == NULL)
		strbuf_adds(b, text);
	else
		notice_escape(
		    b, text, named == -1 ? usual : (enum notice_escape)named);
}

void
notice_template_expand(struct strbuf *b, const char *text,
    enum notice_escape usual, notice_value *value, void *arg)
{
	struct place place;
	const char *end;

	while (*text != '\0') {
		if (*text == '{' && text[1] == '{') {
			strbuf_addch(b, '{');
			text += 2;
		} else if (*text == '{' &&
		    (end = parse_place(&place, text + 1)) != NULL) {
			add_place(b, &place, usual, value, arg);
			text = end;
		} else {
			strbuf_addch(b, *text++);
		}
	}
}
