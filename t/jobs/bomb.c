/*
 * bomb N: all that it forks forks as fast as it can, each in a session of its
 * own, deaf to SIGTERM; N processes of the user at most (RLIMIT_NPROC, which
 * root does not have). Ends by itself after 30 s.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	rlim_t max = argc > 1 ? (rlim_t)strtol(argv[1], NULL, 10) : 100;
	struct rlimit limit = {max, max};
	time_t end = time(NULL) + 30;

	if (getuid() == 0 || setrlimit(RLIMIT_NPROC, &limit) == -1)
		return 1;
	signal(SIGTERM, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	if (write(STDOUT_FILENO, "ready\n", 6) != 6)
		return 1;
	while (time(NULL) < end) {
		if (fork() == -1)
			usleep(100);
		else
			setsid();
	}
	return 0;
}
