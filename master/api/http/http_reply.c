/* One connection: writes its answers. Runs in the api process. */
#include "api/http/http_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/http/http_encoding.h"
#include "api/http/http_internal.h"
#include "base/mem.h"

static struct evbuffer *
output(const struct http_conn *conn)
{
	return bufferevent_get_output(conn->bev);
}

bool
http_conn_wants_head(const struct http_conn *conn)
{
	return conn->head.method != NULL &&
	    strcmp(conn->head.method, "HEAD") == 0;
}

static bool
is_get_request(const struct http_conn *conn)
{
	return http_conn_wants_head(conn) ||
	    (conn->head.method != NULL &&
		strcmp(conn->head.method, "GET") == 0);
}

size_t
http_conn_backlog(const struct http_conn *conn)
{
	return evbuffer_get_length(output(conn));
}

void
http_conn_set_data(struct http_conn *conn, void *data)
{
	conn->data = data;
}

void *
http_conn_data(const struct http_conn *conn)
{
	return conn->data;
}

void
http_conn_set_endless(struct http_conn *conn)
{
	conn->endless = true;
	http_conn_set_timer(conn);
}

void
http_conn_add_header(
    struct http_conn *conn, const char *name, const char *value)
{
	size_t used = strlen(conn->extra), room = sizeof(conn->extra) - used;
	int n;

	n = snprintf(conn->extra + used, room, "%s: %s\r\n", name, value);
	if (n < 0 || (size_t)n >= room)
		conn->extra[used] = '\0'; /* rather none than half of it */
}

/* "Date: Tue, 10 Mar 2026 07:00:00 GMT", which no locale may translate. */
static void
write_date(struct evbuffer *out)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	evbuffer_add_printf(out,
	    "Date: %.3s, %02d %.3s %d %02d:%02d:%02d GMT\r\n",
	    days + (ptrdiff_t)tm.tm_wday * 3, tm.tm_mday,
	    months + (ptrdiff_t)tm.tm_mon * 3, tm.tm_year + 1900, tm.tm_hour,
	    tm.tm_min, tm.tm_sec);
}

/* etag NULL: it is not to be kept; else it may be asked for by this tag. */
static void
write_head(struct http_conn *conn, int status, const char *content_type,
    const char *etag)
{
	struct evbuffer *out = output(conn);

	/* Requests that came before the end are still to be answered. */
	if (conn->eof &&
	    evbuffer_get_length(bufferevent_get_input(conn->bev)) == 0)
		conn->close_after = true;
	conn->begun = true;
	conn->server->answers[status / 100 % 6]++;
	evbuffer_add_printf(
	    out, "HTTP/1.1 %d %s\r\n", status, http_status_text(status));
	write_date(out);
	if (strstr(conn->extra, "Cache-Control: ") == NULL)
		http_conn_add_header(conn, "Cache-Control",
		    etag != NULL ? "private, no-cache" : "no-store");
	evbuffer_add_printf(out,
	    "Content-Type: %s\r\nX-Content-Type-Options: nosniff\r\n%s",
	    content_type, conn->extra);
	if (etag != NULL)
		evbuffer_add_printf(
		    out, "ETag: %s\r\nVary: Accept-Encoding\r\n", etag);
	if (conn->close_after)
		evbuffer_add_printf(out, "Connection: close\r\n");
	else if (conn->head.minor == 0)
		evbuffer_add_printf(out, "Connection: keep-alive\r\n");
	conn->extra[0] = '\0';
}

static void
write_body(struct http_conn *conn, const void *body, size_t len)
{
	evbuffer_add_printf(output(conn), "Content-Length: %zu\r\n\r\n", len);
	if (!http_conn_wants_head(conn))
		evbuffer_add(output(conn), body, len);
	http_conn_finish(conn);
}

/* What is not changed since the client got it is not sent again. */
static void
reply_content(struct http_conn *conn, const char *content_type,
    const void *body, size_t len)
{
	const struct http_head *head = &conn->head;
	struct strbuf packed = STRBUF_INIT;
	char etag[HTTP_ETAG_SIZE];

	http_etag(etag, body, len);
	if (http_etag_matches(http_head_field(head, "If-None-Match"), etag)) {
		write_head(conn, 304, content_type, etag);
		evbuffer_add_printf(output(conn), "\r\n");
		http_conn_finish(conn);
		return;
	}
	if (http_takes_gzip(http_head_field(head, "Accept-Encoding")) &&
	    http_gzip(&packed, body, len))
		http_conn_add_header(conn, "Content-Encoding", "gzip");
	write_head(conn, 200, content_type, etag);
	if (packed.len > 0)
		write_body(conn, packed.s, packed.len);
	else
		write_body(conn, body, len);
	strbuf_fini(&packed);
}

void
http_conn_reply(struct http_conn *conn, int status, const char *content_type,
    const void *body, size_t len)
{
	if (status == 200 && is_get_request(conn)) {
		reply_content(conn, content_type, body, len);
		return;
	}
	write_head(conn, status, content_type, NULL);
	write_body(conn, body, len);
}

void
http_conn_reply_problem(
    struct http_conn *conn, const struct http_problem *problem)
{
	char *json = http_problem_json(problem);

	http_conn_reply(
	    conn, problem->status, "application/json", json, strlen(json));
	free(json);
}

/* HTTP/1.0 knows no chunks: the end of the connection ends the body. */
void
http_conn_begin(struct http_conn *conn, int status, const char *content_type)
{
	conn->chunked = conn->head.minor > 0 && !http_conn_wants_head(conn);
	if (conn->head.minor == 0)
		conn->close_after = true;
	write_head(conn, status, content_type, NULL);
	evbuffer_add_printf(output(conn), "%s\r\n",
	    conn->head.minor > 0 ? "Transfer-Encoding: chunked\r\n" : "");
	http_conn_set_timer(conn);
}

void
http_conn_write(struct http_conn *conn, const void *p, size_t len)
{
	if (len == 0 || http_conn_wants_head(conn))
		return;
	if (conn->chunked)
		evbuffer_add_printf(output(conn), "%zx\r\n", len);
	evbuffer_add(output(conn), p, len);
	if (conn->chunked)
		evbuffer_add(output(conn), "\r\n", 2);
	http_conn_set_timer(conn);
}

void
http_conn_end(struct http_conn *conn)
{
	if (conn->chunked)
		evbuffer_add(output(conn), "0\r\n\r\n", 5);
	http_conn_finish(conn);
}

void
http_conn_finish(struct http_conn *conn)
{
	free(conn->text);
	free(conn->body);
	conn->text = NULL;
	conn->body = NULL;
	memset(&conn->head, 0, sizeof(conn->head));
	conn->data = NULL;
	conn->endless = false;
	conn->checked = false;
	conn->begun = false;
	conn->chunked = false;
	http_conn_set_state(conn, conn->close_after ? HTTP_CLOSING : HTTP_HEAD);
	http_conn_set_timer(conn);
	http_conn_process(conn);
}

void
http_conn_abort(struct http_conn *conn)
{
	http_conn_kill(conn);
}
