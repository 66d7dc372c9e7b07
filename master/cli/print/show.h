/* How jobs and runs look in tables: shared by several commands. */
#ifndef BELFRY_CLI_PRINT_SHOW_H
#define BELFRY_CLI_PRINT_SHOW_H

#include <jansson.h>

#include "cli/cli.h"
#include "cli/client/client.h"
#include "cli/print/table.h"

/* Ended runs, newest first: a table with the zone in its heads. */
struct table *show_runs_table(bool with_job);
void show_run_row(struct table *table, const json_t *run, bool with_job);

/* Runs that live. */
void show_live_runs(const json_t *runs);

/* "success 3m ago", "-" */
void show_last(char *buf, size_t size, const json_t *last, int64_t now);

/* "08:00:00 (in 5m)", "-" */
void show_next(char *buf, size_t size, const char *stamp, int64_t now);

/*
 * What the daemon said of a job that is not there: its error, the one that was
 * probably meant, or "".
 */
const char *show_guess(const struct err *err);

/*
 * There is neither such a run, as err says, nor such a job, as job says: err
 * becomes that of both.
 */
void show_none(struct err *err, const char *name, const struct err *job);

/* Asks it, and adds that to err, which says that job is not there. */
void show_add_guess(struct client *client, const char *job, struct err *err);

/* "exit 3", "signal 9", or why: what an outcome alone does not tell. */
void show_reason(char *buf, size_t size, const json_t *run);

/*
 * "by uid 0 since TIME until TIME: why"; of_job: of one job, which says when
 * it is the pause of all.
 */
void show_pause(char *buf, size_t size, const json_t *pause, bool of_job);

/* "NAME      value" with the value in a colour. Nothing when it is empty. */
void show_line(const char *name, enum colour colour, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Of a run: what has not ended has no outcome and is "running", or "waiting"
 * when it has not begun either.
 */
const char *show_outcome(const json_t *run);

/* One run, in full. */
void show_run(const json_t *run);

/* "FILE:LINE: job J: text" of job files. */
void show_problem(const json_t *problem);

/* Opens the client, or tells why not: *status_r. */
struct client *show_client(const struct cli *cli, int *status_r);

/* The same once the options are read, and operands are as many as must be. */
struct client *
show_start(struct cli *cli, int argc, char **argv, int *status_r);

/* A command that shows the one answer to a path: as it is, or by print. */
int show_answer(struct cli *cli, int argc, char **argv, const char *path,
    void (*print)(const json_t *json));

/* A table of the ledger's rows, and one row of it. */
struct table *show_slots_table(void);
void show_slot_row(struct table *table, const json_t *slot);

/* What holds the limits of runs, and what ends them. */
void show_limits(const json_t *limits);

#endif
