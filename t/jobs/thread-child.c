/*
 * A child that was forked by a second thread, deaf to SIGTERM; prints its
 * pid. The job waits for ever.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void *
fork_child(void *arg)
{
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGTERM, SIG_IGN);
		setsid();
		printf("%d\n", (int)getpid());
		fflush(stdout);
	}
	for (;;)
		pause();
	return arg;
}

int
main(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, fork_child, NULL) != 0)
		return 1;
	for (;;)
		pause();
}
