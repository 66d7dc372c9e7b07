/* What of a session outlives this process: its name, and its lease. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipc/lease.h"
#include "scheduler/crew/internal.h"

/* Incarnations before this one, in the directory of run files. */
#define FORMER_FILE "session"
#define FORMER_MAX  8

char *
crew_read_former(int dirfd)
{
	int fd = openat(dirfd, FORMER_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char *text = NULL;

	if (fd != -1)
		text = fd_read_all(fd, 4096, NULL);
	fd_close(&fd);
	if (text == NULL)
		return xstrdup("");
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* Where the last max words begin. */
static const char *
last_words(const char *text, int max)
{
	const char *p = text + strlen(text);

	while (p > text && (p[-1] != ' ' || --max > 0))
		p--;
	return p;
}

void
crew_keep_incarnation(struct crew *crew, bool alone)
{
	int dirfd = crew->master->runs_dir;
	const char *own = cluster_incarnation(crew->cluster);
	char *former = alone ? xstrdup("") : crew_read_former(dirfd), *text;
	int fd;

	text = strstr(former, own) != NULL ?
	    xasprintf("%s\n", former) :
	    xasprintf("%s%s%s\n", last_words(former, FORMER_MAX - 1),
		*former != '\0' ? " " : "", own);
	fd = openat(dirfd, FORMER_FILE ".new",
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1 || fd_pwrite_all(fd, text, strlen(text), 0) == -1 ||
	    renameat(dirfd, FORMER_FILE ".new", dirfd, FORMER_FILE) == -1)
		log_error(
		    "cannot write runs/%s: %s", FORMER_FILE, strerror(errno));
	fd_close(&fd);
	free(former);
	free(text);
}

int64_t
crew_grace_ms(const struct crew *crew)
{
	int64_t part = crew->master->config->cluster.session_ttl_ms / 5;

	return part < LEASE_GRACE_MS ? part : LEASE_GRACE_MS;
}

/* Nothing is written while nothing has changed. */
void
crew_write_lease(struct crew *crew)
{
	int64_t deadline_ms = cluster_deadline_ms(crew->cluster);
	struct lease lease = {
	    .epoch = crew->epoch,
	    .deadline_us = (deadline_ms - crew_grace_ms(crew)) * 1000,
	};

	if (deadline_ms == 0)
		lease.deadline_us = 0;
	if (lease.deadline_us == crew->lease_us)
		return;
	if (lease_write(crew->master->runs_dir, &lease) == -1) {
		log_error("cannot write the lease: %s", strerror(errno));
		return;
	}
	crew->lease_us = lease.deadline_us;
}

void
crew_new_epoch(struct crew *crew)
{
	crew->epoch++;
	crew->lease_us = -1;
	crew_write_lease(crew);
}

void
crew_read_epoch(struct crew *crew)
{
	struct lease lease;

	crew->epoch = 1;
	crew->lease_us = -1;
	if (lease_read(crew->master->runs_dir, &lease) == 0)
		crew->epoch = lease.epoch;
}
