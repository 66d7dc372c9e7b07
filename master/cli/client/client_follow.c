/* A run's output as it comes, over restarts of the daemon's parts. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "cli/client/client_internal.h"

struct output {
	struct client *client;
	struct client_answer answer;
	size_t offset; /* bytes printed */
	bool in_line;  /* the last of them is no newline */
	bool quiet;    /* they are not printed */
	int wake_fd;   /* readable: stop; -1 none */
	sigset_t old_mask;
};

/* An error's body is kept, to be told; output is printed at once. */
static size_t
write_cb(char *text, size_t size, size_t n, void *arg)
{
	struct output *out = arg;
	long status = 0;

	curl_easy_getinfo(out->client->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200) {
		strbuf_add(&out->answer.body, text, n);
		return n;
	}
	out->offset += n;
	if (out->quiet)
		return n;
	if (fwrite(text, 1, n, stdout) != n || fflush(stdout) == EOF)
		return 0;
	if (n > 0)
		out->in_line = text[n - 1] != '\n';
	return n;
}

/* True when a signal came, also while nothing else happens. */
static bool
is_woken(const struct output *out, int ms)
{
	struct pollfd pfd = {out->wake_fd, POLLIN, 0};

	return poll(&pfd, 1, ms) == 1;
}

static CURLcode
result_of(CURLM *multi)
{
	CURLcode code = CURLE_RECV_ERROR;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(multi, &left)) != NULL)
		if (m->msg == CURLMSG_DONE)
			code = m->data.result;
	return code;
}

/* One request. False: interrupted. */
static bool
perform(struct output *out)
{
	struct client *client = out->client;
	struct curl_waitfd wake = {out->wake_fd, CURL_WAIT_POLLIN, 0};
	unsigned nwake = out->wake_fd != -1;
	int running = 1;
	bool woken = false;

	curl_multi_add_handle(client->multi, client->curl);
	while (!woken) {
		if (curl_multi_perform(client->multi, &running) != CURLM_OK ||
		    running == 0)
			break;
		curl_multi_poll(client->multi, &wake, nwake, 60000, NULL);
		woken = nwake > 0 && is_woken(out, 0);
	}
	client_take_result(client, &out->answer, result_of(client->multi));
	curl_multi_remove_handle(client->multi, client->curl);
	return !woken;
}

/* The signals come by a descriptor while this lasts. */
static void
catch_signals(struct output *out)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &out->old_mask);
	out->wake_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
release_signals(struct output *out)
{
	struct signalfd_siginfo info;

	if (out->wake_fd == -1)
		return;
	/* What was seen must not come again as a signal. */
	while (read(out->wake_fd, &info, sizeof(info)) > 0)
		;
	fd_close(&out->wake_fd);
	sigprocmask(SIG_SETMASK, &out->old_mask, NULL);
}

static bool
is_worth_another(const struct follow *follow, const struct output *out)
{
	if (client_may_come_back(&out->answer))
		return true;
	return follow->may_be_late && out->answer.code == CURLE_OK &&
	    out->answer.status == 404;
}

static bool
ask_from_here(const struct follow *follow, struct output *out)
{
	char suffix[64], *path;
	bool done;

	snprintf(suffix, sizeof(suffix), "/output?offset=%zu%s", out->offset,
	    follow->follow ? "&follow=1" : "");
	path = client_path("/v1/runs/", follow->run, suffix);
	client_prepare(out->client, path, &out->answer);
	curl_easy_setopt(out->client->curl, CURLOPT_WRITEFUNCTION, write_cb);
	curl_easy_setopt(out->client->curl, CURLOPT_WRITEDATA, out);
	done = perform(out);
	free(path);
	return done;
}

/* Asks again where the output broke off. False: interrupted. */
static bool
copy_output(struct follow *follow, struct output *out)
{
	size_t before;
	int tries;

	for (tries = 0; tries <= CLIENT_RETRIES; tries++) {
		before = out->offset;
		if (!ask_from_here(follow, out))
			return false;
		if (!is_worth_another(follow, out))
			break;
		if (out->offset > before)
			tries = 0;
		if (is_woken(out, CLIENT_PAUSE_MS))
			return false;
	}
	return true;
}

int
client_follow(struct client *client, struct follow *follow, struct err *err)
{
	struct output out = {
	    .client = client,
	    .answer = CLIENT_ANSWER_INIT,
	    .quiet = follow->quiet,
	    .wake_fd = -1,
	};
	int status = CLI_GOOD;

	follow->end = FOLLOW_DONE;
	if (follow->interruptible)
		catch_signals(&out);
	if (!copy_output(follow, &out))
		follow->end = FOLLOW_INTERRUPTED;
	else
		status = client_judge(client, &out.answer, err);
	follow->in_line = out.in_line;
	release_signals(&out);
	client_answer_fini(&out.answer);
	return status;
}
