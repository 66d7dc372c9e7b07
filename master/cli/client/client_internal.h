/* What client.c and client_follow.c share. */
#ifndef BELFRY_CLI_CLIENT_CLIENT_INTERNAL_H
#define BELFRY_CLI_CLIENT_CLIENT_INTERNAL_H

#include <curl/curl.h>

#include "base/strbuf.h"
#include "cli/client/client.h"

/* A part of the daemon that died is back well within this. */
#define CLIENT_RETRIES  20
#define CLIENT_PAUSE_MS 250

struct client {
	CURL *curl;
	CURLM *multi;
	char *socket;        /* owned; NULL with a URL */
	const char *url;     /* borrowed; NULL with a socket */
	const char *ca_file; /* borrowed; NULL: the system's */
	char *token;         /* owned; NULL none */
	int64_t timeout_ms;  /* for an answer that has an end */
};

/* What a request came to. */
struct client_answer {
	CURLcode code;
	long os_error;
	long status;        /* of HTTP */
	struct strbuf body; /* owned */
	char *next;         /* owned: path of the next page; NULL none */
	bool changes;       /* something was to be done */
	bool not_done;      /* it says: nothing was done, ask again */
};

#define CLIENT_ANSWER_INIT                                                     \
	{                                                                      \
		CURLE_OK, 0, 0, STRBUF_INIT, NULL, false, false                \
	}

void client_answer_reset(struct client_answer *a);
void client_answer_fini(struct client_answer *a);

/* Sets the easy handle up for a GET of path that a takes. */
void client_prepare(
    struct client *client, const char *path, struct client_answer *a);
void client_take_result(
    struct client *client, struct client_answer *a, CURLcode code);

/* True when asking again in a moment makes sense. */
bool client_may_come_back(const struct client_answer *a);

/* The exit status that the answer means, with err. */
int client_judge(const struct client *client, const struct client_answer *a,
    struct err *err);

#endif
