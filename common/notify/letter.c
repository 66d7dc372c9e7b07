#include "notify/letter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* Names in the place of one job. */
#define NAMES_MAX 5

/* What happened, behind the name of one job and behind "37 jobs". */
static const struct {
	const char *event;
	const char *one;
	const char *many;
} verbs[] = {
    {"start", "has started", "have started"},
    {"success", "succeeded", "succeeded"},
    {"failure", "failed", "failed"},
    {"recovery", "works again", "work again"},
    {"late", "is late", "are late"},
    {"too-long", "runs too long", "run too long"},
    {"missed", "did not run", "did not run"},
    {"lost", "was lost", "were lost"},
    {"killed", "was killed", "were killed"},
};

static const char *
verb_of(const char *event, bool many)
{
	for (size_t i = 0; i < nitems(verbs); i++)
		if (strcmp(verbs[i].event, event) == 0)
			return many ? verbs[i].many : verbs[i].one;
	return NULL;
}

static bool
has(const struct facts *facts, const char *name)
{
	return *facts_get(facts, name) != '\0';
}

void
letter_line(struct strbuf *b, const struct facts *facts)
{
	const char *verb = verb_of(facts_get(facts, "event"), false);

	if (!has(facts, "job") || verb == NULL) {
		/* Of the daemon, or a test: the reason is a sentence. */
		strbuf_addf(b, "%s%s%s", facts_get(facts, "host"),
		    has(facts, "host") ? ": " : "", facts_get(facts, "reason"));
		return;
	}
	strbuf_addf(b, "%s %s", facts_get(facts, "job"), verb);
	if (has(facts, "host"))
		strbuf_addf(b, " on %s", facts_get(facts, "host"));
	if (has(facts, "reason"))
		strbuf_addf(b, ": %s", facts_get(facts, "reason"));
}

/* "in the last minute": from the first of them to now, or nearly. */
static void
add_span(struct strbuf *b, const struct notice_order *order)
{
	int64_t minutes = (order->last_ms - order->first_ms) / 60000 + 1;

	if (minutes <= 1)
		strbuf_adds(b, "in the last minute");
	else if (minutes < 120)
		strbuf_addf(b, "in the last %" PRId64 " minutes", minutes);
	else
		strbuf_addf(b, "in the last %" PRId64 " hours", minutes / 60);
}

/* All the same event of jobs? */
static const char *
common_value(const struct notice_order *order, const char *name)
{
	const char *first = facts_get(&order->items[0], name);

	for (uint32_t i = 1; i < order->nitems; i++)
		if (strcmp(facts_get(&order->items[i], name), first) != 0)
			return NULL;
	return first;
}

static void
make_subject(struct letter *letter)
{
	const struct notice_order *order = letter->order;
	const char *event = common_value(order, "event");
	const char *verb = event != NULL ? verb_of(event, true) : NULL;
	const char *job = common_value(order, "job");

	if (order->total == 1) {
		letter_line(&letter->subject, &order->items[0]);
		return;
	}
	if (verb != NULL && job != NULL)
		strbuf_addf(&letter->subject, "%s: %" PRIu64 " runs %s ", job,
		    order->total, verb);
	else if (verb != NULL)
		strbuf_addf(&letter->subject, "%" PRIu64 " jobs %s ",
		    order->total, verb);
	else
		strbuf_addf(&letter->subject, "%" PRIu64 " notifications ",
		    order->total);
	add_span(&letter->subject, order);
}

static void
add_facts(struct strbuf *b, const struct facts *facts)
{
	for (const char *const *p = fact_names; *p != NULL; p++)
		if (has(facts, *p) && strcmp(*p, "output_tail") != 0)
			strbuf_addf(b, "%-12s %s\n", *p, facts_get(facts, *p));
	if (has(facts, "output_tail"))
		strbuf_addf(b, "\nend of its output:\n%s\n",
		    facts_get(facts, "output_tail"));
}

static void
make_text(struct letter *letter)
{
	const struct notice_order *order = letter->order;
	struct strbuf *b = &letter->text;

	strbuf_addf(b, "%s\n\n", strbuf_str(&letter->subject));
	if (order->total == 1) {
		add_facts(b, &order->items[0]);
		return;
	}
	for (uint32_t i = 0; i < order->nitems; i++) {
		strbuf_addf(b, "%s  ", facts_get(&order->items[i], "time"));
		letter_line(b, &order->items[i]);
		strbuf_addch(b, '\n');
	}
	if (order->total > order->nitems)
		strbuf_addf(
		    b, "and %" PRIu64 " more\n", order->total - order->nitems);
}

static void
add_member(struct strbuf *b, const char *name, const char *value)
{
	strbuf_addf(b, "\"%s\":\"", name);
	notice_escape(b, value, NOTICE_JSON);
	strbuf_adds(b, "\"");
}

static bool
is_number(const char *value)
{
	size_t n = strspn(value, "0123456789");

	return n > 0 && n < 18 && value[n] == '\0' && (n == 1 || *value != '0');
}

/* Numbers are numbers; what is not there is null. */
static void
add_typed(struct strbuf *b, const char *name, const char *value)
{
	static const char *const numbers[] = {
	    "exit_code", "signal", "attempt", "duration_ms", "failures"};

	for (size_t i = 0; i < nitems(numbers); i++)
		if (strcmp(numbers[i], name) == 0 && is_number(value)) {
			strbuf_addf(b, "\"%s\":%s", name, value);
			return;
		}
	if (*value == '\0')
		strbuf_addf(b, "\"%s\":null", name);
	else
		add_member(b, name, value);
}

static void
add_object(struct strbuf *b, const struct facts *facts)
{
	for (const char *const *p = fact_names; *p != NULL; p++) {
		strbuf_adds(b, ",");
		add_typed(b, *p, facts_get(facts, *p));
	}
}

/*
 * The object of one has its facts. That of several has those that they have in
 * common, and all in "notifications".
 */
static void
make_json(struct letter *letter)
{
	const struct notice_order *order = letter->order;
	struct strbuf *b = &letter->json;
	bool raw;

	strbuf_addch(b, '{');
	add_member(b, "subject", strbuf_str(&letter->subject));
	strbuf_addf(b, ",\"count\":%" PRIu64, order->total);
	if (order->total == 1) {
		add_object(b, &order->items[0]);
		strbuf_addch(b, '}');
		return;
	}
	for (const char *const *p = fact_names; *p != NULL; p++) {
		strbuf_adds(b, ",");
		add_typed(b, *p, letter_value(letter, *p, strlen(*p), &raw));
	}
	strbuf_adds(b, ",\"notifications\":[");
	for (uint32_t i = 0; i < order->nitems; i++) {
		strbuf_adds(b, i > 0 ? ",{" : "{");
		strbuf_adds(b, "\"subject\":\"");
		strbuf_reset(&letter->value);
		letter_line(&letter->value, &order->items[i]);
		notice_escape(b, strbuf_str(&letter->value), NOTICE_JSON);
		strbuf_addch(b, '"');
		add_object(b, &order->items[i]);
		strbuf_addch(b, '}');
	}
	strbuf_adds(b, "]}");
}

void
letter_init(struct letter *letter, const struct notice_order *order)
{
	memset(letter, 0, sizeof(*letter));
	letter->order = order;
	snprintf(
	    letter->count, sizeof(letter->count), "%" PRIu64, order->total);
	make_subject(letter);
	make_text(letter);
	make_json(letter);
}

void
letter_fini(struct letter *letter)
{
	strbuf_fini(&letter->subject);
	strbuf_fini(&letter->text);
	strbuf_fini(&letter->json);
	strbuf_fini(&letter->value);
}

/* Different values of the first few. */
static const char *
join_values(struct letter *letter, const char *name)
{
	const struct notice_order *order = letter->order;
	struct strbuf *b = &letter->value;
	uint32_t n = 0;

	strbuf_reset(b);
	for (uint32_t i = 0; i < order->nitems && n < NAMES_MAX; i++) {
		const char *value = facts_get(&order->items[i], name);
		uint32_t j = 0;

		while (strcmp(facts_get(&order->items[j], name), value) != 0)
			j++;
		if (j < i || *value == '\0')
			continue;
		strbuf_addf(b, "%s%s", n++ > 0 ? ", " : "", value);
	}
	if (n == NAMES_MAX && order->total > n)
		strbuf_adds(b, " ...");
	return strbuf_str(b);
}

static const char *
fact_of_all(struct letter *letter, const char *name)
{
	const char *value = common_value(letter->order, name);

	if (value != NULL)
		return value;
	if (strcmp(name, "job") == 0 || strcmp(name, "event") == 0 ||
	    strcmp(name, "outcome") == 0 || strcmp(name, "host") == 0)
		return join_values(letter, name);
	return "";
}

const char *
letter_value(void *arg, const char *name, size_t len, bool *raw_r)
{
	struct letter *letter = arg;
	const struct {
		const char *name;
		const char *value;
	} own[] = {
	    {"subject", strbuf_str(&letter->subject)},
	    {"text", strbuf_str(&letter->text)},
	    {"json", strbuf_str(&letter->json)},
	    {"count", letter->count},
	    {"receiver", letter->order->receiver},
	    {"secret", letter->secret},
	    {"dingtalk_time", letter->dingtalk_time},
	    {"dingtalk_sign", letter->dingtalk_sign},
	};
	char known[32];

	for (size_t i = 0; i < nitems(own); i++)
		if (strlen(own[i].name) == len &&
		    strncmp(own[i].name, name, len) == 0) {
			*raw_r = strcmp(own[i].name, "json") == 0;
			return own[i].value != NULL ? own[i].value : "";
		}
	if (len >= sizeof(known))
		return NULL;
	memcpy(known, name, len);
	known[len] = '\0';
	return fact_of_all(letter, known);
}
