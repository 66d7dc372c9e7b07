/* flood BYTES: writes so many, each line its own number, 16 bytes a line. */
#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
	long n = argc > 1 ? strtol(argv[1], NULL, 10) / 16 : 0;

	for (long i = 0; i < n; i++)
		printf("%015ld\n", i);
	return 0;
}
