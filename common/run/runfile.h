/*
 * One file a run in state-dir/runs: the truth about it while it is not yet in
 * the ledger. Whatever process is killed, the file tells what to do next.
 *
 *   master    makes it (CREATED) before it asks a launcher: from then on the
 *             slot counts as claimed
 *   worker    locks it until DONE, makes it STARTED before the job may begin,
 *             writes output as it comes and at last the result (DONE)
 *   recorder  copies result and output to the store, then frees it (FREE)
 *
 * Making and removing a file is the dearest thing that a launch would do, so
 * files are used again: a run's place, the last three characters of its id, is
 * its file's name. The id inside says whose it is at the moment.
 *
 * Who holds the lock (flock) decides. A master that recovers takes the lock of
 * a file whose worker is gone: CREATED was never started and may be launched
 * again, STARTED is lost, DONE is to be recorded. A worker that cannot lock, or
 * finds another id or state than CREATED, ends without doing anything: so a
 * launch request that was sent twice runs once.
 *
 * Layout: 4096 bytes of header (magic, state, begin, started, size, result;
 * see runfile.c), then the output: the first half of the limit as it came,
 * then a ring of the second half. Nothing is fsync'ed: the file must survive
 * processes, not the machine.
 */
#ifndef BELFRY_RUN_RUNFILE_H
#define BELFRY_RUN_RUNFILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "run/result.h"
#include "run/spec.h"

enum runfile_state {
	RUNFILE_FREE = 0,
	RUNFILE_CREATED = 1,
	RUNFILE_STARTED = 2,
	RUNFILE_DONE = 3,
};

/* What the master knew when it made the run. */
struct run_begin {
	char id[RUN_ID_SIZE];
	char job[JOB_NAME_MAX + 1];
	char host[256];
	int64_t slot_ms; /* realtime ms: the slot's identity */
	int64_t due_ms;  /* when it was to start: slot, or a retry's time */
	int32_t attempt; /* from 1 */
	enum trigger trigger;
	int64_t created_ms;
	uint64_t output_limit;
	uint64_t fence; /* 0: in a cluster, its claim was not answered yet */
	uint32_t copy;  /* of a slot that several hosts run; 0: the only one */
	/* Where it comes from, when other runs were before it. */
	char chain[RUN_ID_SIZE];  /* the first of all of them; "" this one */
	char parent[RUN_ID_SIZE]; /* whose end it was begun by; "" none */
	uint64_t joined; /* it uses up its job's ends of parents up to this
	                    mark (record.h); 0 none */
	/*
	 * In a cluster: slots after this one, up to its own, were claimed by
	 * nobody and are this host's to record; 0: none, or it is done. Only
	 * the run file has it.
	 */
	int64_t before_ms;
};

void run_begin_encode(const struct run_begin *begin, struct wire_writer *w);

/* 0, or -1 when malformed. What an older version did not write is empty. */
int run_begin_decode(struct run_begin *begin, struct wire_reader *r);

/* The run that a chain is named after. */
const char *run_begin_chain(const struct run_begin *begin);

struct runfile {
	int fd; /* owned */
	enum runfile_state state;
	struct run_begin begin;
	int64_t started_us;       /* 0 before STARTED */
	int32_t pid;              /* of the job, 0 before STARTED */
	uint64_t mark;            /* of its end, for its dependents; 0 none */
	struct run_result result; /* when DONE */
};

/* What a file takes without output. */
#define RUNFILE_HEADER 4096

/* How many places there are: 15 bits, three digits of base 32. */
#define RUNFILE_PLACES 32768

/*
 * Ids have this in place of the first digit of a place when the run was
 * submitted: its id is older than it, so its file has a name of its own, and
 * is removed when the run is recorded.
 */
#define RUNFILE_NO_PLACE 'u'

/* The name of the file of run id; points into id. */
const char *runfile_name(const char *id);

/*
 * Makes the file of begin's place in directory dirfd, over whatever run had
 * it before. 0, or -1 with errno (ENOSPC).
 */
int runfile_create(int dirfd, const struct run_begin *begin);

/*
 * Opens and reads it. 0; -1 with err when it is not there, or is another run's
 * by now, or free (errno ENOENT), or damaged (errno EBADMSG).
 */
int
runfile_open(struct runfile *file, int dirfd, const char *id, struct err *err);

/*
 * Opens it, takes the lock, then reads: what it says is so as long as the
 * lock is held. As runfile_open(); errno EWOULDBLOCK when it is locked.
 */
int runfile_open_locked(
    struct runfile *file, int dirfd, const char *id, struct err *err);

/*
 * The same for whatever run has the file of this name; state RUNFILE_FREE:
 * none. So it is with an empty file, which a full disk or a crash left.
 */
int runfile_open_place(
    struct runfile *file, int dirfd, const char *name, struct err *err);

/*
 * The run is recorded: others may have its place. Nothing when they have it
 * already. 0, or -1 with errno.
 */
int runfile_free(int dirfd, const char *id);

/*
 * Notes the mark that the end of the run has: whoever finds the file finds it
 * too. 0, or -1 with errno.
 */
int runfile_set_mark(int dirfd, const char *id, uint64_t mark);

/* What before_ms is about is recorded. 0, or -1 with errno. */
int runfile_settle(int dirfd, const char *id);

/* Reads header and result again. 0 or -1 as above. */
int runfile_reload(struct runfile *file, struct err *err);
void runfile_close(struct runfile *file);

/*
 * When the directory behind dirfd was deleted: makes it at path again if need
 * be, and puts it behind the same number. 1 then; 0 it is there; -1 with errno.
 */
int runfile_renew_dir(int dirfd, const char *path);

/* Takes the lock without waiting. 0, or -1 with errno EWOULDBLOCK. */
int runfile_lock(struct runfile *file);

/* For the worker that holds the lock. 0, or -1 with errno. */
int runfile_set_started(struct runfile *file, int64_t started_us, pid_t pid);
int runfile_set_done(struct runfile *file, const struct run_result *result);

/* The worker's side of the output. */
struct runfile_output {
	int fd;           /* borrowed */
	uint64_t head;    /* bytes kept from the front */
	uint64_t ring;    /* bytes kept from the end */
	uint64_t total;   /* bytes seen */
	uint64_t skipped; /* bytes not stored because the disk refused them */
	int error;        /* errno of the first refusal, 0 none */
};

void
runfile_output_init(struct runfile_output *out, const struct runfile *file);

/* Keeps n bytes. Never fails: what cannot be stored is counted. */
void runfile_output_write(struct runfile_output *out, const void *p, size_t n);

/* Bytes that are not kept so far. */
uint64_t runfile_output_dropped(const struct runfile_output *out);

/*
 * The reader's side, also while the worker writes. Reads up to n bytes that
 * stand at stream position *pos; when those are not kept any more, moves *pos
 * forward to the next kept byte first (the difference was dropped). Advances
 * *pos. Returns the bytes read, 0 at the present end, -1 with errno.
 */
ssize_t runfile_output_read(
    const struct runfile *file, uint64_t *pos, void *buf, size_t n);

#endif
