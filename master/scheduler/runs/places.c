#include "scheduler/runs/places.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/statvfs.h>

#include "base/fd.h"
#include "base/log.h"
#include "run/runfile.h"
#include "scheduler/runs/run_id.h"

/* Files made in one turn of the loop. */
#define PREPARE_AT_ONCE 8
#define SPACE_LEFT      ((uint64_t)16 << 20)

/* Not the last space of a disk: the store needs that more. */
static bool
has_space(int dirfd)
{
	struct statvfs fs;

	return fstatvfs(dirfd, &fs) == 0 &&
	    (uint64_t)fs.f_bavail * fs.f_frsize >= SPACE_LEFT;
}

/*
 * An empty file is free. It has its space, so that jobs run on while the disk
 * is full. One that cannot be made is told at its use.
 */
static void
make_file(int dirfd, const char *name, bool with_space)
{
	int fd = openat(
	    dirfd, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd != -1 && with_space &&
	    fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, RUNFILE_HEADER) == -1)
		log_debug("run file %s has no space yet", name);
	fd_close(&fd);
}

bool
places_prepare(struct places *places, int dirfd, size_t ready)
{
	bool with_space = has_space(dirfd);
	char name[RUN_ID_SIZE];

	for (int i = 0; i < PREPARE_AT_ONCE; i++) {
		if (places->prepared >= ready)
			return false;
		run_id_name(places->prepared++, name);
		make_file(dirfd, name, with_space);
	}
	return true;
}

int
places_take(struct places *places)
{
	unsigned place;

	while (places->nfree > 0) {
		place = places->free[--places->nfree];
		if (places->used[place])
			continue;
		places->used[place] = true;
		return (int)place;
	}
	while (places->next < RUNFILE_PLACES) {
		place = places->next++;
		if (places->used[place])
			continue;
		places->used[place] = true;
		return (int)place;
	}
	return -1;
}

void
places_mark(struct places *places, int place)
{
	places->used[place] = true;
}

void
places_give(struct places *places, int place)
{
	if (place < 0 || !places->used[place])
		return;
	places->used[place] = false;
	if ((unsigned)place < places->next)
		places->free[places->nfree++] = (uint16_t)place;
}

bool
places_is_full(const struct places *places)
{
	return places->nfree == 0 && places->next >= RUNFILE_PLACES;
}

bool
places_is_scarce(const struct places *places)
{
	return places->next - places->nfree > RUNFILE_PLACES / 2;
}
