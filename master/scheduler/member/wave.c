/*
 * Many slots that are due at once: their claims go before the launches of those
 * that are won, so that no slot waits for a claim while others run.
 */
#include "scheduler/member/internal.h"

/* With so many claims on their way it is a wave. */
#define WAVE_CLAIMS 64
/* A launch waits no longer for claims: Redis may be slow, or away. */
#define WAVE_MS     250

static bool
is_wave(const struct master *m)
{
	return cluster_claims_open(m->member->cluster) >= WAVE_CLAIMS ||
	    master_is_behind(m);
}

bool
member_claims_first(const struct master *m)
{
	struct member *member = m->member;

	if (member == NULL)
		return false;
	if (!is_wave(m)) {
		member->wave_ms = 0;
		return false;
	}
	if (member->wave_ms == 0)
		member->wave_ms = member_boot_ms();
	return member_boot_ms() - member->wave_ms < WAVE_MS;
}
