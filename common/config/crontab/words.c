/* Comments that speak to belfry: "# belfry: overlap=skip timeout=10m". */
#include <string.h>

#include "base/mem.h"
#include "config/crontab/parts.h"
#include "config/quote.h"

#define BLANKS " \t"
#define MARK   "belfry:"

char *
crontab_special(char *line)
{
	char *p = line + strspn(line, BLANKS);

	if (*p != '#')
		return NULL;
	p += 1 + strspn(p + 1, BLANKS);
	if (strncmp(p, MARK, strlen(MARK)) != 0)
		return NULL;
	return p + strlen(MARK);
}

/* What follows the value at p, which ends there now; NULL with err. */
static char *
end_value(char **value, struct err *err)
{
	char *p = *value, *end;

	if (*p != '"' && *p != '\'') {
		end = p + strcspn(p, BLANKS);
		if (*end != '\0')
			*end++ = '\0';
		return end;
	}
	end = strchr(p + 1, *p);
	if (end == NULL || (end[1] != '\0' && strchr(BLANKS, end[1]) == NULL)) {
		err_set(err,
		    end == NULL ? "this quote is not closed: %s" :
				  "a blank is missing behind the quotes: %s",
		    p);
		return NULL;
	}
	*value = p + 1;
	*end = '\0';
	return end + 1;
}

int
crontab_take_words(
    struct crontab_words *words, char *text, uint32_t line, struct err *err)
{
	char *p = text, *key, *value, quoted[QUOTE_SIZE];

	for (p += strspn(p, BLANKS); *p != '\0'; p += strspn(p, BLANKS)) {
		key = p;
		value = p + strcspn(p, "=" BLANKS);
		if (*value != '=' || value == key)
			return err_set(err,
			    "expected KEY=VALUE, not %s; a value with blanks "
			    "stands in quotes",
			    quote(quoted, key));
		*value++ = '\0';
		p = end_value(&value, err);
		if (p == NULL)
			return err_prefix(err, "%s", key);
		array_reserve(&words->items, &words->cap, words->n + 1,
		    sizeof(*words->items));
		words->items[words->n++] =
		    (struct crontab_word){key, value, line};
	}
	return 0;
}
