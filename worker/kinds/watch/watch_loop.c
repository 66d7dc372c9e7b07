/* Claims rows, waits for their commands, for a NOTIFY, and for the end. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "kinds/sql/rows.h"
#include "kinds/sql/session.h"
#include "kinds/watch/claims.h"
#include "kinds/watch/watch.h"

/* How often a run that waits looks for rows that nobody has told of. */
#define LOOK_MS   10000
#define REVIVE_MS 500

struct loop {
	struct watch *watch;
	int signals;     /* signalfd */
	int64_t end_ms;  /* boot time: it waits no longer than that */
	int64_t look_ms; /* and looks again then */
};

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
say(const char *key, const char *what)
{
	struct strbuf b = STRBUF_INIT;

	strbuf_addf(&b, "%s: %s", key, what);
	rows_say(strbuf_str(&b));
	strbuf_fini(&b);
}

static int
listen_to(struct watch *w, struct err *err)
{
	char *channel, *text;
	PGresult *result;

	if (w->settings.channel == NULL)
		return 0;
	channel = PQescapeIdentifier(
	    w->pq, w->settings.channel, strlen(w->settings.channel));
	text = xasprintf("LISTEN %s", channel != NULL ? channel : "");
	PQfreemem(channel);
	result = session_query(w->pq, text, 0, NULL, NULL, err);
	free(text);
	if (result == NULL)
		return -1;
	PQclear(result);
	return 0;
}

/*
 * The connection was lost: as long as our leases hold, another may tell what
 * became of the rows. 0, or -1 with err: it was not the connection, or there
 * is none.
 */
static int
revive(struct watch *w, struct err *err)
{
	struct err why;

	if (PQstatus(w->pq) == CONNECTION_OK)
		return -1;
	while (session_reset(w->pq, w->spec, &why) == -1) {
		if (w->stopping ||
		    now_ms() - w->leased_ms > w->settings.lease_ms)
			return err_set(err,
			    "the connection was lost, and cannot be made "
			    "again: %.800s",
			    why.text);
		poll(NULL, 0, REVIVE_MS);
	}
	return listen_to(w, err);
}

static struct watch_handler *
find_free(struct watch *w)
{
	for (int i = 0; i < w->settings.parallel; i++)
		if (w->handlers[i].pid == 0)
			return &w->handlers[i];
	return NULL;
}

/* Starts commands for claimed rows, of which there are as many as are free. */
static int
start_rows(struct watch *w, PGresult *rows, struct err *err)
{
	struct watch_claim *claim = xcalloc(1, sizeof(*claim));
	int n = PQntuples(rows), rc = 0;

	claim->rows = rows;
	claim->refs = (unsigned)n + 1;
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = handler_start(w, find_free(w), claim, i, err);
		if (rc == -1)
			claim_release(claim);
	}
	claim_release(claim);
	return rc;
}

/* As many rows as there is room for. 0, or -1 with err. */
static int
claim_rows(struct watch *w, struct err *err)
{
	int64_t left = w->settings.limit - w->claimed;
	int n = w->settings.parallel - w->busy;
	struct err why = {""};
	PGresult *rows;

	if (n > left)
		n = (int)left;
	if (n <= 0 || !w->more || w->stopping)
		return 0;
	if (w->busy == 0)
		w->leased_ms = now_ms();
	rows = claims_take(w, n, &why);
	if (rows == NULL && why.text[0] != '\0') {
		*err = why;
		return revive(w, err); /* the next turn tries again */
	}
	w->more = rows != NULL && PQntuples(rows) == n;
	if (rows == NULL)
		return 0;
	w->claimed += PQntuples(rows);
	return start_rows(w, rows, err);
}

/* 0, 1: the row is another's by now, or -1 with err. */
static int
settle(struct watch *w, const struct watch_handler *handler, bool *ok,
    struct err *why, struct err *err)
{
	struct err error;
	int rc;

	for (;;) {
		w->last = *why;
		rc = *ok ? claims_done(w, handler, &error) :
			   claims_failed(w, handler, why, &error);
		if (rc != -1)
			return rc;
		if (PQstatus(w->pq) != CONNECTION_OK) {
			if (revive(w, err) == -1)
				return -1;
		} else if (*ok) { /* what watch-done says is wrong */
			*ok = false;
			*why = error;
		} else {
			*err = error;
			return -1;
		}
	}
}

/* A row's command has ended. 0, or -1 with err. */
static int
finish_row(struct watch *w, const struct watch_handler *handler, int status,
    struct err *err)
{
	struct err why = {""}, last = w->last;
	bool ok = handler_succeeded(w, handler, status, &why);
	int rc;

	if (!ok && w->stopping) {
		say(handler->key, "given back");
		return 0;
	}
	rc = settle(w, handler, &ok, &why, err);
	if (rc == -1)
		return -1;
	if (rc == 1) {
		w->lost++;
		say(handler->key, "another run has it by now");
	} else if (ok) {
		w->done++;
		say(handler->key, "done");
	} else {
		w->failed++;
		say(handler->key, w->last.text);
		return 0;
	}
	w->last = last;
	return 0;
}

static int
reap(struct watch *w, struct err *err)
{
	struct watch_handler *handler;
	int status, rc = 0;
	pid_t pid;

	while (rc == 0 && (pid = waitpid(-1, &status, WNOHANG)) > 0) {
		handler = handler_of(w, pid);
		if (handler == NULL)
			continue;
		rc = finish_row(w, handler, status, err);
		handler_fini(handler);
	}
	return rc;
}

static int
read_signals(struct loop *l, struct err *err)
{
	struct signalfd_siginfo info;
	struct watch *w = l->watch;

	while (read(l->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		w->stopping = true;
		handlers_signal(w, (int)info.ssi_signo);
	}
	return reap(w, err);
}

/* What the server has said by itself. */
static int
read_server(struct watch *w, struct err *err)
{
	PGnotify *notify;

	if (PQconsumeInput(w->pq) == 0) {
		session_error(w->pq, NULL, err);
		if (revive(w, err) == -1)
			return -1;
		w->more = true; /* we may have missed one */
	}
	while ((notify = PQnotifies(w->pq)) != NULL) {
		PQfreemem(notify);
		w->more = true;
	}
	return 0;
}

static int
renew(struct watch *w, struct err *err)
{
	struct err why;

	if (w->busy == 0 || now_ms() - w->leased_ms < w->settings.lease_ms / 3)
		return 0;
	if (claims_renew(w, &why) == 0) {
		w->leased_ms = now_ms();
		return 0;
	}
	*err = why;
	return revive(w, err);
}

static bool
is_over(const struct loop *l)
{
	const struct watch *w = l->watch;

	if (w->busy > 0)
		return false;
	if (w->stopping || w->claimed >= w->settings.limit)
		return true;
	return !w->more && now_ms() >= l->end_ms;
}

/* How long nothing need be done, in ms; -1: until something happens. */
static int
idle_ms(const struct loop *l)
{
	const struct watch *w = l->watch;
	int64_t now = now_ms(), at = INT64_MAX;

	if (w->more && w->busy < w->settings.parallel && !w->stopping &&
	    w->claimed < w->settings.limit)
		return 0;
	if (w->busy > 0)
		at = w->leased_ms + w->settings.lease_ms / 3;
	if (now < l->end_ms && l->look_ms < at)
		at = l->look_ms;
	if (w->busy == 0 && l->end_ms < at)
		at = l->end_ms;
	if (at == INT64_MAX)
		return -1;
	return at <= now ? 0 : (int)(at - now);
}

static int
turn(struct loop *l, struct err *err)
{
	struct watch *w = l->watch;
	struct pollfd fds[] = {
	    {.fd = l->signals, .events = POLLIN},
	    {.fd = PQsocket(w->pq), .events = POLLIN},
	};

	poll(fds, nitems(fds), idle_ms(l));
	if (read_signals(l, err) == -1 || read_server(w, err) == -1)
		return -1;
	if (now_ms() >= l->look_ms) {
		l->look_ms = now_ms() + LOOK_MS;
		if (now_ms() < l->end_ms)
			w->more = true;
	}
	return renew(w, err) == -1 ? -1 : claim_rows(w, err);
}

/* Signals come by a descriptor. -1 with err. */
static int
open_signals(const struct run_spec *spec, struct err *err)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, spec->kill_signal);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd != -1 ? fd : err_errno(err, "cannot make a signalfd");
}

/* Ends what still runs when the database cannot be used any more. */
static void
give_up(struct watch *w)
{
	struct watch_handler *handler;
	pid_t pid;

	handlers_signal(w, SIGTERM);
	while (w->busy > 0 && (pid = waitpid(-1, NULL, 0)) > 0) {
		handler = handler_of(w, pid);
		if (handler != NULL)
			handler_fini(handler);
	}
}

int
watch_loop(struct watch *w, struct err *err)
{
	struct loop l = {
	    .watch = w,
	    .signals = open_signals(w->spec, err),
	    .end_ms = now_ms() + w->settings.wait_ms,
	    .look_ms = now_ms() + LOOK_MS,
	};
	int rc = -1;

	if (l.signals == -1)
		return -1;
	/* Listening first: what comes after the first look is told. */
	if (claims_init(w, err) == 0 && listen_to(w, err) == 0) {
		w->more = true;
		rc = claim_rows(w, err);
		while (rc == 0 && !is_over(&l))
			rc = turn(&l, err);
	}
	if (rc == -1)
		give_up(w);
	if (w->claimed > w->done + w->failed + w->lost)
		claims_return(w);
	close(l.signals);
	return rc;
}
