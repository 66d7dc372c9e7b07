/*
 * Forks and exits, again and again: at no moment is there a process that was
 * there a moment ago. Deaf to SIGTERM. Ends by itself after 10 s, so that a
 * test that fails does not eat the machine.
 */
#include <signal.h>
#include <time.h>
#include <unistd.h>

int
main(void)
{
	time_t end = time(NULL) + 10;

	signal(SIGTERM, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	if (write(STDOUT_FILENO, "ready\n", 6) != 6)
		return 1;
	for (int first = 1; time(NULL) < end; first = 0) {
		pid_t pid = fork();

		if (pid > 0 && !first)
			_exit(0);
		if (pid > 0)
			while (time(NULL) < end)
				sleep(1);
		setsid();
	}
	return 0;
}
