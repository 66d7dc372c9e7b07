/* Gives the files of a directory to a fuzz target, one after the other. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "fuzz.h"

static void
replay(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name), *data;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t size = 0;

	data = fd != -1 ? fd_read_all(fd, 1 << 24, &size) : NULL;
	if (data == NULL)
		fatal("%s", path);
	fd_close(&fd);
	LLVMFuzzerTestOneInput((const uint8_t *)data, size);
	free(data);
	free(path);
}

int
main(int argc, char **argv)
{
	const struct dirent *entry;
	unsigned n = 0;
	DIR *d;

	log_init("replay", LOG_LEVEL_INFO, LOG_TARGET_STDERR);
	if (argc != 2)
		return 2;
	d = opendir(argv[1]);
	if (d == NULL)
		fatal("%s", argv[1]);
	while ((entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		replay(argv[1], entry->d_name);
		n++;
	}
	closedir(d);
	printf("%u inputs\n", n);
	return n > 0 ? 0 : 1;
}
