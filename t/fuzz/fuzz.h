/*
 * A fuzz target: libFuzzer calls it with inputs that it makes up, replay.c
 * with the kept ones. It aborts when what must hold does not.
 */
#ifndef BELFRY_T_FUZZ_H
#define BELFRY_T_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(what)                                                             \
	do {                                                                   \
		if (!(what))                                                   \
			fatalx("%s:%d: %s", __FILE__, __LINE__, #what);        \
	} while (0)

#endif
