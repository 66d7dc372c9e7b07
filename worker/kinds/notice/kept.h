/*
 * A mail of a crontab's job that waits in a file: its head and the output, in
 * lines that end with "\n", as worker/mail.c wrote them.
 */
#ifndef BELFRY_WORKER_NOTICE_KEPT_H
#define BELFRY_WORKER_NOTICE_KEPT_H

#include <stddef.h>
#include <time.h>

#include "base/err.h"

struct kept {
	char *text; /* owned; the head's lines end with a NUL each */
	size_t len;
	time_t when;
	/* All of these are in text, or constant. */
	const char *head; /* its first line */
	const char *from; /* "root@web1 (Cron Daemon)" */
	const char *left; /* who has it not yet, with commas between */
	const char *encoding;
	const char *output;
	size_t output_len;
};

/* Reads it from a file. 0, or -1 with err; then kept_fini(), too. */
int kept_read(struct kept *kept, const char *path, struct err *err);
void kept_fini(struct kept *kept);

/*
 * Notes in the file who has it not yet, as long as there is anybody: whoever
 * has it does not get it again. 0, or -1 with errno.
 */
int kept_set_left(const struct kept *kept, const char *path, const char *left);

#endif
