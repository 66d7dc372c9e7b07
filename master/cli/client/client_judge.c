/* What an answer, or none, means for who asked: the status and the words. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "cli/client/client_internal.h"

/* There was no answer, or no place for it. */
static int
explain(
    const struct client *client, const struct client_answer *a, struct err *err)
{
	const char *where = client->url != NULL ? client->url : client->socket;
	char span[DURATION_TEXT_MAX];
	const char *why = a->os_error != 0 ? strerror((int)a->os_error) :
					     curl_easy_strerror(a->code);

	if (a->code == CURLE_WRITE_ERROR && ferror(stdout)) {
		err_set(err, "cannot write to standard output");
		return CLI_REFUSED;
	}
	if (a->os_error == EACCES || a->os_error == EPERM)
		err_set(err, "no permission to use %s: %s", where, why);
	else if (a->code == CURLE_COULDNT_CONNECT)
		err_set(err, "no daemon at %s: %s; is belfryd running?", where,
		    why);
	else if (a->code == CURLE_OPERATION_TIMEDOUT)
		err_set(err, "no answer from %s within %s%s", where,
		    duration_format_ms(span, client->timeout_ms),
		    a->changes ? "; whether it was done is not known" : "");
	else if (a->code == CURLE_WRITE_ERROR)
		err_set(err, "the answer is too large");
	else
		err_set(err, "no answer from %s: %s", where,
		    curl_easy_strerror(a->code));
	return CLI_NO_DAEMON;
}

/* A part of it is not there, or stuck: who asks is as well off as without. */
static int
status_of(const struct client_answer *a, const char *code)
{
	bool absent =
	    strcmp(code, "unavailable") == 0 || strcmp(code, "timeout") == 0;

	return a->status >= 500 && absent ? CLI_NO_DAEMON : CLI_REFUSED;
}

/* {"error": {"code", "message"}} */
static int
refusal(const struct client_answer *a, struct err *err)
{
	json_t *json = json_loadb(strbuf_str(&a->body), a->body.len, 0, NULL);
	const char *message = NULL, *code = "";
	int status;

	json_unpack(json, "{s:{s:s, s?s}}", "error", "message", &message,
	    "code", &code);
	if (message != NULL && a->status == 401)
		err_set(err, "%s; give one with --token-file or BELFRY_TOKEN",
		    message);
	else if (message != NULL)
		err_set(err, "%s", message);
	else
		err_set(err, "the daemon answered %ld", a->status);
	status = status_of(a, code);
	json_decref(json);
	return status;
}

int
client_judge(
    const struct client *client, const struct client_answer *a, struct err *err)
{
	if (a->code != CURLE_OK)
		return explain(client, a, err);
	return a->status >= 400 || a->status < 200 ? refusal(a, err) : CLI_GOOD;
}
