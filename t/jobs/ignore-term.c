/* A job that only SIGKILL ends. Says so when it is ready. */
#include <signal.h>
#include <unistd.h>

int
main(void)
{
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_IGN);
	if (write(STDOUT_FILENO, "ready\n", 6) != 6)
		return 1;
	for (;;)
		pause();
}
