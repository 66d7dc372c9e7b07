/* What a worker is told: the receiver's settings, and facts. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "scheduler/notify/internal.h"

#define PING_TIMEOUT_MS 30000

/* An order and the JSON that its facts are borrowed from. */
struct draft {
	struct notice_order order;
	char *mail; /* the file of a crontab's; owned, NULL none */
	json_t *facts[ORDER_ITEMS_MAX];
};

/* As the daemon's own user, who we are; its launcher may be root. */
static void
set_user(struct master *m, struct notice_order *order)
{
	order->set_ids = m->role->privileged && m->config->user[0] != '\0';
	order->uid = getuid();
	order->gid = getgid();
}

static void
add_setting(struct notice_order *order, const char *key, const char *value)
{
	if (order->nsettings < ORDER_SETTINGS_MAX)
		order->settings[order->nsettings++] =
		    (struct order_setting){key, value};
}

static void
set_section(struct master *m, struct notice_order *order,
    const struct notify_section *section)
{
	set_user(m, order);
	order->receiver = section->name;
	order->type = notify_type_name(section->type);
	order->timeout_ms = section->timeout_ms;
	for (size_t i = 0; i < section->nsettings; i++)
		add_setting(order, section->settings[i].key,
		    section->settings[i].value);
}

/* A request without a body to the URL that the job has now. */
static int
set_ping(struct master *m, struct notice_order *order,
    const struct notice *notice, struct err *err)
{
	const struct job *job = jobs_find(&m->jobs, notice->job);
	const struct job_options *o = job != NULL ? job->def->options : NULL;
	const char *url = "";

	if (o != NULL && strcmp(notice->event, "start") == 0)
		url = o->ping_start;
	else if (o != NULL && strcmp(notice->event, "success") == 0)
		url = o->ping_success;
	else if (o != NULL)
		url = o->ping_failure;
	if (*url == '\0')
		return err_set(err, "the job has no such ping any more");
	set_user(m, order);
	order->receiver = NOTIFY_PING;
	order->type = "webhook";
	order->timeout_ms = PING_TIMEOUT_MS;
	add_setting(order, "url", url);
	add_setting(order, "method", "GET");
	return 0;
}

/* facts is taken over. whole: with what is long. */
static void
add_item(struct draft *draft, json_t *facts, bool whole)
{
	struct notice_order *order = &draft->order;
	struct facts *item = &order->items[order->nitems];
	json_t *value;

	draft->facts[order->nitems++] = facts;
	for (const char *const *p = fact_names; *p != NULL; p++) {
		value = json_object_get(facts, *p);
		if (json_is_string(value) &&
		    (whole || strcmp(*p, "output_tail") != 0))
			facts_add(item, *p, json_string_value(value));
	}
}

static void
draft_free(struct draft *draft)
{
	for (uint32_t i = 0; i < draft->order.nitems; i++)
		json_decref(draft->facts[i]);
	free(draft->mail);
	free(draft);
}

static json_t *
load_facts(const struct notice *notice)
{
	json_t *facts = json_loads(notice->facts, 0, NULL);

	return facts != NULL ? facts : json_object();
}

/* Of many only so many are told in words. */
static int
encode_fitting(struct notice_order *order, struct wire_writer *w)
{
	for (;; order->nitems /= 2) {
		wire_writer_reset(w);
		notice_order_encode(order, w);
		if (w->len <= MESSAGE_PAYLOAD_MAX)
			return 0;
		if (order->nitems <= 1)
			return -1;
	}
}

/* All that were loaded are freed, however many were encoded. */
static int
finish(struct master *m, struct draft *draft, struct err *err)
{
	uint32_t n = draft->order.nitems;
	int rc = encode_fitting(&draft->order, &m->scratch);

	draft->order.nitems = n;
	draft_free(draft);
	return rc == 0 ? 0 : err_set(err, "it is too long to be sent");
}

int
notify_encode(
    struct lane *lane, struct notice *const *notices, size_t n, struct err *err)
{
	const struct notify_section *section = lane_section(lane);
	struct draft *draft = xcalloc(1, sizeof(*draft));
	struct notice_order *order = &draft->order;

	if (section != NULL) {
		set_section(lane->master, order, section);
	} else if (set_ping(lane->master, order, notices[0], err) == -1) {
		draft_free(draft);
		return -1;
	}
	if (lane->is_mail) {
		draft->mail = notify_mail_path(lane->master, notices[0]->run);
		add_setting(order, "cron-mail", draft->mail);
	}
	order->total = n;
	order->first_ms = notices[0]->created_ms;
	order->last_ms = clock_ms();
	for (size_t i = 0; i < n && i < ORDER_ITEMS_MAX; i++)
		add_item(draft, load_facts(notices[i]), n == 1);
	return finish(lane->master, draft, err);
}

int
notify_encode_test(struct master *m, const struct notify_section *section,
    const json_t *facts, struct err *err)
{
	struct draft *draft = xcalloc(1, sizeof(*draft));
	struct notice_order *order = &draft->order;

	set_section(m, order, section);
	order->total = 1;
	order->first_ms = order->last_ms = clock_ms();
	add_item(draft, json_deep_copy(facts), true);
	return finish(m, draft, err);
}
