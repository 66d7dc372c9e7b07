/*
 * Where a process may be killed: the enumerated steps of one run. Only in a
 * build for tests (meson option faults); else a point costs nothing.
 *
 * BELFRY_FAULTS names a file (struct faults, by its own byte order) that all
 * processes map. A process that passes a point adds to the count; whoever
 * passes the one that is to be the last is killed there, or kills the victims
 * that the file names. t/lib/Faults.pm writes and reads the file.
 */
#ifndef BELFRY_BASE_FAULT_H
#define BELFRY_BASE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* In the order of one run; the prefix is the process. */
#define FAULT_POINTS(X)                                                        \
	X(MASTER_DUE)          /* a slot is due */                             \
	X(MASTER_FILE_WRITTEN) /* its run file is there */                     \
	X(MASTER_BEGIN_TOLD)   /* the recorder was told */                     \
	X(MASTER_LAUNCH_SENT)                                                  \
	X(LAUNCHER_HEARD)                                                      \
	X(LAUNCHER_FORKED) /* in the launcher */                               \
	X(WORKER_BORN)                                                         \
	X(WORKER_CLAIMED)                                                      \
	X(WORKER_STARTED_WRITTEN)                                              \
	X(JOB_BORN) /* all but the exec is done */                             \
	X(WORKER_JOB_STARTED)                                                  \
	X(WORKER_STARTED_TOLD)                                                 \
	X(MASTER_STARTED_HEARD)                                                \
	X(WORKER_EXIT_SEEN)                                                    \
	X(WORKER_RESULT_WRITTEN) /* and its state is STARTED yet */            \
	X(WORKER_DONE_WRITTEN)                                                 \
	X(WORKER_UNLOCKED)                                                     \
	X(WORKER_DONE_TOLD)                                                    \
	X(MASTER_DONE_HEARD)                                                   \
	X(MASTER_END_TOLD)                                                     \
	X(MASTER_RETRY_ARMED)                                                  \
	X(MASTER_RETRY_DUE)                                                    \
	X(RECORDER_HEARD)                                                      \
	X(RECORDER_BEGUN) /* a transaction */                                  \
	X(RECORDER_WRITTEN)                                                    \
	X(RECORDER_COMMITTED)                                                  \
	X(RECORDER_FREED) /* a run file */                                     \
	X(RECORDER_CONFIRMED)                                                  \
	X(MASTER_CONFIRMED)                                                    \
	/* Only when somebody died. */                                         \
	X(GUARDIAN_REAPED)                                                     \
	X(GUARDIAN_SPAWNED)                                                    \
	X(GUARDIAN_WIRED)                                                      \
	X(RECORDER_STATE_ASKED)                                                \
	X(MASTER_STATE_KNOWN)                                                  \
	X(MASTER_FILES_READ)                                                   \
	X(MASTER_BEGUN_RESUMED)                                                \
	X(MASTER_LOST_ENDED)                                                   \
	X(MASTER_RETRIES_RESUMED)                                              \
	X(MASTER_RECOVERED)                                                    \
	/* Only when a job comes after another. */                             \
	X(MASTER_END_MARKED) /* in the run file */                             \
	X(MASTER_AFTER_TOLD) /* the recorder was */                            \
	/* Only in a job that a library does. */                               \
	X(JOB_HTTP_ASKED)    /* the request goes out */                        \
	X(JOB_SQL_COMMITTED) /* the transaction */                             \
	X(JOB_PLUGIN_LOADED)                                                   \
	X(JOB_WORK_DONE) /* nobody knows how it went yet */                    \
	/* Only with PostgreSQL as the store. */                               \
	X(RECORDER_SENT)     /* records, and its answer is awaited */          \
	X(RECORDER_ANSWERED) /* they are in both */                            \
	X(RECORDER_CLEARED)  /* they are in PostgreSQL alone */

enum fault_point {
#define X(name) FAULT_##name,
	FAULT_POINTS(X)
#undef X
	FAULT_COUNT,
};

#define FAULT_DEATHS  2
#define FAULT_VICTIMS 16
#define FAULT_TRACE   1024

/* What can fail instead. */
enum fault_kind {
	FAULT_NONE,
	FAULT_ALLOC, /* of mem.h */
	FAULT_WRITE, /* of fd_pwrite_all() */
};

struct fault_death {
	uint32_t only; /* the point that counts, + 1; 0: each */
	uint32_t at;   /* which of them, from 1; 0: none */
	uint32_t died; /* the point, + 1; 0: not yet */
};

/* The file. */
struct faults {
	uint32_t armed;    /* 0: nothing is counted */
	uint32_t passed;   /* points, since it was armed */
	uint32_t ndied;    /* how many of the deaths came */
	uint32_t counted;  /* points, for the next one */
	uint32_t nvictims; /* 0: whoever passes */
	struct fault_death deaths[FAULT_DEATHS]; /* one after the other */
	int32_t victims[FAULT_VICTIMS];
	uint32_t fail_kind;
	uint32_t
	    fail_role;    /* in whose process; ROLE_WORKER: in launchers too */
	uint32_t fail_at; /* which of them, from 1 */
	uint32_t fail_errno;
	uint32_t failing;           /* that were counted */
	uint32_t failed;            /* it did */
	uint8_t trace[FAULT_TRACE]; /* the points, in order, + 1 */
};

#ifdef BELFRY_FAULTS
/* May not return. Also for a child that shares memory with its parent. */
void fault_point(enum fault_point point);

/* True, with errno: it is to fail now. */
bool fault_fails(enum fault_kind kind);
#else
static inline void
fault_point(enum fault_point point)
{
}

static inline bool
fault_fails(enum fault_kind kind)
{
	return false;
}
#endif

#endif
