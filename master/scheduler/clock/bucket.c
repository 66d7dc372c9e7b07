#include "scheduler/clock/bucket.h"

#define SECOND_US 1000000
#define BURST_US  (SECOND_US / 10)

int64_t
bucket_take(struct bucket *bucket, int64_t now_us)
{
	int64_t pace_us, burst_us;

	if (bucket->rate == 0)
		return 0;
	pace_us = SECOND_US / bucket->rate;
	if (pace_us == 0)
		pace_us = 1;
	/* What was not used for longer than this is lost. */
	burst_us = BURST_US > pace_us ? BURST_US - pace_us : 0;
	if (bucket->next_us < now_us - burst_us)
		bucket->next_us = now_us - burst_us;
	if (bucket->next_us > now_us)
		return bucket->next_us - now_us;
	bucket->next_us += pace_us;
	return 0;
}
