/* "belfry notify test": a message that is sent at once, and answered for. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "config/quote.h"
#include "json_text.h"
#include "scheduler/answer/answer.h"
#include "scheduler/notify/internal.h"

struct notify_test {
	struct notify_test *next;
	struct master *master;
	uint64_t ask;
	struct audit_asker asker;
	char *receiver;
	bool is_wanted; /* whoever asked is still there */
	struct sending *sending;
};

static void
test_free(struct notify_test *test)
{
	struct notify_test **p = &test->master->notify.tests;

	while (*p != test)
		p = &(*p)->next;
	*p = test->next;
	free(test->receiver);
	free(test);
}

static void
sent_cb(void *arg, bool sent, bool refused, const char *why)
{
	struct notify_test *test = arg;
	struct master *m = test->master;
	struct ask ask = {.id = test->ask, .channel = m->api};

	log_info("notify %s: a test was %s%s%s", test->receiver,
	    sent ? "sent" : "not sent", sent ? "" : ": ", why);
	answer_audit_late(m, &test->asker, "notify-test", test->receiver, NULL,
	    json_pack("{s:b, s:o}", "sent", sent, "error",
		json_text_or_null(sent ? "" : why)));
	if (test->is_wanted && m->api != NULL && sent)
		answer_object(&ask, 200,
		    json_pack("{s:s, s:s}", "receiver", test->receiver, "state",
			"sent"));
	else if (test->is_wanted && m->api != NULL)
		answer_error(m->api, test->ask, 502, "not_sent",
		    "notify %s: the test was not sent: %s", test->receiver,
		    why);
	test_free(test);
}

/* NULL: answered that there is none. */
static const struct notify_section *
find_receiver(const struct master *m, struct ask *ask, const char *name)
{
	const struct notify_section *section =
	    config_notify_find(m->config, name);
	char text[QUOTE_SIZE];
	struct suggest s;

	if (section != NULL)
		return section;
	suggest_init(&s, name);
	for (size_t i = 0; i < m->config->nnotify; i++)
		suggest_try(&s, m->config->notify[i].name);
	answer_error(ask->channel, ask->id, 404, "not_found",
	    "belfry.conf has no [notify %s]%s", name, suggest_text(text, &s));
	return NULL;
}

static void
start(struct master *m, struct ask *ask, const struct notify_section *section)
{
	struct notify_test *test = xcalloc(1, sizeof(*test));

	test->master = m;
	test->ask = ask->id;
	test->asker = answer_audit_asker(ask);
	test->receiver = xstrdup(section->name);
	test->is_wanted = true;
	test->next = m->notify.tests;
	m->notify.tests = test;
	test->sending = notify_send(m, sent_cb, test);
}

void
notify_answer_test(struct master *m, struct ask *ask)
{
	const char *name = ask_arg(ask, "receiver");
	const struct notify_section *section =
	    find_receiver(m, ask, name != NULL ? name : "");
	struct err err = {""};
	json_t *facts;
	char *reason;

	if (section == NULL)
		return;
	reason = xasprintf(
	    "a test of [notify %s], asked for by %s", section->name, ask->who);
	facts = notify_facts(m, "test", NULL);
	notify_facts_add(facts, "reason", reason);
	if (notify_encode_test(m, section, facts, &err) == -1)
		answer_error(
		    ask->channel, ask->id, 400, "bad_request", "%s", err.text);
	else
		start(m, ask, section);
	json_decref(facts);
	free(reason);
}

void
notify_cancel_test(struct master *m, uint64_t ask)
{
	for (struct notify_test *t = m->notify.tests; t != NULL; t = t->next)
		if (t->ask == ask)
			t->is_wanted = false;
}

void
notify_tests_fini(struct master *m)
{
	while (m->notify.tests != NULL) {
		notify_send_cancel(m->notify.tests->sending);
		test_free(m->notify.tests);
	}
}
