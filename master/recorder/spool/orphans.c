/*
 * Runs that PostgreSQL believes to be in progress on this host, and of which
 * the host knows nothing: its state directory was lost. Nobody else would ever
 * end them.
 */
#include "recorder/spool/spool_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

#define PAGE 500

static bool
has_file(const struct spool *sp, const char *id)
{
	struct runfile file;
	struct err err;

	if (runfile_open(&file, sp->runs_fd, id, &err) == -1)
		return errno != ENOENT;
	runfile_close(&file);
	return true;
}

static void
open_row(void *arg, const struct run_begin *begin)
{
	struct spool_orphans *o = &((struct spool *)arg)->orphans;
	struct spool *sp = arg;

	o->rows++;
	snprintf(o->after, sizeof(o->after), "%s", begin->id);
	if (strcmp(begin->host, sp->host) != 0 ||
	    spool_has_run(sp, begin->id) || has_file(sp, begin->id))
		return;
	array_reserve(&o->runs, &o->cap, o->n + 1, sizeof(*o->runs));
	o->runs[o->n++] = *begin;
}

static void
recorded(void *arg, const struct err *err)
{
	struct spool *sp = arg;

	if (err != NULL)
		log_error("store: runs that are lost cannot be recorded, which "
			  "is tried again at the next connection: %s",
		    err->text);
	else
		log_warn("store: %zu runs were in progress on this host, which "
			 "knows nothing of them: they are lost",
		    sp->orphans.n);
}

static void
end_all(struct spool *sp)
{
	struct spool_orphans *o = &sp->orphans;
	struct store *store = &sp->store;

	if (o->n == 0)
		return;
	store->ops->begin(store);
	for (size_t i = 0; i < o->n; i++) {
		struct record_end end = {
		    .begin = o->runs[i],
		    .result = {.outcome = OUTCOME_LOST, .exit_code = -1},
		};

		snprintf(end.result.reason, sizeof(end.result.reason),
		    "its host lost its state directory");
		store->ops->run_end(store, &end);
	}
	store->ops->commit(store, recorded, sp);
	o->n = 0;
}

static void ask(struct spool *sp);

static void
page_done(void *arg, const struct err *err)
{
	struct spool *sp = arg;
	struct spool_orphans *o = &sp->orphans;

	o->asking = false;
	if (err != NULL)
		return; /* the next connection asks again */
	if (o->rows == PAGE) {
		ask(sp);
		return;
	}
	o->due = false;
	end_all(sp);
}

static void
ask(struct spool *sp)
{
	struct spool_orphans *o = &sp->orphans;

	o->asking = true;
	o->rows = 0;
	sp->remote->ops->open_runs(
	    sp->remote, o->after, PAGE, open_row, page_done, sp);
}

/* Not before all is sent: what ended here may be on its way. */
void
spool_find_orphans(struct spool *sp)
{
	struct spool_orphans *o = &sp->orphans;

	if (!o->due || o->asking || spool_is_behind(sp) ||
	    !pg_conn_is_ready(pg_store(sp->remote)->reading))
		return;
	o->n = 0;
	o->after[0] = '\0';
	ask(sp);
}
