/* eat MEGABYTES: uses so much memory; exits with 3 when it is not to be had. */
#include <stdlib.h>
#include <string.h>

/* No compiler may find out that nobody reads it. */
static char *volatile last;

int
main(int argc, char **argv)
{
	long n = argc > 1 ? strtol(argv[1], NULL, 10) : 0;

	for (long i = 0; i < n; i++) {
		char *p = malloc(1 << 20);

		if (p == NULL)
			return 3;
		memset(p, 1, 1 << 20);
		last = p;
	}
	return 0;
}
