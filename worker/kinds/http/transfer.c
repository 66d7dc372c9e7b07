#include "transfer.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/fault.h"
#include "options.h"
#include "response.h"

/* How often we look whether anything moves, when nothing wakes us. */
#define LOOK_MS 1000

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
enter(struct transfer *t, enum transfer_phase phase)
{
	static const char *const words[] = {
	    [PHASE_RESOLVE] = "looking up the host",
	    [PHASE_CONNECT] = "connecting",
	    [PHASE_TLS] = "in the TLS handshake",
	    [PHASE_SEND] = "sending the request",
	    [PHASE_WAIT] = "waiting for the answer",
	    [PHASE_RECEIVE] = "receiving the answer",
	};

	t->moved_ms = now_ms();
	if (t->phase == phase && t->doing != NULL)
		return;
	t->phase = phase;
	t->doing = words[phase];
	inside_doing(t->note, t->doing);
}

static size_t
head_cb(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	enter(t, PHASE_RECEIVE);
	return response_head(&t->response, p, size * n) ? size * n : 0;
}

static size_t
body_cb(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	bool ok = response_body(&t->response, p, size * n);

	enter(t, PHASE_RECEIVE);
	return ok ? size * n : 0;
}

/* The name was found: a socket is wanted. */
static curl_socket_t
socket_cb(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	enter(arg, PHASE_CONNECT);
	return socket(address->family, address->socktype | SOCK_CLOEXEC,
	    address->protocol);
}

/* The connection is there, and TLS begins. */
static CURLcode
tls_cb(CURL *curl, void *context, void *arg)
{
	enter(arg, PHASE_TLS);
	return CURLE_OK;
}

/* All is there, the request goes out. */
static int
request_cb(void *arg, char *to, char *from, int to_port, int from_port)
{
	struct transfer *t = arg;

	fault_point(FAULT_JOB_HTTP_ASKED);
	enter(t, t->req->body_len > 0 ? PHASE_SEND : PHASE_WAIT);
	t->sent = 0;
	t->body_pos = 0;
	return CURL_PREREQFUNC_OK;
}

size_t
transfer_read_cb(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t left = t->req->body_len - t->body_pos;

	n *= size;
	if (n > left)
		n = left;
	if (n > 0)
		memcpy(p, (const char *)t->req->body + t->body_pos, n);
	t->body_pos += n;
	return n;
}

int
transfer_seek_cb(void *arg, curl_off_t offset, int origin)
{
	struct transfer *t = arg;

	if (origin != SEEK_SET || offset < 0 ||
	    (uint64_t)offset > t->req->body_len)
		return CURL_SEEKFUNC_FAIL;
	t->body_pos = (size_t)offset;
	return CURL_SEEKFUNC_OK;
}

/* Called often; upload is what has gone out since the request began. */
static int
progress_cb(void *arg, curl_off_t total, curl_off_t now, curl_off_t up_total,
    curl_off_t up)
{
	struct transfer *t = arg;

	if (t->phase != PHASE_SEND || up == t->sent)
		return 0;
	t->sent = up;
	enter(t, (uint64_t)up >= t->req->body_len ? PHASE_WAIT : PHASE_SEND);
	return 0;
}

static void
set_callbacks(struct transfer *t)
{
	CURL *c = t->curl;

	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, head_cb);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, body_cb);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, socket_cb);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, tls_cb);
	curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, t);
	curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, request_cb);
	curl_easy_setopt(c, CURLOPT_PREREQDATA, t);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, progress_cb);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->error);
}

/* How long until nothing moved for too long; LOOK_MS at most. */
static int64_t
idle_left_ms(const struct transfer *t)
{
	int64_t left = t->req->read_ms - (now_ms() - t->moved_ms);

	/* Until the request goes out another limit counts. */
	if (t->req->read_ms == 0 || t->phase < PHASE_SEND || left > LOOK_MS)
		return LOOK_MS;
	return left > 0 ? left : 0;
}

/* Until it is done, or nothing moves. 0, or -1 with t->result. */
static void
drive(struct transfer *t)
{
	int running = 1, n;
	CURLMsg *message;

	while (
	    curl_multi_perform(t->multi, &running) == CURLM_OK && running > 0) {
		if (idle_left_ms(t) == 0) {
			t->idle = true;
			t->result = CURLE_OPERATION_TIMEDOUT;
			return;
		}
		curl_multi_poll(t->multi, NULL, 0, (int)idle_left_ms(t), NULL);
	}
	t->result = CURLE_FAILED_INIT;
	message = curl_multi_info_read(t->multi, &n);
	if (message != NULL && message->msg == CURLMSG_DONE)
		t->result = message->data.result;
}

/* Of some errors the phase is known better, of some it says nothing. */
static const char *
phase_text(const struct transfer *t)
{
	switch ((int)t->result) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return "looking up the host";
	case CURLE_COULDNT_CONNECT:
		return "connecting";
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_TOO_MANY_REDIRECTS:
	case CURLE_OUT_OF_MEMORY:
		return NULL;
	default:
		return t->doing;
	}
}

static void
tell_timeout(struct transfer *t, const char *error)
{
	char text[DURATION_TEXT_MAX];

	if (t->idle)
		inside_tell(t->note, OUTCOME_TIMEOUT,
		    "timed out %s: nothing moved for %s (http-read-timeout)",
		    t->doing, duration_format_ms(text, t->req->read_ms));
	else
		inside_tell(t->note, OUTCOME_TIMEOUT,
		    "timed out %s (http-connect-timeout = %s): %s", t->doing,
		    duration_format_ms(text, t->req->connect_ms), error);
}

/* What went wrong below HTTP. The exit code. */
static int
tell_error(struct transfer *t)
{
	const char *error = t->error, *phase = phase_text(t);

	if (*error == '\0')
		error = curl_easy_strerror(t->result);
	if (t->result == CURLE_OPERATION_TIMEDOUT)
		tell_timeout(t, error);
	else
		inside_tell(t->note, OUTCOME_FAILURE, "failed%s%s: %s",
		    phase != NULL ? " " : "", phase != NULL ? phase : "",
		    error);
	return (int)t->result;
}

int
http_transfer(const struct http_request *req, struct inside_note *note)
{
	struct transfer t = {
	    .req = req,
	    .note = note,
	    .response = {.req = req},
	    .curl = curl_easy_init(),
	    .multi = curl_multi_init(),
	};
	long status = 0;
	int code;

	if (t.curl == NULL || t.multi == NULL) {
		inside_tell(note, OUTCOME_FAILURE, "libcurl: out of memory");
		return CURLE_OUT_OF_MEMORY;
	}
	enter(&t, PHASE_RESOLVE);
	set_callbacks(&t);
	t.result = options_set(&t);
	if (t.result == CURLE_OK) {
		curl_multi_add_handle(t.multi, t.curl);
		drive(&t);
	}
	curl_easy_getinfo(t.curl, CURLINFO_RESPONSE_CODE, &status);
	code = t.result == CURLE_OK ?
	    response_judge(&t.response, status, note) :
	    tell_error(&t);
	if (code != 0)
		response_say(&t.response, note->reason);
	return code;
}
