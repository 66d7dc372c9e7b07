/* Stops itself; on SIGTERM it says so and exits 7. */
#include <signal.h>
#include <unistd.h>

static void
on_term(int sig)
{
	if (write(STDOUT_FILENO, "TERM\n", 5) == 5)
		_exit(7);
}

int
main(void)
{
	signal(SIGTERM, on_term);
	for (;;)
		raise(SIGSTOP);
}
