/* Lines that set a variable: "NAME = VALUE", as cron(8) tells them apart. */
#include <ctype.h>
#include <stdlib.h>
#include <stdlib.h>
#include <string.h>

#include "config/crontab/parts.h"
#include "config/quote.h"

#define DELAY_MAX 1440 /* minutes; cronie's */

static bool
is_space(char c)
{
	return isspace((unsigned char)c);
}

/*
 * The name, quoted or up to a blank or "=". What follows it; NULL: this is no
 * name.
 */
static const char *
take_name(const char *p, struct strbuf *name)
{
	const char *end;

	if (*p == '"' || *p == '\'') {
		end = strchr(p + 1, *p);
		if (end == NULL || memchr(p, '=', (size_t)(end - p)) != NULL)
			return NULL;
		strbuf_add(name, p + 1, (size_t)(end - p - 1));
		return end + 1;
	}
	for (end = p; *end != '\0' && *end != '=' && !is_space(*end); end++)
		;
	strbuf_add(name, p, (size_t)(end - p));
	return end;
}

static void
trim(struct strbuf *value)
{
	while (value->len > 0 && is_space(value->s[value->len - 1]))
		value->s[--value->len] = '\0';
}

/*
 * Blanks at the end go even in quotes, and a second pair of quotes inside the
 * first: so cron's jobs have it, whatever crontab(5) says.
 */
static void
unquote(struct strbuf *value)
{
	char *s = value->s;

	trim(value);
	if (value->len < 2 || (*s != '"' && *s != '\'') ||
	    s[value->len - 1] != *s)
		return;
	s[value->len - 1] = '\0';
	memmove(s, s + 1, value->len - 1);
	value->len -= 2;
}

/* False when it is no value: nothing, or more behind the quotes. */
static bool
take_value(const char *p, struct strbuf *value)
{
	const char *end;

	if (*p == '\0')
		return false;
	strbuf_adds(value, "");
	if (*p != '"' && *p != '\'') {
		strbuf_adds(value, p);
		trim(value);
		return true;
	}
	end = strchr(p + 1, *p);
	if (end == NULL)
		return false;
	strbuf_add(value, p + 1, (size_t)(end - p - 1));
	unquote(value);
	for (end++; is_space(*end); end++)
		;
	return *end == '\0';
}

bool
crontab_is_variable(
    const char *line, struct strbuf *name_r, struct strbuf *value_r)
{
	const char *p;

	strbuf_reset(name_r);
	strbuf_reset(value_r);
	p = take_name(line, name_r);
	if (p == NULL)
		return false;
	while (is_space(*p))
		p++;
	if (*p != '=')
		return false;
	p++;
	while (is_space(*p))
		p++;
	return take_value(p, value_r);
}

const char *
crontab_variable(const char *environment, const char *name, size_t *len_r)
{
	size_t n = strlen(name);

	for (const char *p = environment; *p != '\0';) {
		size_t len = strcspn(p, "\n");

		if (strncmp(p, name, n) == 0 && p[n] == '=') {
			*len_r = len - n - 1;
			return p + n + 1;
		}
		p += len + (p[len] == '\n');
	}
	return NULL;
}

bool
crontab_is_address(const char *text)
{
	static const char others[] = "@!:%-.,_+=/";

	if (!isascii((unsigned char)*text) || !isalnum((unsigned char)*text))
		return false;
	for (const char *p = text; *p != '\0'; p++)
		if (!isascii((unsigned char)*p) ||
		    (!isalnum((unsigned char)*p) && strchr(others, *p) == NULL))
			return false;
	return true;
}

int
crontab_delay(const char *text)
{
	size_t len = strspn(text, "0123456789");
	long minutes = len <= 4 ? strtol(text, NULL, 10) : -1;

	return len > 0 && text[len] == '\0' && minutes <= DELAY_MAX ?
	    (int)minutes :
	    -1;
}

static bool
is_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz_0123456789";

	return *name != '\0' && strchr("0123456789", *name) == NULL &&
	    name[strspn(name, letters)] == '\0';
}

int
crontab_set_variable(struct strbuf *environment, const char *name,
    const char *value, struct err *err)
{
	struct strbuf old = *environment;
	char quoted[QUOTE_SIZE];
	const char *was;
	size_t len = 0;

	if (!is_name(name))
		return err_set(err,
		    "bad name of a variable %s; a name has letters, digits "
		    "and _ and does not begin with a digit",
		    quote(quoted, name));
	if (strncmp(name, "BELFRY_", strlen("BELFRY_")) == 0)
		return err_set(err,
		    "%s: names that begin with BELFRY_ are belfry's own", name);
	was = crontab_variable(strbuf_str(&old), name, &len);
	*environment = (struct strbuf)STRBUF_INIT;
	if (was == NULL) {
		if (old.len > 0)
			strbuf_addf(environment, "%s\n", old.s);
		strbuf_addf(environment, "%s=%s", name, value);
	} else {
		strbuf_add(environment, old.s, (size_t)(was - old.s));
		strbuf_adds(environment, value);
		strbuf_adds(environment, was + len);
	}
	strbuf_fini(&old);
	return 0;
}
