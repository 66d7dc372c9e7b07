#include "mutex/server.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "mutex/mutex.h"

static struct timeval
timeval_of(int64_t ms)
{
	struct timeval tv;

	ms = ms < 1 ? 1 : ms;
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	return tv;
}

void
mutex_server_close(struct mutex_server *server)
{
	if (server->context != NULL)
		redisFree(server->context);
	server->context = NULL;
	server->asked = false;
}

static bool
give_up(struct mutex_server *server, const char *why)
{
	snprintf(server->why, sizeof(server->why), "%s: %s", server->url->shown,
	    why);
	mutex_server_close(server);
	return false;
}

/* One command of the greeting. */
static bool
greet_with(struct mutex_server *server, int argc, const char **argv)
{
	redisReply *reply = redisCommandArgv(server->context, argc, argv, NULL);
	bool good = reply != NULL && reply->type != REDIS_REPLY_ERROR;

	if (!good)
		give_up(server,
		    reply != NULL ? reply->str : server->context->errstr);
	if (reply != NULL)
		freeReplyObject(reply);
	return good;
}

static bool
greet(struct mutex_server *server)
{
	const struct redis_url *url = server->url;
	const char *auth[] = {"AUTH", url->user, url->password};
	const char *auth_only[] = {"AUTH", url->password};
	char database[16];
	const char *select[] = {"SELECT", database};

	snprintf(database, sizeof(database), "%u", (unsigned)url->database);
	if (url->password != NULL && url->user != NULL &&
	    !greet_with(server, 3, auth))
		return false;
	if (url->password != NULL && url->user == NULL &&
	    !greet_with(server, 2, auth_only))
		return false;
	return url->database == 0 || greet_with(server, 2, select);
}

static bool
connect_server(struct mutex_server *server, int64_t timeout_ms)
{
	const struct redis_url *url = server->url;
	struct timeval tv = timeval_of(timeout_ms);

	if (server->context != NULL)
		return true;
	server->context = url->path != NULL ?
	    redisConnectUnixWithTimeout(url->path, tv) :
	    redisConnectWithTimeout(url->host, url->port, tv);
	if (server->context == NULL)
		return give_up(server, "out of memory");
	if (server->context->err != 0)
		return give_up(server, server->context->errstr);
	/* hiredis leaves them open to what is executed. */
	fd_cloexec(server->context->fd, 1);
	redisSetTimeout(server->context, tv);
	return greet(server);
}

static bool
send_ask(struct mutex_server *server, const struct mutex_ask *ask, bool text)
{
	const struct script *script = &mutex_scripts[ask->script];
	const char *argv[] = {text ? "EVAL" : "EVALSHA",
	    text ? script->text : script->sha, "2", ask->key, ask->fence_key,
	    ask->value, ask->argument};
	int done = 0;

	if (redisAppendCommandArgv(server->context,
		ask->argument[0] != '\0' ? 7 : 6, argv, NULL) != REDIS_OK)
		return give_up(server, server->context->errstr);
	while (!done)
		if (redisBufferWrite(server->context, &done) != REDIS_OK)
			return give_up(server, server->context->errstr);
	return true;
}

void
mutex_server_ask(struct mutex_server *server, const struct mutex_ask *ask,
    int64_t timeout_ms)
{
	server->asked = false;
	if (connect_server(server, timeout_ms))
		server->asked = send_ask(server, ask, false);
}

/* Takes the reply over. */
static bool
take(struct mutex_server *server, redisReply *reply)
{
	bool good = reply->type == REDIS_REPLY_STRING;

	if (good)
		snprintf(
		    server->answer, sizeof(server->answer), "%s", reply->str);
	else
		give_up(server,
		    reply->type == REDIS_REPLY_ERROR ? reply->str :
						       "no answer of ours");
	freeReplyObject(reply);
	return good;
}

static redisReply *
read_reply(struct mutex_server *server, int64_t deadline_ms)
{
	void *reply = NULL;

	redisSetTimeout(
	    server->context, timeval_of(deadline_ms - mutex_now_ms()));
	if (redisGetReply(server->context, &reply) == REDIS_OK)
		return reply;
	/* A late answer would be taken for that of the next question. */
	give_up(server, server->context->errstr);
	return NULL;
}

bool
mutex_server_wait(struct mutex_server *server, const struct mutex_ask *ask,
    int64_t deadline_ms)
{
	redisReply *reply;

	if (!server->asked)
		return false;
	server->asked = false;
	reply = read_reply(server, deadline_ms);
	if (reply == NULL)
		return false;
	if (reply->type == REDIS_REPLY_ERROR &&
	    strncmp(reply->str, "NOSCRIPT", 8) == 0) {
		freeReplyObject(reply);
		if (!send_ask(server, ask, true))
			return false;
		reply = read_reply(server, deadline_ms);
		if (reply == NULL)
			return false;
	}
	return take(server, reply);
}
