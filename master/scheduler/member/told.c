/* What was told of slots while Redis could not be reached. */
#include "scheduler/clock/due.h"
#include "scheduler/member/internal.h"

static bool
has_told(const struct run *run)
{
	return run->row != NULL && run->row->told_ms != 0;
}

static void
take_back(const struct run *run, int64_t from_ms, int64_t until_ms)
{
	const struct record_slot slot = {
	    .job = run->begin.job,
	    .slot_ms = from_ms,
	    .until_ms = until_ms,
	    .outcome = OUTCOME_NONE,
	    .reason = "",
	    .detail = "",
	    .host = run->begin.host,
	};

	if (from_ms <= until_ms)
		outbox_slot(run->master, &slot);
}

void
member_told_until(
    struct run *run, const struct claim_answer *answer, int64_t last_ms)
{
	int64_t slot_ms = run->begin.slot_ms, from_ms;

	if (!has_told(run))
		return;
	from_ms = run->row->told_ms;
	if (from_ms <= answer->edge_ms)
		from_ms = answer->edge_ms + 1;
	take_back(run, from_ms, last_ms < slot_ms ? last_ms : slot_ms);
	/* Of what was forgotten another tells, but only of the slot itself. */
	if (last_ms >= slot_ms && slot_ms <= answer->edge_ms)
		take_back(run, slot_ms, slot_ms);
}

int64_t
member_told_from(struct run *run, int64_t before_ms)
{
	struct member_row *row = run->row;

	if (!row->has_gaps)
		return row->told_ms;
	row->has_gaps = false;
	take_back(run, row->told_ms > before_ms ? row->told_ms : before_ms + 1,
	    run->begin.slot_ms - 1);
	return run->begin.slot_ms;
}

/* Is it another run that has told of slots of the same copy? */
static bool
is_beside(const struct run *run, const struct run *other)
{
	return other != run && other->state == RUN_STAGED && has_told(other) &&
	    other->begin.copy == run->begin.copy;
}

/* What it told stands, or is told by another. */
static void
drop(struct run *run)
{
	if (run->claim != NULL)
		cluster_abandon(run->master->member->cluster, run->claim);
	run->claim = NULL;
	member_vanish(run);
}

void
member_told_merge(struct run *run, int64_t after_ms, int64_t until_ms)
{
	struct run *other, *next;

	for (other = run->job->runs; other != NULL; other = next) {
		next = other->next;
		if (!is_beside(run, other) ||
		    other->begin.slot_ms <= after_ms ||
		    other->begin.slot_ms >= run->begin.slot_ms)
			continue;
		take_back(other, other->row->told_ms,
		    other->begin.slot_ms < until_ms ? other->begin.slot_ms :
						      after_ms);
		drop(other);
	}
}

/* The last one before it that may be claimed: it is told of by itself. */
static int64_t
last_in_doubt(const struct run *run)
{
	int64_t last_ms = 0;

	for (const struct run *r = run->job->runs; r != NULL; r = r->next)
		if (is_beside(run, r) && r->row->in_doubt &&
		    r->begin.slot_ms > last_ms)
			last_ms = r->begin.slot_ms;
	return last_ms;
}

/* Are there slots between the two, which other hosts have to tell of? */
static bool
is_gap(const struct run *earlier, const struct run *later)
{
	int64_t next_ms;

	return later->job->def != NULL && !due_is_delay(later->job) &&
	    due_after(later->job, earlier->begin.slot_ms, &next_ms) &&
	    next_ms < later->begin.slot_ms;
}

/* The newest speaks for those before it. The first slot that it speaks for. */
static int64_t
speak_for_others(struct run *run, bool *has_gaps_r)
{
	int64_t told_ms = run->begin.slot_ms;
	int64_t after_ms = last_in_doubt(run);
	struct run *other, *next;

	for (other = run->job->runs; other != NULL; other = next) {
		next = other->next;
		if (!is_beside(run, other) || other->begin.slot_ms <= after_ms)
			continue;
		if (other->row->told_ms < told_ms)
			told_ms = other->row->told_ms;
		*has_gaps_r |= other->row->has_gaps || is_gap(other, run);
		drop(other);
	}
	return told_ms;
}

void
member_tell_down(struct run *run, bool in_doubt)
{
	const struct record_slot slot = {
	    .slot_ms = run->begin.slot_ms,
	    .until_ms = run->begin.slot_ms,
	    .count = 1,
	    .outcome = OUTCOME_MISSED,
	    .reason = in_doubt ? "in-doubt" : "redis-down",
	    .detail = in_doubt ?
		"Redis went away before it answered the claim" :
		"no majority of Redis could be reached in time",
	};
	/* What may be claimed is asked for alone. */
	bool has_gaps = false;
	int64_t told_ms =
	    in_doubt ? run->begin.slot_ms : speak_for_others(run, &has_gaps);

	member_make_row(run, &slot);
	run->row->told_ms = told_ms;
	run->row->has_gaps = has_gaps;
	run->row->in_doubt = in_doubt;
	outbox_slot(run->master, &run->row->slot);
}

void
member_tell_forgotten(struct run *run)
{
	const struct record_slot slot = {
	    .slot_ms = run->begin.slot_ms,
	    .until_ms = run->begin.slot_ms,
	    .count = 1,
	    .outcome = OUTCOME_MISSED,
	    .reason = "in-doubt",
	    .detail = "Redis was empty, or had forgotten which slots were "
		      "claimed",
	};

	if (member_is_teller(run->begin.copy) && !has_told(run)) {
		if (run->row == NULL)
			member_make_row(run, &slot);
		outbox_slot(run->master, &run->row->slot);
	}
	member_end_recorded(run);
}
