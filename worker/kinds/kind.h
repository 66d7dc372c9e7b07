/*
 * Kinds of jobs, as functions. A program of the launcher has a table of those
 * it knows: plain.c for belfry-worker, library.c for
 * belfry-worker-lib. A new kind is a file with a struct kind, and a row there.
 */
#ifndef BELFRY_WORKER_KIND_H
#define BELFRY_WORKER_KIND_H

#include <sys/types.h>

#include "base/err.h"
#include "run/spec.h"

struct message;
struct worker;

struct kind {
	/*
	 * Starts the job's first process, a child of the worker's: its pid, or
	 * -1 with err. w->start and w->spec are filled in.
	 */
	pid_t (*start)(struct worker *w, struct err *err);
	/* When all is over, before the result is made; may be NULL. */
	void (*finish)(struct worker *w);
};

/* NULL: this program does not know it. */
const struct kind *kind_of(enum job_kind kind);

/* Once, in the launcher, before it forks. */
void kind_init(void);

/*
 * Answers PLUGIN_DESCRIBE on fd, the channel to the master, and ends the
 * process, which the launcher has just forked.
 */
_Noreturn void kind_describe(struct message *message, int fd);

/*
 * Sends what NOTICE_SEND has, answers on fd, the channel to the master, and
 * ends the process, which the launcher has just forked.
 */
_Noreturn void kind_notice(struct message *message, int fd);
/* Answers USER_ASK in the same way. */
_Noreturn void kind_find_user(struct message *message, int fd);

/* The program as "describe NAME PATH [UID GID]". */
int kind_describe_main(int argc, char **argv);

extern const struct kind kind_command; /* command.c */
extern const struct kind kind_http;    /* http/http.c */
extern const struct kind kind_plugin;  /* plugin/plugin.c */
extern const struct kind kind_sql;     /* sql/sql.c */
extern const struct kind kind_watch;   /* watch/watch.c */

#endif
