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
#include "run/lease.h"
#include "scheduler/member/internal.h"

/* Incarnations before this one, in the directory of run files. */
#define FORMER_FILE "session"
#define FORMER_MAX  8

char *
member_read_former(int dirfd)
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
member_keep_incarnation(struct member *member, bool alone)
{
	int dirfd = member->master->runs_dir;
	const char *own = cluster_incarnation(member->cluster);
	char *former = alone ? xstrdup("") : member_read_former(dirfd), *text;
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
member_grace_ms(const struct member *member)
{
	int64_t part = member->master->config->cluster.session_ttl_ms / 5;

	return part < LEASE_GRACE_MS ? part : LEASE_GRACE_MS;
}

/* Nothing is written while nothing has changed. */
void
member_write_lease(struct member *member)
{
	int64_t deadline_ms = cluster_deadline_ms(member->cluster);
	struct lease lease = {
	    .epoch = member->epoch,
	    .deadline_us = (deadline_ms - member_grace_ms(member)) * 1000,
	};

	if (deadline_ms == 0)
		lease.deadline_us = 0;
	if (lease.deadline_us == member->lease_us)
		return;
	if (lease_write(member->master->runs_dir, &lease) == -1) {
		log_error("cannot write the lease: %s", strerror(errno));
		return;
	}
	member->lease_us = lease.deadline_us;
}

void
member_new_epoch(struct member *member)
{
	member->epoch++;
	member->lease_us = -1;
	member_write_lease(member);
}

void
member_read_epoch(struct member *member)
{
	struct lease lease;

	member->epoch = 1;
	member->lease_us = -1;
	if (lease_read(member->master->runs_dir, &lease) == 0)
		member->epoch = lease.epoch;
}
