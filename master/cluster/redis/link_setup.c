#include <errno.h>
#include <event2/util.h>
#include <hiredis/adapters/libevent.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/mem.h"
#include "cluster/redis/link_internal.h"

#define CONNECT_LEAST_MS 2000
/* Bytes that nobody acknowledges: the peer is gone. */
#define USER_TIMEOUT_MS  5000
/* How long a scratch claim stands; only it and the next call need it. */
#define SCRATCH_MS       "60000"

/* -------------------------------------------------------------- greeting */

static void
warn_unfit(struct link *link, const struct err *err)
{
	link_failf(
	    link, "%s cannot be used: %s", link->config.url->shown, err->text);
}

/* As a text: it is asked too seldom to be known there. */
static void
ask_scratch(struct link *link,
    void (*answered)(struct link *link, const redisReply *reply))
{
	const char *argv[] = {"EVAL", scripts[SCRIPTS_SCRATCH].text, "1",
	    link->config.key, link->scratch, SCRATCH_MS};

	link_command(link, answered, (int)nitems(argv), argv);
}

static bool
is_word(const redisReply *reply, const char *word)
{
	return reply->type == REDIS_REPLY_ARRAY && reply->elements == 1 &&
	    reply->element[0]->type == REDIS_REPLY_STRING &&
	    strcmp(reply->element[0]->str, word) == 0;
}

static void
scratch_failed(struct link *link, const char *what)
{
	struct err err = {""};

	link->unfit = true;
	link->info.claims = REDIS_CLAIMS_FAILED;
	err_set(&err, "a claim on a scratch key was %s", what);
	warn_unfit(link, &err);
}

static void
scratch_again(struct link *link, const redisReply *reply)
{
	if (!is_word(reply, "TAKEN")) {
		scratch_failed(
		    link, "granted twice: it does not keep what it answers");
		return;
	}
	link->info.claims = REDIS_CLAIMS_OK;
	link_is_up(link);
}

/* Two calls, as those of two hosts are. */
static void
scratch_told(struct link *link, const redisReply *reply)
{
	if (is_word(reply, "OK"))
		ask_scratch(link, scratch_again);
	else
		scratch_failed(link, "refused the first time");
}

static void
scratch_first(struct link *link)
{
	uint64_t random;

	evutil_secure_rng_get_bytes(&random, sizeof(random));
	snprintf(link->scratch, sizeof(link->scratch), "%016" PRIx64, random);
	ask_scratch(link, scratch_told);
}

static void
told_info(struct link *link, const redisReply *reply)
{
	struct err err = {""};

	if (reply->type != REDIS_REPLY_STRING)
		return link_fail(link, "INFO: not a text");
	redis_info_parse(reply->str, &link->info);
	link->unfit = redis_info_check(&link->info, &err) == -1;
	if (link->unfit)
		return warn_unfit(link, &err);
	scratch_first(link);
}

void
link_check(struct link *link)
{
	const char *info[] = {"INFO"};

	/* Until the answer says when the next look is due. */
	link->check_us = INT64_MAX;
	link_command(link, told_info, 1, info);
}

static void
greeted(struct link *link, const redisReply *reply)
{
}

/* So that none has to be sent as a text when it is needed. */
static void
load_scripts(struct link *link)
{
	for (size_t i = 0; i < SCRIPTS_COUNT; i++) {
		const char *load[] = {"SCRIPT", "LOAD", scripts[i].text};

		link_command(link, greeted, 3, load);
	}
}

static void
greet(struct link *link)
{
	const struct redis_url *url = link->config.url;
	const char *auth[] = {"AUTH", url->user, url->password};
	const char *auth_only[] = {"AUTH", url->password};
	char database[16];
	const char *select[] = {"SELECT", database};
	const char *name[] = {"CLIENT", "SETNAME", link->config.name};

	snprintf(database, sizeof(database), "%u", (unsigned)url->database);
	if (url->password != NULL && url->user != NULL)
		link_command(link, greeted, 3, auth);
	else if (url->password != NULL)
		link_command(link, greeted, 2, auth_only);
	if (url->database != 0)
		link_command(link, greeted, 2, select);
	link_command(link, greeted, 3, name);
	load_scripts(link);
	link_check(link);
}

/* ------------------------------------------------------------- listening */

/* ["message", CHANNEL, TEXT]; at the beginning ["subscribe", ...]. */
static void
heard(redisAsyncContext *ac, void *r, void *arg)
{
	const redisReply *reply = r;
	struct link *link = ac->data;

	(void)arg;
	if (link == NULL || reply == NULL)
		return;
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 3)
		link->config.ops->wake(link, link->config.arg);
}

/* To the question behind it hiredis would only hear that this one failed. */
static void
logged_in(redisAsyncContext *ac, void *r, void *arg)
{
	const redisReply *reply = r;
	struct link *link = ac->data;

	(void)arg;
	if (link != NULL && reply != NULL && reply->type == REDIS_REPLY_ERROR)
		link_fail(link, reply->str);
}

static void
listen_on(struct link *link)
{
	const struct redis_url *url = link->config.url;
	redisAsyncContext *sub = link->sub;

	if (url->password != NULL && url->user != NULL)
		redisAsyncCommand(sub, logged_in, NULL, "AUTH %s %s", url->user,
		    url->password);
	else if (url->password != NULL)
		redisAsyncCommand(
		    sub, logged_in, NULL, "AUTH %s", url->password);
	redisAsyncCommand(
	    sub, heard, NULL, "SUBSCRIBE %s", link->config.channel);
}

/* ------------------------------------------------------------ connecting */

static void
set_socket(redisAsyncContext *ac, bool tcp)
{
	int fd = ac->c.fd, on = 1, idle = 10, count = 3;
	unsigned patience = USER_TIMEOUT_MS;

	fd_cloexec(fd, 1);
	if (!tcp)
		return;
	/* Nothing depends on these: deadlines do the rest. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	setsockopt(
	    fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience));
}

/* hiredis copies the error only after it has said that connecting failed. */
static const char *
reason_of(const redisAsyncContext *ac)
{
	if (ac->err != 0 && ac->errstr[0] != '\0')
		return ac->errstr;
	return ac->c.err != 0 ? ac->c.errstr : "connection closed";
}

static void
disconnected(const redisAsyncContext *ac, int status)
{
	struct link *link = ac->data;
	char why[256];

	if (link == NULL)
		return;
	snprintf(why, sizeof(why), "%s", reason_of(ac));
	/* hiredis frees it when this returns. */
	if (link->ac == ac)
		link->ac = NULL;
	if (link->sub == ac)
		link->sub = NULL;
	link_fail(link, why);
}

static void
connected(const redisAsyncContext *ac, int status)
{
	struct link *link = ac->data;

	if (link == NULL)
		return;
	if (status != REDIS_OK)
		return disconnected(ac, status);
	if (ac == link->sub)
		listen_on(link);
	else
		greet(link);
}

static redisAsyncContext *
open_context(struct link *link, const char *address)
{
	const struct redis_url *url = link->config.url;
	redisAsyncContext *ac = url->path != NULL ?
	    redisAsyncConnectUnix(url->path) :
	    redisAsyncConnect(address, url->port);

	if (ac == NULL)
		return NULL;
	if (ac->err != 0) {
		snprintf(link->why, sizeof(link->why), "%s", ac->errstr);
		redisAsyncFree(ac);
		return NULL;
	}
	ac->data = link;
	set_socket(ac, url->path == NULL);
	if (redisLibeventAttach(ac, link->config.base) != REDIS_OK) {
		redisAsyncFree(ac);
		return NULL;
	}
	redisAsyncSetConnectCallback(ac, connected);
	redisAsyncSetDisconnectCallback(ac, disconnected);
	return ac;
}

static void
connect_to(struct link *link, const char *address)
{
	char why[sizeof(link->why)];

	snprintf(link->why, sizeof(link->why), "out of memory");
	link->ac = open_context(link, address);
	if (link->ac != NULL && link->config.channel != NULL)
		link->sub = open_context(link, address);
	if (link->ac != NULL &&
	    (link->sub != NULL || link->config.channel == NULL))
		return;
	snprintf(why, sizeof(why), "%s", link->why);
	link_fail(link, why);
}

static void
looked_up(int status, struct evutil_addrinfo *found, void *arg)
{
	struct link *link = arg;
	char address[INET6_ADDRSTRLEN] = "";

	/* Cancelled: the link may be gone. */
	if (status == EVUTIL_EAI_CANCEL)
		return;
	link->lookup = NULL;
	if (status == 0)
		status =
		    getnameinfo(found->ai_addr, (socklen_t)found->ai_addrlen,
			address, sizeof(address), NULL, 0, NI_NUMERICHOST);
	if (found != NULL)
		evutil_freeaddrinfo(found);
	if (status != 0)
		link_failf(link, "cannot find %s: %s", link->config.url->host,
		    evutil_gai_strerror(status));
	else
		connect_to(link, address);
}

static bool
is_numeric(const char *host)
{
	char address[16];

	return evutil_inet_pton(AF_INET, host, address) == 1 ||
	    evutil_inet_pton(AF_INET6, host, address) == 1;
}

void
link_connect(struct link *link)
{
	const struct redis_url *url = link->config.url;
	struct evutil_addrinfo hints = {
	    .ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM,
	};
	int64_t patience = link->config.timeout_ms > CONNECT_LEAST_MS ?
	    link->config.timeout_ms :
	    CONNECT_LEAST_MS;

	link->state = LINK_SETUP;
	link->connect_us = boottime_us() + patience * 1000;
	if (url->path != NULL || is_numeric(url->host))
		return connect_to(link, url->host);
	/* May call looked_up() at once: /etc/hosts. */
	link->lookup = evdns_getaddrinfo(
	    link->config.dns, url->host, NULL, &hints, looked_up, link);
}
