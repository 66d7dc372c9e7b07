/*
 * What the engine thinks of a zone, for zones.t: for each argument one line
 * "ZONE", then "AT OFFSET" for each change of the offset from 1970 on until
 * the year 2500.
 */
#include <inttypes.h>
#include <stdio.h>

#include "schedule/zone/zone.h"

#define END 16725225600 /* 2500-01-01 */

static int64_t
bisect(const struct zone *zone, int64_t low, int64_t high)
{
	int32_t old = zone_offset_at(zone, low);

	while (high - low > 1) {
		int64_t middle = (low + high) / 2;

		if (zone_offset_at(zone, middle) == old)
			low = middle;
		else
			high = middle;
	}
	return high;
}

int
main(int argc, char **argv)
{
	const int64_t step = 86400;

	for (int i = 2; i < argc; i++) {
		struct err err = {""};
		struct zone *zone = zone_load(argv[1], argv[i], &err);

		printf("%s\n", argv[i]);
		if (zone == NULL) {
			printf("error %s\n", err.text);
			continue;
		}
		printf("0 %" PRId32 "\n", zone_offset_at(zone, 0));
		for (int64_t t = 0; t < END; t += step)
			if (zone_offset_at(zone, t) !=
			    zone_offset_at(zone, t + step)) {
				int64_t at = bisect(zone, t, t + step);

				printf("%" PRId64 " %" PRId32 "\n", at,
				    zone_offset_at(zone, at));
			}
		zone_free(zone);
	}
	return 0;
}
