#include "scheduler/runs/places.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/fd.h"
#include "scheduler/runs/run_id.h"

/* Files made in one turn of the loop. */
#define PREPARE_AT_ONCE 32

bool
places_prepare(struct places *places, int dirfd)
{
	char name[RUN_ID_SIZE];
	int fd;

	for (int i = 0; i < PREPARE_AT_ONCE; i++) {
		if (places->prepared >= PLACES_READY)
			return false;
		run_id_name(places->prepared++, name);
		/* Empty is free; one that cannot be made is told at its use. */
		fd = openat(dirfd, name,
		    O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		fd_close(&fd);
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
