/* Mails that wait for a server: files in a directory of the daemon's user. */
#ifndef BELFRY_WORKER_MAIL_KEEP_H
#define BELFRY_WORKER_MAIL_KEEP_H

#include "run/spec.h"

/*
 * Writes the mail in fd to the directory that the run's specification names,
 * as a file that is called like the run: whole, or not at all. Waits for that.
 * What goes wrong is in the log.
 */
void mail_keep(const struct run_spec *spec, int fd);

#endif
