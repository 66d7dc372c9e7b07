#include "places.h"

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
