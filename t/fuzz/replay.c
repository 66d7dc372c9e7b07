/*
 * Runs a fuzzer's function over the files of a corpus, and over a fixed number
 * of variations of each: the part of fuzzing that is the same every time.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define FILE_MAX   65536
#define VARIATIONS 300


static uint64_t state = 88172645463325252ULL;

static size_t
random_below(size_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (size_t)(state >> 16) % n;
}

static void
run_file(const char *dir, const char *name)
{
	static uint8_t data[FILE_MAX], copy[FILE_MAX];
	char path[4096];
	size_t size, n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (f == NULL) {
		perror(path);
		exit(1);
	}
	size = fread(data, 1, sizeof(data), f);
	fclose(f);
	LLVMFuzzerTestOneInput(data, size);
	for (int i = 0; i < VARIATIONS && size > 0; i++) {
		memcpy(copy, data, size);
		n = random_below(8) == 0 ? random_below(size) : size;
		for (size_t k = random_below(4); k < 4 && n > 0; k++)
			copy[random_below(n)] = random_below(3) == 0 ?
			    (uint8_t)random_below(256) :
			    data[random_below(size)];
		LLVMFuzzerTestOneInput(copy, n);
	}
}

static int
compare(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

int
main(int argc, char **argv)
{
	static char *names[4096];
	size_t n = 0;
	DIR *dir;

	if (argc != 2 || (dir = opendir(argv[1])) == NULL) {
		fprintf(stderr, "usage: replay DIRECTORY\n");
		return 1;
	}
	/* In the order of names: the variations depend on it. */
	for (struct dirent *e; (e = readdir(dir)) != NULL && n < 4096;)
		if (e->d_name[0] != '.')
			names[n++] = strdup(e->d_name);
	closedir(dir);
	qsort(names, n, sizeof(*names), compare);
	for (size_t i = 0; i < n; i++) {
		run_file(argv[1], names[i]);
		free(names[i]);
	}
	printf("%zu files\n", n);
	return n == 0;
}
