/* What drive.c prints: one JSON object a line. */
#ifndef BELFRY_T_DRIVE_SAY_H
#define BELFRY_T_DRIVE_SAY_H

#include "ipc/packet.h"
#include "run/result.h"

/* Begins an object; run may be NULL. */
void say(const char *event, const char *run);

/* A member more. */
void say_string(const char *key, const char *s);
void say_result(const struct run_result *r);

/* Ends it, out at once. */
void say_end(void);

/* Copies the output that is kept to a file and tells its gap and end. */
void drive_copy_output(int runs_fd, const char *id, const char *path);

/* Tells what is in the run file, and whether it is locked. */
void drive_tell_state(int runs_fd, const char *id);

/* Tells what a worker, or the launcher, said. */
void drive_tell_worker(struct message *m);
void drive_tell_launcher(struct message *m);

#endif
