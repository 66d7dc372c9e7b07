/*
 * Forks and exits, again and again: at no moment is there a process that was
 * there a moment ago. Deaf to SIGTERM. Should nobody catch it, it ends by
 * itself after 3 s or a few hundred processes: what it leaves is somebody's
 * to reap, and there are only so many pids.
 */
#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

int
main(void)
{
	struct rlimit limit = {500, 500};
	time_t end = time(NULL) + 3;

	if (getuid() == 0 || setrlimit(RLIMIT_NPROC, &limit) == -1)
		return 1;
	signal(SIGTERM, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	if (write(STDOUT_FILENO, "ready\n", 6) != 6)
		return 1;
	for (int first = 1; time(NULL) < end; first = 0) {
		pid_t pid = fork();

		if (pid == -1)
			usleep(1000);
		if (pid > 0 && !first)
			_exit(0);
		if (pid > 0)
			for (;;)
				pause();
		if (pid == 0)
			setsid();
	}
	return 0;
}
