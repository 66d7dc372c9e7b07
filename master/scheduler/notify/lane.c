/* When a lane sends, and how many notifications become one message. */
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/notify/internal.h"

/* Messages on their way at once, of all lanes. */
#define SENDING_MAX 16

/* So many of a kind are sent one by one; more are a storm, and one message. */
#define ONE_BY_ONE 3
#define GROUP_MAX  1000

/* The store should have it first, but a store that is down is no reason. */
#define CONFIRM_MS 5000

#define BACKOFF_MAX_MS   (10 * 60 * 1000LL)
#define PING_RETRY_MS    10000
#define PING_PATIENCE_MS (60 * 60 * 1000LL)
#define PING_TIMEOUT_MS  30000

const struct notify_section *
lane_section(const struct lane *lane)
{
	const char *name = lane->name;

	if (lane->is_ping)
		return NULL;
	if (lane->is_mail)
		name += sizeof(NOTIFY_MAIL_LANE);
	return config_notify_find(lane->master->config, name);
}

/* Each is a message of its own, and as many go as there are. */
static bool
is_one_by_one(const struct lane *lane)
{
	return lane->is_ping || lane->is_mail;
}

/* The pause behind so many tries that failed. */
static int64_t
backoff_ms(const struct lane *lane, int tries)
{
	const struct notify_section *section = lane_section(lane);
	int64_t ms = section != NULL ? section->retry_ms : PING_RETRY_MS;

	for (; tries > 1 && ms < BACKOFF_MAX_MS; tries--)
		ms *= 2;
	return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}

/* How long one may wait to be sent. */
static int64_t
patience_ms(const struct lane *lane)
{
	const struct notify_section *section = lane_section(lane);

	return section != NULL ? section->retry_for_ms : PING_PATIENCE_MS;
}

/* When it may be sent, the pause of its kind apart: in the past, if now. */
static int64_t
free_ms(const struct notice *notice)
{
	int64_t at = notice->created_ms + CONFIRM_MS;

	return notice->seq != 0 && at > notice->next_ms ? at : notice->next_ms;
}

/* The first of its kind waits a while for the others, unless all ends. */
static int64_t
ready_ms(const struct lane *lane, const struct notice *notice)
{
	const struct notify_section *section = lane_section(lane);
	int64_t at = free_ms(notice), gathered = notice->created_ms;

	if (!is_one_by_one(lane) && section != NULL &&
	    lane->master->phase != MASTER_DRAINING)
		gathered += section->group_ms;
	return notice->tries == 0 && gathered > at ? gathered : at;
}

/*
 * The oldest that may go; NULL: *wait_r is how long none may. While the
 * receiver cannot be reached nothing overtakes.
 */
static struct notice *
first_ready(const struct lane *lane, int64_t now_ms, int64_t *wait_r)
{
	struct notice *notice;
	int64_t at;

	*wait_r = INT64_MAX;
	TAILQ_FOREACH(notice, &lane->notices, link)
	{
		at = ready_ms(lane, notice);
		if (at <= now_ms)
			return notice;
		if (at - now_ms < *wait_r)
			*wait_r = at - now_ms;
		if (notice->tries > 0 && !notice->refused)
			return NULL;
	}
	return NULL;
}

/* first and others of its event that may go: one of few, all of many. */
static size_t
collect(struct lane *lane, struct notice *first, int64_t now_ms,
    struct notice *list[GROUP_MAX])
{
	struct notice *notice = first;
	size_t n = 0;

	for (; notice != NULL && n < GROUP_MAX;
	     notice = TAILQ_NEXT(notice, link))
		if (strcmp(notice->event, first->event) == 0 &&
		    free_ms(notice) <= now_ms)
			list[n++] = notice;
	return n <= ONE_BY_ONE || is_one_by_one(lane) ? 1 : n;
}

/* What has waited for too long. */
static void
give_up(struct lane *lane, int64_t now_ms)
{
	int64_t most_ms = patience_ms(lane);
	struct notice *notice, *next;

	for (notice = TAILQ_FIRST(&lane->notices); notice != NULL;
	     notice = next) {
		next = TAILQ_NEXT(notice, link);
		/* Its last try tells why. */
		if (notice->flying || notice->tries == 0 ||
		    now_ms - notice->created_ms < most_ms)
			continue;
		log_error("notify %s: %s %s is given up after %d tries",
		    lane->name, notice->job, notice->event, (int)notice->tries);
		notify_settle(
		    lane, notice, NOTICE_FAILED, "given up: its time is over");
	}
}

static void
wait_for(struct lane *lane, int64_t ms)
{
	struct timeval tv;

	if (ms == INT64_MAX)
		return;
	if (ms < 1)
		ms = 1;
	tv.tv_sec = ms / 1000;
	tv.tv_usec = ms % 1000 * 1000;
	evtimer_add(lane->timer, &tv);
}

static int64_t
boot_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* rate-limit: how long until a message may go; 0 now. */
static int64_t
rate_wait_ms(struct lane *lane)
{
	const struct notify_section *section = lane_section(lane);
	int64_t now_ms = boot_ms();
	double each_ms, most;

	if (is_one_by_one(lane) || section == NULL)
		return 0;
	most = (double)section->rate;
	each_ms = (double)section->rate_ms / most;
	if (lane->tokens < 0)
		lane->tokens = most;
	lane->tokens += (double)(now_ms - lane->token_ms) / each_ms;
	if (lane->tokens > most)
		lane->tokens = most;
	lane->token_ms = now_ms;
	return lane->tokens >= 1 ? 0 :
				   (int64_t)((1 - lane->tokens) * each_ms) + 1;
}

/* Nobody can be told any more. */
static void
receiver_gone(struct lane *lane)
{
	struct notice *notice;

	log_error("notify %s: belfry.conf has no such receiver any more; %zu "
		  "notifications are given up",
	    lane->name, lane->n);
	while ((notice = TAILQ_FIRST(&lane->notices)) != NULL)
		notify_settle(lane, notice, NOTICE_FAILED,
		    "given up: belfry.conf has no such receiver any more");
}

static void
delivered(struct lane *lane, struct notice *list[], size_t n)
{
	struct notice *notice;

	log_info("notify %s: sent %zu %s: %s", lane->name, n, list[0]->event,
	    list[0]->job);
	for (size_t i = 0; i < n; i++) {
		list[i]->tries++;
		notify_settle(lane, list[i], NOTICE_DELIVERED, "");
	}
	if (lane->failures == 0)
		return;
	/* It is back: nobody waits for the end of a pause any more. */
	lane->failures = 0;
	lane->hold_ms = 0;
	TAILQ_FOREACH(notice, &lane->notices, link)
	if (!notice->refused)
		notice->next_ms = 0;
}

static void
failed(struct lane *lane, struct notice *list[], size_t n, bool refused,
    const char *why)
{
	int64_t now_ms = clock_ms(), pause_ms;
	char text[DURATION_TEXT_MAX];

	if (!refused) {
		lane->failures++;
		pause_ms = backoff_ms(lane, (int)lane->failures);
		lane->hold_ms = now_ms + pause_ms;
	} else {
		pause_ms = backoff_ms(lane, list[0]->tries + 1);
	}
	log_warn("notify %s: cannot send %zu %s, tried again in %s: %s",
	    lane->name, n, list[0]->event, duration_format_ms(text, pause_ms),
	    why);
	for (size_t i = 0; i < n; i++) {
		list[i]->tries++;
		list[i]->flying = false;
		list[i]->refused = refused;
		list[i]->next_ms = now_ms + pause_ms;
		notify_settle(lane, list[i], NOTICE_WAITING, why);
	}
}

/* What a lane has on its way. */
struct message_out {
	struct lane *lane;
	size_t n;
	struct notice *list[];
};

static void
sent_cb(void *arg, bool sent, bool refused, const char *why)
{
	struct message_out *out = arg;
	struct lane *lane = out->lane;
	struct master *m = lane->master;

	lane->sending = NULL;
	lane->out = NULL;
	m->notify.sending--;
	if (sent)
		delivered(lane, out->list, out->n);
	else
		failed(lane, out->list, out->n, refused, why);
	free(out);
	lane_pump(lane);
	lane_unblock(m);
	master_check_drained(m);
}

static void
send_list(struct lane *lane, struct notice *list[], size_t n)
{
	struct message_out *out =
	    xcalloc(1, sizeof(*out) + n * sizeof(out->list[0]));

	out->lane = lane;
	out->n = n;
	memcpy(out->list, list, n * sizeof(out->list[0]));
	for (size_t i = 0; i < n; i++)
		list[i]->flying = true;
	lane->out = out;
	lane->tokens -= 1;
	lane->master->notify.sending++;
	lane->sending = notify_send(lane->master, sent_cb, out);
}

static void
block(struct lane *lane)
{
	if (!lane->is_blocked)
		TAILQ_INSERT_TAIL(&lane->master->notify.blocked, lane, link);
	lane->is_blocked = true;
}

void
lane_unblock(struct master *m)
{
	struct lane *lane;

	while (m->notify.sending < SENDING_MAX &&
	    (lane = TAILQ_FIRST(&m->notify.blocked)) != NULL) {
		TAILQ_REMOVE(&m->notify.blocked, lane, link);
		lane->is_blocked = false;
		lane_pump(lane);
	}
}

/* False: the one message that could go cannot be made, and is given up. */
static bool
try_send(struct lane *lane, struct notice *first, int64_t now_ms)
{
	struct notice *list[GROUP_MAX];
	size_t n = collect(lane, first, now_ms, list);
	struct err err = {""};

	if (notify_encode(lane, list, n, &err) == 0) {
		send_list(lane, list, n);
		return true;
	}
	log_error("notify %s: %s is given up: %s", lane->name, first->event,
	    err.text);
	for (size_t i = 0; i < n; i++)
		notify_settle(lane, list[i], NOTICE_FAILED, err.text);
	return false;
}

/* How long to wait until there is something to send; 0: it was tried. */
static int64_t
pump(struct lane *lane)
{
	struct master *m = lane->master;
	int64_t now_ms = clock_ms(), wait;
	struct notice *first;

	do {
		first = first_ready(lane, now_ms, &wait);
		if (first == NULL)
			return wait;
		if (lane->hold_ms > now_ms)
			return lane->hold_ms - now_ms;
		wait = rate_wait_ms(lane);
		if (wait > 0)
			return wait;
		if (m->notify.sending >= SENDING_MAX) {
			block(lane);
			return INT64_MAX;
		}
	} while (!try_send(lane, first, now_ms));
	return INT64_MAX;
}

void
lane_pump(struct lane *lane)
{
	struct master *m = lane->master;

	if (m->phase < MASTER_RUNNING || lane->sending != NULL)
		return;
	evtimer_del(lane->timer);
	if (!lane->is_ping && lane->n > 0 && lane_section(lane) == NULL)
		receiver_gone(lane);
	give_up(lane, clock_ms());
	wait_for(lane, pump(lane));
	notify_release(lane);
}
