/*
 * A worker that sends one message to one receiver: what the order says becomes
 * a mail, a request or a command. Parts of it, and for nobody else.
 */
#ifndef BELFRY_WORKER_NOTICE_H
#define BELFRY_WORKER_NOTICE_H

#include <curl/curl.h>
#include <time.h>

#include "base/err.h"
#include "notify/letter.h"

struct outgoing {
	struct notice_order order;
	struct letter letter;
	char *password; /* owned; NULL none */
	char *url;      /* owned; of a webhook, a template; NULL none */
	bool refused;   /* the receiver is there and wants no such message */
};

/* Each sends it. 0, or -1 with err, which has no secret in it. */
int notice_http(struct outgoing *out, struct err *err);    /* http.c */
int notice_mail(struct outgoing *out, struct err *err);    /* mail.c */
int notice_command(struct outgoing *out, struct err *err); /* command.c */
int notice_cron(struct outgoing *out, struct err *err);    /* cron.c */

/* The worker's channel to the master. */
#define NOTICE_ANSWER_FD 3

/*
 * notice.c: whoever wants the answer is gone, and whoever comes after him will
 * have it sent again: what is not over is broken off.
 */
bool notice_is_abandoned(void);

/* notice.c: a setting; fallback when it is not there. */
const char *notice_setting(
    const struct outgoing *out, const char *key, const char *fallback);

/*
 * notice.c: a value from its key, or from the file that KEY-file names; owned,
 * NULL none. 0, or -1 with err.
 */
int notice_take_secret(const struct outgoing *out, const char *key,
    char **value_r, struct err *err);

/* notice.c: the user of the order for good. 0, or -1 with err. */
int notice_become(const struct notice_order *order, struct err *err);

struct notice_mail {
	const char *from; /* an address */
	const char *to;   /* addresses, blanks or commas between */
	const char *text; /* head and body; lines end with CRLF */
	size_t len;
};

/*
 * mail.c: sends it to the order's server. 0, or -1 with err. *status_r is the
 * last code of the server, 0 none.
 */
int notice_smtp(const struct outgoing *out, const struct notice_mail *mail,
    long *status_r, struct err *err);

/* message.c: when it was written. */
void notice_add_date(struct strbuf *b, time_t when, const char *eol);

/*
 * A template with its values. Line ends may be written as \n in text that is
 * not JSON. The caller frees it.
 */
char *notice_expand(
    struct outgoing *out, const char *template, enum notice_escape escape);

/* transfer.c: sets what all transfers have in common. */
void notice_curl_common(CURL *curl, const struct outgoing *out);

/*
 * Performs it and frees the handle. 0, or -1 with err. *status_r is the last
 * code that the server answered, 0 none.
 */
int notice_curl_run(CURL *curl, long *status_r, struct err *err);

/*
 * command.c: runs a program with text on its standard input, NULL at the end
 * of both lists, and waits for it, but not longer than the order allows. 0, or
 * -1 with err: it failed, and what it said.
 */
int notice_execute(const struct outgoing *out, const char *const *argv,
    const char *const *env, const char *input, struct err *err);

/* message.c: a mail with its headers, lines end with eol. The caller frees. */
char *notice_message(struct outgoing *out, const char *from, const char *eol);

#endif
