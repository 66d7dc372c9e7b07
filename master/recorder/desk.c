#include "recorder/desk.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "json_text.h"
#include "recorder/query/row_json.h"

struct desk {
	struct store *store; /* borrowed */
	struct channel *channel;
	uint64_t connection; /* counts channels */
};

/* A question on its way. */
struct errand {
	struct desk *desk;
	uint64_t id;
	uint64_t connection;
	char *text;          /* owned: the queue, or the run */
	struct reply *reply; /* owned: of an end */
};

/* An end that is to be told, while its run is looked for. */
struct reply {
	char *queue, *user, *url; /* owned */
	int64_t slot_ms;
	int32_t tries;
};

static struct errand *
errand_new(struct desk *desk, uint64_t id, const char *text)
{
	struct errand *errand = xcalloc(1, sizeof(*errand));

	errand->desk = desk;
	errand->id = id;
	errand->connection = desk->connection;
	errand->text = xstrdup(text);
	return errand;
}

static void
errand_free(struct errand *errand)
{
	if (errand->reply != NULL) {
		free(errand->reply->queue);
		free(errand->reply->user);
		free(errand->reply->url);
		free(errand->reply);
	}
	free(errand->text);
	free(errand);
}

/* To the master that asked, if it is still there. */
static void
answer(const struct errand *errand, uint16_t type, struct wire_writer *w)
{
	const struct desk *desk = errand->desk;

	if (desk->channel != NULL && desk->connection == errand->connection)
		channel_send(desk->channel, type, errand->id, w, -1);
	wire_writer_fini(w);
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- submitting --- */

static void
send_submitted(const struct errand *errand, const struct store_submitted *s,
    const char *problem)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	wire_put_u8(&w, (uint8_t)s->result);
	wire_put_str(&w, s->id);
	wire_put_i64(&w, s->due_ms);
	wire_put_str(&w, problem);
	answer(errand, MSG_QUEUE_SUBMITTED, &w);
}

static void
submitted(void *arg, const struct store_submitted *s)
{
	const struct errand *errand = arg;
	struct err full = {""};

	if (s->result == SUBMIT_FULL)
		err_set(&full, "queue %s is full: %lld wait", errand->text,
		    (long long)s->waiting);
	send_submitted(errand, s, full.text);
}

static void
submit_done(void *arg, const struct err *err)
{
	const struct store_submitted failed = {
	    .result = SUBMIT_FAILED, .id = ""};

	if (err != NULL)
		send_submitted(arg, &failed, err->text);
	errand_free(arg);
}

static int
submit(struct desk *desk, struct message *message)
{
	struct store *store = desk->store;
	struct submission s;
	int64_t limit;

	if (submission_decode(&s, &message->body) == -1)
		return -1;
	limit = wire_get_i64(&message->body);
	if (!wire_ok(&message->body) || !store_is_run_id(s.id) ||
	    !submission_is_id(s.id))
		return -1;
	store->ops->submit(store, &s, limit, submitted, submit_done,
	    errand_new(desk, message->id, s.queue));
	return 0;
}

/* --- taking --- */

static void
taken(void *arg, const struct submission *s)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	submission_encode(s, &w);
	answer(arg, MSG_QUEUE_TAKEN, &w);
}

static void
take_done(void *arg, int64_t next_ms, const struct err *err)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct errand *errand = arg;

	if (err != NULL)
		log_debug("queue %s cannot be looked at now: %s", errand->text,
		    err->text);
	wire_put_str(&w, errand->text);
	wire_put_i64(&w, err != NULL ? -1 : next_ms);
	answer(errand, MSG_QUEUE_DONE, &w);
	errand_free(errand);
}

static void
reply_run(void *arg, const struct store_run *run)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	const struct errand *errand = arg;
	char *body;

	/* Only the run itself, and when it has ended. */
	if (strcmp(run->begin.id, errand->text) != 0)
		return;
	body = json_take_dump(row_json_run(run));

	const struct submission_reply reply = {
	    .id = errand->text,
	    .queue = errand->reply->queue,
	    .user = errand->reply->user,
	    .url = errand->reply->url,
	    .body = body,
	    .slot_ms = errand->reply->slot_ms,
	    .tries = errand->reply->tries,
	};

	submission_reply_encode(&reply, &w);
	answer(errand, MSG_QUEUE_REPLY, &w);
	free(body);
}

static void
reply_done(void *arg, const struct err *err)
{
	struct errand *errand = arg;

	if (err != NULL)
		log_warn("run=%s: its end cannot be told now: %s", errand->text,
		    err->text);
	errand_free(errand);
}

/* The body is the run, which has to be found first. */
static void
reply_taken(void *arg, const struct submission_reply *s)
{
	const struct errand *asked = arg;
	struct store *store = asked->desk->store;
	struct errand *errand = errand_new(asked->desk, asked->id, s->id);

	errand->reply = xcalloc(1, sizeof(*errand->reply));
	errand->reply->queue = xstrdup(s->queue);
	errand->reply->user = xstrdup(s->user);
	errand->reply->url = xstrdup(s->url);
	errand->reply->slot_ms = s->slot_ms;
	errand->reply->tries = s->tries;
	store->ops->find(store, errand->text, reply_run, reply_done, errand);
}

static int
take(struct desk *desk, struct message *message)
{
	struct wire_reader *r = &message->body;
	struct store *store = desk->store;
	struct store_take take;
	struct errand *errand;

	take.queue = wire_get_str(r);
	take.host = wire_get_str(r);
	take.workers = wire_get_u32(r);
	take.most = wire_get_u32(r);
	take.now_ms = now_ms();
	if (!wire_ok(r))
		return -1;
	errand = errand_new(desk, message->id, take.queue);
	if (*take.queue == '\0')
		store->ops->replies(
		    store, &take, reply_taken, take_done, errand);
	else
		store->ops->take(store, &take, taken, take_done, errand);
	return 0;
}

/* --- keeping --- */

static void
keep_done(void *arg, const struct err *err)
{
	if (err != NULL)
		log_debug("what was taken from queues is not known to be this "
			  "host's now: %s",
		    err->text);
	errand_free(arg);
}

static int
keep(struct desk *desk, struct message *message)
{
	struct wire_reader *r = &message->body;
	bool all = wire_get_u8(r) != 0;
	const char *host = wire_get_str(r);
	uint32_t n = wire_get_count(r, 5);
	const char **ids = xcalloc((size_t)n + 1, sizeof(*ids));
	struct store *store = desk->store;

	for (uint32_t i = 0; i < n; i++)
		ids[i] = wire_get_str(r);
	if (wire_ok(r))
		store->ops->keep(store, host, ids, n, all, keep_done,
		    errand_new(desk, message->id, ""));
	free(ids);
	return wire_ok(r) ? 0 : -1;
}

int
desk_handle(struct desk *desk, struct message *message, struct err *err)
{
	int rc = -1;

	if (message->type == MSG_QUEUE_SUBMIT)
		rc = submit(desk, message);
	else if (message->type == MSG_QUEUE_TAKE)
		rc = take(desk, message);
	else if (message->type == MSG_QUEUE_KEEP)
		rc = keep(desk, message);
	return rc == 0 ? 0 : err_set(err, "malformed");
}

void
desk_set_channel(struct desk *desk, struct channel *channel)
{
	desk->channel = channel;
	desk->connection++;
}

struct desk *
desk_new(struct store *store)
{
	struct desk *desk = xcalloc(1, sizeof(*desk));

	desk->store = store;
	return desk;
}

void
desk_free(struct desk *desk)
{
	free(desk);
}
