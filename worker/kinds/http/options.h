/* From a request to the options of libcurl. Internal to the http kind. */
#ifndef BELFRY_WORKER_HTTP_OPTIONS_H
#define BELFRY_WORKER_HTTP_OPTIONS_H

#include <curl/curl.h>

#include "kinds/inside.h"
#include "request.h"
#include "response.h"

enum transfer_phase {
	PHASE_RESOLVE,
	PHASE_CONNECT,
	PHASE_TLS,
	PHASE_SEND,
	PHASE_WAIT,
	PHASE_RECEIVE,
};

/* Nothing of it is freed: the process ends with it. */
struct transfer {
	const struct http_request *req; /* borrowed */
	struct inside_note *note;       /* borrowed */
	struct response response;
	CURL *curl;
	CURLM *multi;
	CURLcode result;
	char error[CURL_ERROR_SIZE];
	enum transfer_phase phase;
	const char *doing;
	int64_t moved_ms; /* boot time when anything last moved */
	curl_off_t sent;  /* of the body */
	size_t body_pos;  /* of a body that libcurl reads from us */
	bool idle;        /* ended by http-read-timeout */
};

/* Sets all but the callbacks of the answer. */
CURLcode options_set(struct transfer *t);

/* A body that libcurl reads from us, for methods that want it so. */
size_t transfer_read_cb(char *p, size_t size, size_t n, void *arg);
int transfer_seek_cb(void *arg, curl_off_t offset, int origin);

#endif
