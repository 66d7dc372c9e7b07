/*
 * /metrics: the master's, then the recorder's, then our own. Who does not
 * answer in time is missing, and is told so. Runs in the api process.
 */
#include <stdio.h>

#include "api/http/http_ask_internal.h"
#include "prom.h"

#define PROM_TYPE "text/plain; version=0.0.4; charset=utf-8"

static unsigned
count_pending(const struct ask_table *table)
{
	unsigned n = 0;

	for (unsigned i = 0; i < ASK_PENDING_MAX; i++)
		n += table->pending[i].id != 0;
	return n;
}

static void
add_own(const struct ask_table *table, struct strbuf *b)
{
	struct http_counts counts = http_server_counts(table->config.server);
	char class[4] = "0xx";

	prom_family(b, "belfry_http_answers_total", "counter",
	    "Answers to HTTP requests, by class of status.");
	for (int i = 2; i <= 5; i++) {
		class[0] = (char)('0' + i);
		prom_sample(b, "belfry_http_answers_total", "code", class,
		    (double)counts.answers[i]);
	}
	prom_one(b, "belfry_http_connections", "gauge",
	    "Open connections of clients.", counts.connections);
	prom_one(b, "belfry_http_pending_requests", "gauge",
	    "Requests that wait for an answer, this one included.",
	    count_pending(table));
}

static void
finish(struct ask_pending *p)
{
	struct http_conn *conn = p->conn;
	struct strbuf body = p->body;

	p->body = (struct strbuf)STRBUF_INIT;
	prom_family(&body, "belfry_up", "gauge",
	    "1 when the process answered in time.");
	prom_sample(&body, "belfry_up", "process", "master", p->up[0]);
	prom_sample(&body, "belfry_up", "process", "recorder", p->up[1]);
	add_own(p->table, &body);
	ask_forget(p);
	http_conn_reply(conn, 200, PROM_TYPE, strbuf_str(&body), body.len);
	strbuf_fini(&body);
}

void
ask_metrics_next(struct ask_pending *p, bool answered)
{
	const struct ask ask = {.verb = "metrics", .who = ""};

	/* Of what came half, or is an error, nothing is used. */
	if (answered)
		p->used = p->body.len;
	else
		strbuf_cut(&p->body, p->used);
	p->up[p->peer == ROLE_RECORDER] = answered;
	if (p->peer == ROLE_RECORDER) {
		finish(p);
		return;
	}
	p->peer = ROLE_RECORDER;
	p->status = 0;
	ask_limit_time(p);
	if (ask_send(p, &ask) == -1)
		ask_metrics_next(p, false);
}
