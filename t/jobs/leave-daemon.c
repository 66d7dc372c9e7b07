/*
 * leave-daemon [hold]: leaves a daemon in a session of its own, prints its
 * pid and exits 0. hold: the daemon keeps standard output open.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
daemon_life(bool hold)
{
	int null = open("/dev/null", O_RDWR);

	signal(SIGTERM, SIG_IGN);
	printf("%d\n", (int)getpid());
	fflush(stdout);
	for (int fd = hold ? 3 : 0; fd < 3; fd++)
		dup2(null, fd);
	for (;;)
		pause();
}

int
main(int argc, char **argv)
{
	bool hold = argc > 1 && strcmp(argv[1], "hold") == 0;

	if (fork() == 0) {
		setsid();
		if (fork() == 0)
			daemon_life(hold);
		_exit(0);
	}
	wait(NULL);
	usleep(100000);
	return 0;
}
