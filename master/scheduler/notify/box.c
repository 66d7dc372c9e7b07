/* Notifications that wait, and the lanes of their receivers. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "scheduler/notify/internal.h"

/* More of one receiver are given up, the oldest first. */
#define LANE_MAX 10000

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	lane_pump(arg);
}

static uint64_t
hash(const char *a, const char *b)
{
	uint64_t h = 14695981039346656037ULL;

	for (; *a != '\0'; a++)
		h = (h ^ (unsigned char)*a) * 1099511628211ULL;
	h = (h ^ 0xff) * 1099511628211ULL;
	for (; *b != '\0'; b++)
		h = (h ^ (unsigned char)*b) * 1099511628211ULL;
	return h;
}

/* "KIND NAME"; receivers of belfry.conf have no blanks. */
static bool
is_kind(const char *name, const char *kind)
{
	size_t len = strlen(kind);

	return strncmp(name, kind, len) == 0 && name[len] == ' ';
}

struct lane *
notify_lane(struct master *m, const char *name)
{
	struct lane **p = &m->notify.lanes[hash(name, "") % NOTIFY_LANES];
	struct lane *lane;

	for (lane = *p; lane != NULL; lane = lane->next)
		if (strcmp(lane->name, name) == 0)
			return lane;
	lane = xcalloc(1, sizeof(*lane));
	lane->master = m;
	lane->name = xstrdup(name);
	lane->is_ping = is_kind(name, NOTIFY_PING);
	lane->is_mail = is_kind(name, NOTIFY_MAIL_LANE);
	lane->tokens = -1; /* as many as there are at most */
	TAILQ_INIT(&lane->notices);
	lane->timer = evtimer_new(m->role->base, timer_cb, lane);
	if (lane->timer == NULL)
		fatalx("out of memory");
	lane->next = *p;
	*p = lane;
	return lane;
}

static void
notice_free(struct lane *lane, struct notice *notice)
{
	TAILQ_REMOVE(&lane->notices, notice, link);
	lane->n--;
	lane->master->notify.waiting--;
	free(notice->event);
	free(notice->job);
	free(notice->run);
	free(notice->facts);
	free(notice);
}

static void
lane_free(struct lane *lane)
{
	struct notify *notify = &lane->master->notify;
	struct lane **p = &notify->lanes[hash(lane->name, "") % NOTIFY_LANES];
	struct notice *notice;

	while ((notice = TAILQ_FIRST(&lane->notices)) != NULL)
		notice_free(lane, notice);
	while (*p != lane)
		p = &(*p)->next;
	*p = lane->next;
	if (lane->is_blocked)
		TAILQ_REMOVE(&notify->blocked, lane, link);
	notify_send_cancel(lane->sending);
	free(lane->out);
	event_free(lane->timer);
	free(lane->name);
	free(lane);
}

void
notify_release(struct lane *lane)
{
	if (lane->is_ping && lane->n == 0 && lane->sending == NULL)
		lane_free(lane);
}

void
notify_each_lane(struct master *m, void (*cb)(struct lane *lane))
{
	struct lane *lane, *next;

	for (size_t i = 0; i < NOTIFY_LANES; i++)
		for (lane = m->notify.lanes[i]; lane != NULL; lane = next) {
			next = lane->next;
			cb(lane);
		}
}

/* In order of creation: what the store tells comes in order of ids. */
static struct notice *
notice_add(struct lane *lane, const struct record_notice *record)
{
	struct notice *notice = xcalloc(1, sizeof(*notice)), *before;

	snprintf(notice->id, sizeof(notice->id), "%s", record->id);
	notice->event = xstrdup(record->event);
	notice->job = xstrdup(record->job);
	notice->run = xstrdup(record->run);
	notice->facts = xstrdup(record->facts);
	notice->created_ms = record->created_ms;
	notice->next_ms = record->next_ms;
	notice->tries = record->tries;
	before = TAILQ_LAST(&lane->notices, notice_list);
	while (before != NULL && before->created_ms > notice->created_ms)
		before = TAILQ_PREV(before, notice_list, link);
	if (before != NULL)
		TAILQ_INSERT_AFTER(&lane->notices, before, notice, link);
	else
		TAILQ_INSERT_HEAD(&lane->notices, notice, link);
	lane->n++;
	lane->master->notify.waiting++;
	return notice;
}

static struct notice *
find_notice(const struct lane *lane, const char *id)
{
	struct notice *notice;

	TAILQ_FOREACH(notice, &lane->notices, link)
	if (strcmp(notice->id, id) == 0)
		return notice;
	return NULL;
}

static uint64_t
record(struct lane *lane, const struct notice *notice, enum notice_state state,
    const char *error)
{
	struct master *m = lane->master;
	const struct record_notice record = {
	    .id = notice->id,
	    .receiver = lane->name,
	    .event = notice->event,
	    .job = notice->job,
	    .run = notice->run,
	    .host = m->config->node_name,
	    .created_ms = notice->created_ms,
	    .state = state,
	    .tries = notice->tries,
	    .next_ms = notice->next_ms,
	    .done_ms = state == NOTICE_WAITING ? 0 : clock_ms(),
	    .error = error,
	    .facts = notice->facts,
	};

	return outbox_notice(m, &record);
}

static void
limit_lane(struct lane *lane)
{
	struct notice *oldest = TAILQ_FIRST(&lane->notices);

	if (lane->n <= LANE_MAX || oldest->flying)
		return;
	if (!lane->told_full)
		log_error("notify %s: more than %d notifications wait; the "
			  "oldest are given up",
		    lane->name, LANE_MAX);
	lane->told_full = true;
	notify_settle(lane, oldest, NOTICE_FAILED,
	    "given up: too many others waited behind it");
}

void
notify_tell(struct master *m, const char *receiver, const char *what,
    const char *event, const char *job, const char *run, json_t *facts)
{
	struct lane *lane = notify_lane(m, receiver);
	char *text = json_dumps(facts, JSON_COMPACT), id[NOTICE_ID_SIZE];
	struct record_notice new = {
	    .id = id,
	    .event = event,
	    .job = job,
	    .run = run,
	    .created_ms = clock_ms(),
	    .facts = text != NULL ? text : "{}",
	};
	struct notice *notice;

	snprintf(id, sizeof(id), "%016" PRIx64, hash(what, receiver));
	/* What was told before a crash is told again while loading alone. */
	if (m->phase > MASTER_LOADING || find_notice(lane, id) == NULL) {
		notice = notice_add(lane, &new);
		notice->seq = record(lane, notice, NOTICE_WAITING, "");
		limit_lane(lane);
		lane_pump(lane);
	}
	free(text);
	json_decref(facts);
}

void
notify_settle(struct lane *lane, struct notice *notice, enum notice_state state,
    const char *error)
{
	record(lane, notice, state, error);
	if (state == NOTICE_WAITING)
		return;
	lane->master->notify.sent += state == NOTICE_DELIVERED;
	lane->master->notify.failed += state == NOTICE_FAILED;
	notify_mail_settled(lane, notice);
	notice_free(lane, notice);
}

int
notify_remember(struct master *m, struct message *message)
{
	struct record_notice record;
	struct lane *lane;

	if (record_notice_decode(&record, &message->body) == -1)
		return -1;
	/* Hosts may share a store: each sends its own. */
	if (m->phase != MASTER_LOADING ||
	    (m->member != NULL &&
		strcmp(record.host, m->config->node_name) != 0))
		return 0;
	lane = notify_lane(m, record.receiver);
	if (find_notice(lane, record.id) == NULL)
		notice_add(lane, &record);
	return 0;
}

static void
retell_lane(struct lane *lane)
{
	struct notice *notice;

	TAILQ_FOREACH(notice, &lane->notices, link)
	notice->seq = record(lane, notice, NOTICE_WAITING, "");
}

void
notify_retell(struct master *m)
{
	notify_each_lane(m, retell_lane);
}

void
notify_forget(struct master *m)
{
	notify_each_lane(m, lane_free);
}

void
notify_init(struct master *m)
{
	TAILQ_INIT(&m->notify.blocked);
}

void
notify_fini(struct master *m)
{
	notify_tests_fini(m);
	notify_forget(m);
	if (m->notify.watch != NULL)
		event_free(m->notify.watch);
	if (m->notify.drain_timer != NULL)
		event_free(m->notify.drain_timer);
	notify_daemon_free(m->notify.daemon);
}

static void
begin_lane(struct lane *lane)
{
	lane->tokens = -1; /* rates may be others */
	lane_pump(lane);
}

void
notify_begin(struct master *m)
{
	notify_watch_begin(m);
	notify_mail_begin(m);
	notify_each_lane(m, begin_lane);
}

/* The lanes are few, and what is unconfirmed stands at their ends. */
static void
confirm(struct lane *lane, uint64_t seq)
{
	struct notice *notice;
	bool any = false;

	TAILQ_FOREACH_REVERSE(notice, &lane->notices, notice_list, link)
	{
		if (notice->seq == 0)
			continue;
		if (notice->seq <= seq) {
			notice->seq = 0;
			any = true;
		}
	}
	if (any)
		lane_pump(lane);
}

void
notify_confirmed(struct master *m, uint64_t seq)
{
	struct lane *lane, *next;

	if (m->notify.waiting == 0)
		return;
	for (size_t i = 0; i < NOTIFY_LANES; i++)
		for (lane = m->notify.lanes[i]; lane != NULL; lane = next) {
			next = lane->next;
			confirm(lane, seq);
		}
}
