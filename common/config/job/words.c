/* Values that are lists of words: kept with one blank between two. */
#include "config/job/draft.h"

#include <stdlib.h>
#include <string.h>

#include "config/quote.h"

#define BLANKS " \t,"

static bool
is_all_of(const char *text, size_t len, const char *others)
{
	for (size_t i = 0; i < len; i++)
		if (!(text[i] >= 'A' && text[i] <= 'Z') &&
		    !(text[i] >= 'a' && text[i] <= 'z') &&
		    !(text[i] >= '0' && text[i] <= '9') &&
		    strchr(others, text[i]) == NULL)
			return false;
	return true;
}

bool
job_is_name(const char *name, size_t len)
{
	return len > 0 && len <= JOB_NAME_MAX && is_all_of(name, len, "._-");
}

static bool
has_word(const struct strbuf *b, const char *word, size_t len)
{
	const char *p = strbuf_str(b), *other;
	size_t n;

	while ((other = job_next_word(&p, &n)) != NULL)
		if (n == len && memcmp(other, word, n) == 0)
			return true;
	return false;
}

int
job_words_take(struct strbuf *b, const char *value, size_t max,
    int (*check)(const char *word, size_t len, struct err *err),
    struct err *err)
{
	const char *p = value + strspn(value, BLANKS);
	size_t len, n = 0;

	strbuf_reset(b);
	for (; *p != '\0'; p += len + strspn(p + len, BLANKS)) {
		len = strcspn(p, BLANKS);
		if (check(p, len, err) == -1)
			return err_prefix(
			    err, "column %d", (int)(p - value) + 1);
		if (has_word(b, p, len))
			return err_set(err,
			    "column %d: \"%.*s\" is there twice",
			    (int)(p - value) + 1, (int)len, p);
		if (++n > max)
			return err_set(err, "at most %zu are possible", max);
		if (b->len > 0)
			strbuf_addch(b, ' ');
		strbuf_add(b, p, len);
	}
	return n > 0 ? 0 : err_set(err, "a value is missing");
}

static void
print_words(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	const char *const *field = job_key_value(key, def->options);

	strbuf_adds(b, *field);
}

static int
check_parent(const char *word, size_t len, struct err *err)
{
	if (job_is_name(word, len))
		return 0;
	return err_set(err,
	    "this is no name of a job; write after = JOB, or several with "
	    "blanks between them");
}

static int
parse_after(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	draft->options.after = "";
	if (strcmp(value, "none") == 0)
		return 0;
	if (job_words_take(
		&draft->after, value, JOB_AFTER_MAX, check_parent, err) == -1)
		return -1;
	draft->options.after = strbuf_str(&draft->after);
	return 0;
}

const struct job_type job_type_after = {false, parse_after, print_words};

static int
check_label(const char *word, size_t len, struct err *err)
{
	const char *equals = memchr(word, '=', len);
	size_t name = equals != NULL ? (size_t)(equals - word) : len;

	if (len > JOB_LABEL_MAX)
		return err_set(
		    err, "a label has at most %d bytes", JOB_LABEL_MAX);
	if (name > 0 && is_all_of(word, name, "._-/") &&
	    (equals == NULL ||
		is_all_of(equals + 1, len - name - 1, "._-/:@+")))
		return 0;
	return err_set(err,
	    "write labels like nightly or team=data, of letters, digits and "
	    "._-/, with blanks between them");
}

bool
job_is_label(const char *text)
{
	return check_label(text, strlen(text), NULL) == 0;
}

static int
parse_labels(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	draft->options.labels = "";
	if (strcmp(value, "none") == 0)
		return 0;
	if (job_words_take(&draft->labels, value, 64, check_label, err) == -1)
		return -1;
	draft->options.labels = strbuf_str(&draft->labels);
	return 0;
}

const struct job_type job_type_labels = {false, parse_labels, print_words};

bool
job_next_use(const char **p, char name_r[JOB_USE_NAME_MAX + 1], uint32_t *limit_r)
{
	size_t len, name;
	const char *word = job_next_word(p, &len);

	if (word == NULL)
		return false;
	name = strcspn(word, ":");
	memcpy(name_r, word, name);
	name_r[name] = '\0';
	*limit_r = (uint32_t)strtoul(word + name + 1, NULL, 10);
	return true;
}

static int
check_use(const char *word, size_t len, struct err *err)
{
	const char *colon = memchr(word, ':', len);
	size_t name = colon != NULL ? (size_t)(colon - word) : 0;
	char number[8] = "";
	unsigned long limit;

	if (name == 0 || !job_is_name(word, name) || len == name + 1 ||
	    strspn(colon + 1, "0123456789") != len - name - 1)
		return err_set(err,
		    "write NAME:N, like database:2, or several with blanks "
		    "between them");
	if (len - name - 1 < sizeof(number))
		memcpy(number, colon + 1, len - name - 1);
	limit = strtoul(number, NULL, 10);
	if (limit < 1 || limit > JOB_USE_MAX)
		return err_set(err,
		    "write a number from 1 to %d behind the :", JOB_USE_MAX);
	return 0;
}

/* A name may be there once, whatever its number. 0, or -1 with err. */
static int
check_names(const char *uses, struct err *err)
{
	char name[JOB_USE_NAME_MAX + 1], other[JOB_USE_NAME_MAX + 1];
	const char *p = uses, *rest;
	uint32_t limit;

	while (job_next_use(&p, name, &limit)) {
		rest = p;
		while (job_next_use(&rest, other, &limit))
			if (strcmp(name, other) == 0)
				return err_set(
				    err, "\"%s\" is there twice", name);
	}
	return 0;
}

static int
parse_uses(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	draft->options.uses = "";
	if (strcmp(value, "none") == 0)
		return 0;
	if (job_words_take(&draft->uses, value, JOB_USES_MAX, check_use, err) ==
		-1 ||
	    check_names(strbuf_str(&draft->uses), err) == -1)
		return -1;
	draft->options.uses = strbuf_str(&draft->uses);
	return 0;
}

static int
parse_queue(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	if (!job_is_name(value, strlen(value)))
		return err_set(err,
		    "this is no name of a queue; write the NAME of a [queue "
		    "NAME] of belfry.conf");
	draft->options.queue = strcmp(value, "none") != 0 ? value : "";
	return 0;
}

const struct job_type job_type_queue = {false, parse_queue, print_words};

const struct job_type job_type_uses = {false, parse_uses, print_words};
