/*
 * crowd N: N children (200 at most), each in a session of its own, deaf to
 * SIGTERM, holding standard output; prints how many it got and exits with 0 if
 * that was all. Whom nobody ends ends after 30 s.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	int want = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0, got = 0;

	for (int i = 0; i < want && i < 200; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			signal(SIGTERM, SIG_IGN);
			setsid();
			sleep(30);
			_exit(0);
		}
		got += pid > 0;
	}
	printf("%d\n", got);
	return got == want ? 0 : 1;
}
