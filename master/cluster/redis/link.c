#include "cluster/redis/link.h"

#include <event2/util.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "cluster/redis/link_internal.h"

#define RETRY_LEAST_MS 100
#define RETRY_MOST_MS  2000
#define CHECK_EVERY_MS 60000
#define OUT_MAX        4096 /* commands under way */

int64_t
boottime_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* ----------------------------------------------------------------- timer */

/* The first thing that time brings: a deadline, a retry, a check. */
static void
set_timer(struct link *link)
{
	const struct call *first = TAILQ_FIRST(&link->calls);
	int64_t at = link->state == LINK_DOWN ? link->retry_us :
	    link->state == LINK_UP            ? link->check_us :
						link->connect_us;
	int64_t wait;
	struct timeval tv;

	if (first != NULL && first->deadline_us < at)
		at = first->deadline_us;
	if (!TAILQ_EMPTY(&link->unsent))
		at = 0;
	wait = at - boottime_us();
	wait = wait < 0 ? 0 : wait;
	tv.tv_sec = (time_t)(wait / 1000000);
	tv.tv_usec = (suseconds_t)(wait % 1000000);
	event_add(link->timer, &tv);
}

/* ------------------------------------------------------------------ ends */

static void
answer_call(
    struct link *link, struct call *call, const struct protocol_reply *reply)
{
	struct request *request = call->request;

	call->request = NULL;
	if (request != NULL)
		link->config.ops->answer(
		    link, request, reply, link->config.arg);
}

static void
call_free(struct call *call)
{
	args_fini(&call->args);
	free(call);
}

/* Those that hiredis still refers to it calls back for, once more. */
static void
drop_calls(struct link *link)
{
	struct call *call;

	while ((call = TAILQ_FIRST(&link->calls)) != NULL) {
		TAILQ_REMOVE(&link->calls, call, link_entry);
		call->link = NULL;
		link->out--;
		answer_call(link, call, NULL);
		if (call->is_ended)
			call_free(call);
	}
}

static void
answer_unsent(struct link *link)
{
	struct call *call;

	while ((call = TAILQ_FIRST(&link->unsent)) != NULL) {
		TAILQ_REMOVE(&link->unsent, call, link_entry);
		answer_call(link, call, NULL);
		call_free(call);
	}
}

static void
close_context(redisAsyncContext **ac)
{
	redisAsyncContext *old = *ac;

	*ac = NULL;
	if (old == NULL)
		return;
	old->data = NULL;
	redisAsyncFree(old);
}

static int64_t
retry_pause_us(unsigned failures)
{
	int64_t pause = (int64_t)RETRY_LEAST_MS * 1000
	    << (failures < 5 ? failures : 5);
	uint32_t random;

	if (pause > (int64_t)RETRY_MOST_MS * 1000)
		pause = (int64_t)RETRY_MOST_MS * 1000;
	evutil_secure_rng_get_bytes(&random, sizeof(random));
	return pause / 2 + random % (pause / 2 + 1);
}

void
link_fail(struct link *link, const char *why)
{
	bool was_up = link->state == LINK_UP;

	if (link->state == LINK_DOWN)
		return;
	snprintf(link->why, sizeof(link->why), "%s", why);
	link->state = LINK_DOWN;
	link->retry_us = boottime_us() + retry_pause_us(link->failures++);
	if (link->lookup != NULL)
		evdns_getaddrinfo_cancel(link->lookup);
	link->lookup = NULL;
	close_context(&link->ac);
	close_context(&link->sub);
	drop_calls(link);
	if (was_up || !link->told_down)
		link->config.ops->down(link, link->why, link->config.arg);
	link->told_down = true;
	set_timer(link);
}

void
link_failf(struct link *link, const char *fmt, ...)
{
	char why[sizeof(link->why)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	link_fail(link, why);
}

void
link_is_up(struct link *link)
{
	bool again = link->state == LINK_UP;

	link->state = LINK_UP;
	link->check_us = boottime_us() + CHECK_EVERY_MS * 1000LL;
	if (!again) {
		link->failures = 0;
		link->told_down = false;
		link->why[0] = '\0';
	}
	link->config.ops->up(link, link->config.arg);
	set_timer(link);
}

/* ----------------------------------------------------------------- calls */

static struct call *
call_new(struct link *link)
{
	struct call *call = xcalloc(1, sizeof(*call));

	call->link = link;
	return call;
}

static void send_again(struct link *link, struct call *call);

/* The strings of a list of strings; anything else is no answer of ours. */
static void
answer_script(struct link *link, struct call *call, const redisReply *reply)
{
	struct protocol_reply strings = {.n = reply->elements};
	const char **s;

	if (reply->type != REDIS_REPLY_ARRAY)
		return link_failf(link, "script %s: %s",
		    scripts[call->script].name,
		    reply->type == REDIS_REPLY_ERROR ? reply->str :
						       "not a list");
	s = xcalloc(reply->elements + 1, sizeof(*s));
	for (size_t i = 0; i < reply->elements; i++)
		s[i] = reply->element[i]->type == REDIS_REPLY_STRING ?
		    reply->element[i]->str :
		    "";
	strings.s = s;
	answer_call(link, call, &strings);
	free(s);
}

static void
call_answered(struct link *link, struct call *call, const redisReply *reply)
{
	link->latency_us = boottime_us() - call->sent_us;
	if (call->request == NULL) {
		if (reply->type == REDIS_REPLY_ERROR)
			link_fail(link, reply->str);
		else
			call->greeted(link, reply);
	} else if (reply->type == REDIS_REPLY_ERROR &&
	    strncmp(reply->str, "NOSCRIPT", 8) == 0) {
		send_again(link, call);
	} else {
		answer_script(link, call, reply);
	}
}

static void
replied(redisAsyncContext *ac, void *r, void *arg)
{
	struct call *call = arg;
	struct link *link = call->link;

	(void)ac;
	if (link == NULL) {
		call_free(call); /* given up before */
		return;
	}
	if (r == NULL) {
		call->is_ended = true; /* drop_calls() is next */
		return;
	}
	TAILQ_REMOVE(&link->calls, call, link_entry);
	link->out--;
	call_answered(link, call, r);
	/* Not answered: the connection was given up over it. */
	answer_call(link, call, NULL);
	call_free(call);
	set_timer(link);
}

static void
call_start(struct link *link, struct call *call, int argc, const char **argv,
    const size_t *lengths)
{
	bool first = TAILQ_EMPTY(&link->calls);

	call->sent_us = boottime_us();
	call->deadline_us = call->sent_us + link->config.timeout_ms * 1000;
	if (redisAsyncCommandArgv(
		link->ac, replied, call, argc, argv, lengths) != REDIS_OK) {
		TAILQ_INSERT_TAIL(&link->unsent, call, link_entry);
	} else {
		TAILQ_INSERT_TAIL(&link->calls, call, link_entry);
		link->out++;
	}
	if (first || !TAILQ_EMPTY(&link->unsent))
		set_timer(link);
}

void
link_command(struct link *link,
    void (*greeted)(struct link *link, const redisReply *reply), int argc,
    const char **argv)
{
	struct call *call = call_new(link);

	call->greeted = greeted;
	call_start(link, call, argc, argv, NULL);
}

static void
send_script(struct link *link, struct call *call, bool text)
{
	const struct script *script = &scripts[call->script];
	size_t n = call->args.n + 4;
	const char **argv = xcalloc(n, sizeof(*argv));
	size_t *lengths = xcalloc(n, sizeof(*lengths));

	argv[0] = text ? "EVAL" : "EVALSHA";
	argv[1] = text ? script->text : script->sha;
	argv[2] = "1";
	argv[3] = link->config.key;
	for (size_t i = 0; i < 4; i++)
		lengths[i] = strlen(argv[i]);
	for (size_t i = 4; i < n; i++) {
		argv[i] = args_get(&call->args, i - 4);
		lengths[i] = args_len(&call->args, i - 4);
	}
	call_start(link, call, (int)n, argv, lengths);
	free(argv);
	free(lengths);
}

/* The server does not know the script yet: its text, once. */
static void
send_again(struct link *link, struct call *call)
{
	struct call *again = call_new(link);

	again->request = call->request;
	again->script = call->script;
	again->args = call->args;
	call->request = NULL;
	call->args = (struct args){0};
	send_script(link, again, true);
}

void
link_send(struct link *link, enum script_id script, const struct args *args,
    struct request *request)
{
	struct call *call = call_new(link);

	call->request = request;
	call->script = script;
	if (link->state != LINK_UP || link->out >= OUT_MAX) {
		TAILQ_INSERT_TAIL(&link->unsent, call, link_entry);
		set_timer(link);
		return;
	}
	args_copy(&call->args, args);
	send_script(link, call, false);
}

/* ------------------------------------------------------------------ time */

static void
time_passed(evutil_socket_t fd, short what, void *arg)
{
	struct link *link = arg;
	const struct call *first = TAILQ_FIRST(&link->calls);
	int64_t now = boottime_us();

	answer_unsent(link);
	if (first != NULL && first->deadline_us <= now)
		link_failf(link, "no answer within %lld ms",
		    (long long)link->config.timeout_ms);
	else if (link->state == LINK_DOWN && link->retry_us <= now)
		link_connect(link);
	else if (link->state == LINK_SETUP && link->connect_us <= now)
		link_fail(link, "cannot connect in time");
	else if (link->state == LINK_UP && link->check_us <= now)
		link_check(link);
	set_timer(link);
}

struct link *
link_new(const struct link_config *config)
{
	struct link *link = xcalloc(1, sizeof(*link));

	link->config = *config;
	link->latency_us = -1;
	TAILQ_INIT(&link->calls);
	TAILQ_INIT(&link->unsent);
	link->timer = evtimer_new(config->base, time_passed, link);
	set_timer(link);
	return link;
}

void
link_free(struct link *link)
{
	if (link == NULL)
		return;
	if (link->lookup != NULL)
		evdns_getaddrinfo_cancel(link->lookup);
	link->lookup = NULL;
	close_context(&link->ac);
	close_context(&link->sub);
	drop_calls(link);
	answer_unsent(link);
	event_free(link->timer);
	free(link);
}

void
link_flush(struct link *link)
{
	if (link != NULL && link->state == LINK_UP)
		redisAsyncHandleWrite(link->ac);
}

bool
link_is_unfit(const struct link *link)
{
	return link->unfit;
}

const struct redis_info *
link_info(const struct link *link)
{
	return &link->info;
}

const char *
link_why(const struct link *link)
{
	return link->why;
}

int64_t
link_latency_us(const struct link *link)
{
	return link->latency_us;
}
