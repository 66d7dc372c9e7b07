/*
 * Job name -> its number in the set, in about 5 bytes a job: open addressing,
 * each slot a number and as many bits of the name's hash as there is room for.
 */
#ifndef BELFRY_CONFIG_JOB_INDEX_H
#define BELFRY_CONFIG_JOB_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct job_index {
	uint32_t *slots; /* 0: free; else tag << number_bits | number + 1 */
	uint32_t nslots;
	unsigned number_bits;
};

/* For at most n jobs. */
void job_index_init(struct job_index *index, size_t n);
void job_index_fini(struct job_index *index);

/*
 * Walks over the numbers that may have this hash: start with *pos_r from
 * job_index_start(), call until it is false. Then *pos_r is the free slot.
 */
uint32_t job_index_start(const struct job_index *index, uint32_t hash);
bool job_index_next(const struct job_index *index, uint32_t hash,
    uint32_t *pos_r, uint32_t *number_r);

/* Puts a number into the free slot that a walk ended at. */
void job_index_put(
    struct job_index *index, uint32_t hash, uint32_t pos, uint32_t number);

/* Takes all back. */
void job_index_clear(struct job_index *index);

/*
 * Takes back what was put in last, and so on backwards: a slot that was
 * filled last is on no other name's way.
 */
void job_index_undo(struct job_index *index, uint32_t hash, uint32_t number);

#endif
