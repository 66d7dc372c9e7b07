/*
 * Forks and exits, for ever: at no moment is there a process that was there
 * a moment ago. Deaf to SIGTERM.
 */
#include <signal.h>
#include <unistd.h>

int
main(void)
{
	signal(SIGTERM, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	if (write(STDOUT_FILENO, "ready\n", 6) != 6)
		return 1;
	for (int first = 1;; first = 0) {
		pid_t pid = fork();

		if (pid > 0 && !first)
			_exit(0);
		if (pid > 0)
			for (;;)
				pause();
		setsid();
	}
}
