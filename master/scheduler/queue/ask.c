/* POST /v1/submit: checks what is asked, has it stored, answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/timestamp.h"
#include "config/quote.h"
#include "config/section/queue.h"
#include "json_text.h"
#include "kind/http.h"
#include "scheduler/answer/answer.h"
#include "scheduler/master.h"
#include "scheduler/queue/queue.h"

/* Asks that wait for the store. */
#define ASKS_MAX 512

/* Of a command the audit log has so many bytes. */
#define AUDIT_COMMAND_MAX 1000

struct queue_ask {
	uint64_t serial;
	uint64_t id; /* the api's */
	bool wanted; /* whoever asked is still there */
	struct audit_asker asker;
	char *run;      /* owned */
	json_t *became; /* owned */
};

/* No submission is put off for longer. */
#define DELAY_MAX_MS ((int64_t)10 * 366 * 86400 * 1000)

static int
refuse(struct ask *ask, int status, const char *code, const char *text)
{
	answer_error(ask->channel, ask->id, status, code, "%s", text);
	return -1;
}

static int
refuse_bad(struct ask *ask, const char *what, const struct err *err)
{
	answer_error(ask->channel, ask->id, 400, "bad_request", "%s: %s", what,
	    err->text);
	return -1;
}

/* --- what to run --- */

/* As a shell reads it back: one word. */
static void
add_word(struct strbuf *line, const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789_-+./:,@%";

	if (line->len > 0)
		strbuf_addch(line, ' ');
	if (*word != '\0' && word[strspn(word, plain)] == '\0') {
		strbuf_adds(line, word);
		return;
	}
	strbuf_addch(line, '\'');
	for (; *word != '\0'; word++)
		if (*word == '\'')
			strbuf_adds(line, "'\\''");
		else
			strbuf_addch(line, *word);
	strbuf_addch(line, '\'');
}

/* Of words a line. 0, or -1: answered. */
static int
join_words(struct ask *ask, const char *text, struct strbuf *line)
{
	json_t *words = json_loads(text, 0, NULL), *word;
	bool good = json_array_size(words) > 0;
	size_t i;

	json_array_foreach(words, i, word)
	{
		good = good && json_is_string(word) &&
		    strlen(json_string_value(word)) == json_string_length(word);
		if (good)
			add_word(line, json_string_value(word));
	}
	json_decref(words);
	return good ? 0 :
		      refuse(ask, 400, "bad_request",
			  "argv: an array of strings is needed, the first of "
			  "them the program");
}

/* 0, or -1: answered. */
static int
take_command(struct master *m, struct ask *ask, struct strbuf *line)
{
	const char *command = ask_arg(ask, "command");
	const char *argv = ask_arg(ask, "argv");
	const struct job_def *def;
	struct err err = {""};

	if ((command != NULL) == (argv != NULL))
		return refuse(ask, 400, "bad_request",
		    "one of command, a line as in a job file, and argv, an "
		    "array of words, is needed");
	if (command != NULL)
		strbuf_adds(line, command);
	else if (join_words(ask, argv, line) == -1)
		return -1;
	if (line->len > SUBMISSION_COMMAND_MAX)
		return refuse(ask, 400, "bad_request",
		    "the command is longer than 32768 bytes");

	const struct job_pair pair = {"command", strbuf_str(line)};

	def = job_single_new(m->config->defaults, "submitted", &pair, 1, &err);
	if (def == NULL)
		return refuse(ask, 400, "bad_request", err.text);
	job_single_free(def);
	return 0;
}

/* --- where, when, who --- */

static const struct queue_section *
take_queue(struct master *m, struct ask *ask)
{
	const char *name = ask_arg(ask, "queue");
	const struct queue_section *section =
	    config_queue_find(m->config, name != NULL ? name : QUEUE_DEFAULT);
	char text[QUOTE_SIZE];
	struct suggest s;

	if (section != NULL)
		return section;
	suggest_init(&s, name);
	for (size_t i = 0; i < m->config->nqueues; i++)
		suggest_try(&s, m->config->queues[i].name);
	answer_error(ask->channel, ask->id, 404, "not_found",
	    "there is no queue \"%.100s\"%s", name, suggest_text(text, &s));
	return NULL;
}

static int
take_due(struct ask *ask, int64_t *due_r)
{
	const char *at = ask_arg(ask, "at"), *in = ask_arg(ask, "in");
	int64_t now_ms = clock_ms(), delay_ms = 0;
	struct err err = {""};

	*due_r = now_ms;
	if (at != NULL && in != NULL)
		return refuse(ask, 400, "bad_request",
		    "at and in cannot be given together");
	if (at != NULL && timestamp_parse_ms(at, due_r, &err) == -1)
		return refuse_bad(ask, "at", &err);
	if (in != NULL && duration_parse_ms(in, &delay_ms, &err) == -1)
		return refuse_bad(ask, "in", &err);
	if (delay_ms > DELAY_MAX_MS || *due_r - now_ms > DELAY_MAX_MS)
		return refuse(ask, 400, "bad_request",
		    "it cannot be put off for more than ten years");
	*due_r += delay_ms;
	if (*due_r < now_ms)
		*due_r = now_ms; /* late already: at once */
	return 0;
}

/* One printable word. */
static int
check_key(struct ask *ask, const char *key)
{
	size_t n = strlen(key);

	if (n > 0 && n <= SUBMISSION_KEY_MAX)
		for (; *key > ' ' && *key < 0x7f; key++)
			;
	if (*key == '\0' && n > 0)
		return 0;
	return refuse(ask, 400, "bad_request",
	    "key: 1 to 256 letters, digits and signs without blanks are "
	    "possible");
}

static int
check_callback(struct ask *ask, const char *url)
{
	struct err err = {""};

	if (http_check_url(url, &err) == -1)
		return refuse_bad(ask, "callback", &err);
	return 0;
}

/*
 * Root and the user that belfryd works as have their commands run as the jobs
 * are that name no user; everybody else as themselves. Who is known by name
 * only, over the network, as the jobs are, if that is not root.
 */
static int
take_user(struct master *m, struct ask *ask, char *user, size_t size)
{
	const char *uid = ask_arg(ask, "uid");
	unsigned long n = uid != NULL ? strtoul(uid, NULL, 10) : 0;
	/* Without root we are who runs the jobs, and with it, too. */
	bool as_jobs = uid != NULL ? n == 0 || n == getuid() : getuid() != 0;

	user[0] = '\0';
	if (as_jobs)
		return 0;
	if (uid == NULL)
		return refuse(ask, 403, "forbidden",
		    "what comes over the network would run as root; set user "
		    "in [master]");
	if (m->role->privileged) {
		snprintf(user, size, "%s", uid);
		return 0;
	}
	answer_error(ask->channel, ask->id, 403, "forbidden",
	    "belfryd does not run as root, so it can run commands as uid %u "
	    "only, and takes none from others",
	    getuid());
	return -1;
}

static int
check_state(struct master *m, struct ask *ask)
{
	if (m->phase != MASTER_RUNNING)
		return refuse(ask, 409, "refused",
		    "the daemon is draining and takes nothing more");
	if (m->recorder == NULL || m->queues.nasks >= ASKS_MAX)
		return refuse(ask, 503, "unavailable",
		    "the store is not there now; try again in a moment");
	return 0;
}

/* --- to the store and back --- */

/* The beginning of the command, which says what it is. */
static json_t *
audit_of(const struct submission *s)
{
	char *command = xstrndup(s->command, AUDIT_COMMAND_MAX);
	json_t *json = json_pack("{s:s, s:o, s:o, s:o, s:o}", "queue", s->queue,
	    "command", json_text(command), "due", answer_time(s->due_ms), "key",
	    json_text_or_null(s->key), "user", json_text_or_null(s->user));

	free(command);
	return json;
}

static void
add_ask(
    struct queues *queues, const struct ask *ask, const struct submission *s)
{
	array_reserve(&queues->asks, &queues->cap, queues->nasks + 1,
	    sizeof(*queues->asks));
	queues->asks[queues->nasks++] = (struct queue_ask){
	    .serial = ++queues->serial,
	    .id = ask->id,
	    .wanted = true,
	    .asker = answer_audit_asker(ask),
	    .run = xstrdup(s->id),
	    .became = audit_of(s),
	};
}

static void
store(struct master *m, struct ask *ask, const struct submission *s,
    int64_t limit)
{
	struct queues *queues = &m->queues;
	struct wire_writer w = WIRE_WRITER_INIT;

	submission_encode(s, &w);
	wire_put_i64(&w, limit);
	add_ask(queues, ask, s);
	channel_send(m->recorder, MSG_QUEUE_SUBMIT, queues->serial, &w, -1);
	wire_writer_fini(&w);
	log_info("queue %s: run=%s submitted by %s%s%s", s->queue, s->id,
	    ask->who, *s->key != '\0' ? ", key " : "", s->key);
}

static const char *
or_none(const char *text)
{
	return text != NULL ? text : "";
}

/* 0, or -1: answered. */
static int
take_words(struct ask *ask, struct submission *s)
{
	s->who = ask->who;
	s->key = or_none(ask_arg(ask, "key"));
	s->callback = or_none(ask_arg(ask, "callback"));
	if (ask_arg(ask, "key") != NULL && check_key(ask, s->key) == -1)
		return -1;
	if (ask_arg(ask, "callback") != NULL &&
	    check_callback(ask, s->callback) == -1)
		return -1;
	return 0;
}

void
queue_answer_submit(struct master *m, struct ask *ask)
{
	const struct queue_section *queue;
	struct strbuf line = STRBUF_INIT;
	struct submission s = {.created_ms = clock_ms()};
	char id[RUN_ID_SIZE], user[32];

	if (check_state(m, ask) == -1 || (queue = take_queue(m, ask)) == NULL ||
	    take_due(ask, &s.due_ms) == -1 || take_words(ask, &s) == -1 ||
	    take_user(m, ask, user, sizeof(user)) == -1 ||
	    take_command(m, ask, &line) == -1) {
		strbuf_fini(&line);
		return;
	}
	run_id_make_queued(&m->ids, s.created_ms, id);
	s.id = id;
	s.queue = queue->name;
	s.user = user;
	s.command = strbuf_str(&line);
	store(m, ask, &s, queue->limit);
	strbuf_fini(&line);
}

static struct queue_ask *
find_ask(struct queues *queues, uint64_t serial)
{
	for (size_t i = 0; i < queues->nasks; i++)
		if (queues->asks[i].serial == serial)
			return &queues->asks[i];
	return NULL;
}

static void
forget_ask(struct queues *queues, struct queue_ask *a)
{
	free(a->run);
	json_decref(a->became);
	*a = queues->asks[--queues->nasks];
}

/* It is stored all the same, and recorded. */
void
queue_cancel_ask(struct master *m, uint64_t id)
{
	for (size_t i = 0; i < m->queues.nasks; i++)
		if (m->queues.asks[i].id == id)
			m->queues.asks[i].wanted = false;
}

void
queue_forget_asks(struct master *m)
{
	for (size_t i = 0; i < m->queues.nasks; i++)
		m->queues.asks[i].wanted = false;
}

static void
record_ask(struct master *m, const struct queue_ask *a)
{
	answer_audit_late(
	    m, &a->asker, "submit", a->run, NULL, json_incref(a->became));
}

/* Whether it was stored will not be known here: recorded as that. */
void
queue_fail_asks(struct master *m)
{
	struct queues *queues = &m->queues;
	struct queue_ask *a;

	while (queues->nasks > 0) {
		a = &queues->asks[queues->nasks - 1];
		if (a->wanted && m->api != NULL)
			answer_error(m->api, a->id, 503, "unavailable",
			    "the store restarts, and nobody knows whether it "
			    "was stored; with a key it can safely be submitted "
			    "again");
		json_object_set_new(a->became, "stored", json_null());
		record_ask(m, a);
		forget_ask(queues, a);
	}
}

void
queue_drop_asks(struct master *m)
{
	struct queues *queues = &m->queues;

	while (queues->nasks > 0)
		forget_ask(queues, &queues->asks[queues->nasks - 1]);
	free(queues->asks);
	queues->asks = NULL;
}

static void
answer_stored(
    struct master *m, uint64_t id, const char *run, int64_t due_ms, bool known)
{
	char *text = json_take_dump(json_pack("{s:s, s:o, s:b}", "run", run,
	    "due", answer_time(due_ms), "known", known));

	answer_json(m->api, id, 202, text);
	free(text);
}

static void
answer_submitted(struct master *m, uint64_t id, enum submit_result result,
    const char *run, int64_t due_ms, const char *problem)
{
	if (result == SUBMIT_FULL)
		answer_error(m->api, id, 409, "queue_full", "%s", problem);
	else if (result == SUBMIT_FAILED)
		answer_error(m->api, id, 503, "store_unavailable",
		    "the store cannot take it now: %s", problem);
	else
		answer_stored(m, id, run, due_ms, result == SUBMIT_KNOWN);
}

int
queue_submitted(struct master *m, struct message *message)
{
	struct wire_reader *r = &message->body;
	enum submit_result result = wire_get_u8(r);
	const char *run = wire_get_str(r);
	int64_t due_ms = wire_get_i64(r);
	const char *problem = wire_get_str(r);
	struct queue_ask *a;

	if (!wire_ok(r) || result > SUBMIT_FAILED)
		return -1;
	a = find_ask(&m->queues, message->id);
	if (a != NULL && result == SUBMIT_STORED)
		record_ask(m, a);
	if (a != NULL && a->wanted && m->api != NULL)
		answer_submitted(m, a->id, result, run, due_ms, problem);
	if (a != NULL)
		forget_ask(&m->queues, a);
	if (result == SUBMIT_STORED)
		queue_look_all(m);
	return 0;
}
