/* Whether cron runs beside us: it holds a lock on the file with its pid. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/fd.h"
#include "base/log.h"
#include "config/job.h"
#include "scheduler/crontab/watch.h"

#define CRON_PID_FILE "/run/crond.pid"

void
crontab_warn_of_cron(const struct job_crontabs *crontabs)
{
	int fd;

	if (*crontabs->files == '\0' && *crontabs->spool == '\0')
		return;
	fd = open(CRON_PID_FILE, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd == -1)
		return;
	if (flock(fd, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK)
		log_warn("cron is running, too, and has " CRON_PID_FILE
			 ": each line of a crontab runs twice; stop one of "
			 "the two");
	fd_close(&fd);
}
