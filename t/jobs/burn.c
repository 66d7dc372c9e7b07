/* burn [deaf]: uses CPU for ever; deaf: SIGXCPU does not end it. */
#include <signal.h>
#include <string.h>

int
main(int argc, char **argv)
{
	volatile unsigned long n = 0;

	if (argc > 1 && strcmp(argv[1], "deaf") == 0)
		signal(SIGXCPU, SIG_IGN);
	for (;;)
		n++;
}
