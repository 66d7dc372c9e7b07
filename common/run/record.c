#include "run/record.h"

#include <stdio.h>
#include <string.h>

static const char *const notice_states[NOTICE_STATES] = {
    [NOTICE_WAITING] = "waiting",
    [NOTICE_DELIVERED] = "sent",
    [NOTICE_FAILED] = "failed",
};

const char *
notice_state_name(enum notice_state state)
{
	return notice_states[state];
}

int
notice_state_parse(const char *name)
{
	for (int i = 0; i < NOTICE_STATES; i++)
		if (strcmp(notice_states[i], name) == 0)
			return i;
	return -1;
}

void
run_begin_copy(const struct run_begin *b, char copy[RUN_COPY_SIZE])
{
	if (b->copy == COPY_OF_HOST)
		snprintf(copy, RUN_COPY_SIZE, "@%s", b->host);
	else if (b->copy != 0)
		snprintf(copy, RUN_COPY_SIZE, "%u", b->copy);
	else
		copy[0] = '\0';
}

void
record_job_encode(const struct record_job *r, struct wire_writer *w)
{
	wire_put_str(w, r->job);
	wire_put_str(w, r->memo);
	wire_put_i64(w, r->hwm_ms);
	wire_put_i64(w, r->last_end_ms);
	wire_put_str(w, r->last_run);
	wire_put_u8(w, (uint8_t)r->last_outcome);
	wire_put_i64(w, r->last_success_ms);
	wire_put_i64(w, r->failures);
	wire_put_u64(w, r->joined);
}

int
record_job_decode(struct record_job *r, struct wire_reader *in)
{
	r->job = wire_get_str(in);
	r->memo = wire_get_str(in);
	r->hwm_ms = wire_get_i64(in);
	r->last_end_ms = wire_get_i64(in);
	r->last_run = wire_get_str(in);
	r->last_outcome = wire_get_u8(in);
	r->last_success_ms = wire_get_i64(in);
	r->failures = wire_get_i64(in);
	r->joined = wire_get_u64(in);
	return wire_ok(in) && r->last_outcome < OUTCOME_COUNT ? 0 : -1;
}

void
record_retry_encode(const struct record_retry *r, struct wire_writer *w)
{
	wire_put_str(w, r->run);
	wire_put_str(w, r->job);
	wire_put_i64(w, r->slot_ms);
	wire_put_i32(w, r->attempt);
	wire_put_i64(w, r->due_ms);
	wire_put_str(w, r->chain);
	wire_put_str(w, r->parent);
	wire_put_str(w, r->params);
	wire_put_str(w, r->parents);
}

int
record_retry_decode(struct record_retry *r, struct wire_reader *in)
{
	r->run = wire_get_str(in);
	r->job = wire_get_str(in);
	r->slot_ms = wire_get_i64(in);
	r->attempt = wire_get_i32(in);
	r->due_ms = wire_get_i64(in);
	r->chain = wire_get_str(in);
	r->parent = wire_get_str(in);
	r->params = wire_get_str(in);
	r->parents = wire_get_str(in);
	return wire_ok(in) ? 0 : -1;
}

void
record_end_encode(const struct record_end *r, struct wire_writer *w)
{
	run_begin_encode(&r->begin, w);
	run_result_encode(&r->result, w);
	wire_put_i64(w, r->retry_ms);
	wire_put_u8(w, r->has_file);
}

int
record_end_decode(struct record_end *r, struct wire_reader *in)
{
	if (run_begin_decode(&r->begin, in) == -1 ||
	    run_result_decode(&r->result, in) == -1)
		return -1;
	r->retry_ms = wire_get_i64(in);
	r->has_file = wire_get_u8(in);
	return wire_ok(in) ? 0 : -1;
}

void
record_slot_encode(const struct record_slot *r, struct wire_writer *w)
{
	wire_put_str(w, r->job);
	wire_put_i64(w, r->slot_ms);
	wire_put_i64(w, r->until_ms);
	wire_put_i64(w, r->count);
	wire_put_u8(w, (uint8_t)r->outcome);
	wire_put_str(w, r->reason);
	wire_put_str(w, r->detail);
	wire_put_str(w, r->host);
	wire_put_u64(w, r->joined);
}

int
record_slot_decode(struct record_slot *r, struct wire_reader *in)
{
	r->job = wire_get_str(in);
	r->slot_ms = wire_get_i64(in);
	r->until_ms = wire_get_i64(in);
	r->count = wire_get_i64(in);
	r->outcome = wire_get_u8(in);
	r->reason = wire_get_str(in);
	r->detail = wire_get_str(in);
	r->host = wire_get_str(in);
	r->joined = wire_get_u64(in);
	return wire_ok(in) && r->outcome < OUTCOME_COUNT ? 0 : -1;
}

void
record_audit_encode(const struct record_audit *r, struct wire_writer *w)
{
	wire_put_str(w, r->id);
	wire_put_i64(w, r->at_ms);
	wire_put_str(w, r->host);
	wire_put_str(w, r->who);
	wire_put_str(w, r->from);
	wire_put_str(w, r->action);
	wire_put_str(w, r->object);
	wire_put_str(w, r->was);
	wire_put_str(w, r->became);
	wire_put_str(w, r->forget);
}

int
record_audit_decode(struct record_audit *r, struct wire_reader *in)
{
	r->id = wire_get_str(in);
	r->at_ms = wire_get_i64(in);
	r->host = wire_get_str(in);
	r->who = wire_get_str(in);
	r->from = wire_get_str(in);
	r->action = wire_get_str(in);
	r->object = wire_get_str(in);
	r->was = wire_get_str(in);
	r->became = wire_get_str(in);
	r->forget = wire_get_str(in);
	return wire_ok(in) ? 0 : -1;
}

void
record_pause_encode(const struct record_pause *r, struct wire_writer *w)
{
	wire_put_str(w, r->job);
	wire_put_u8(w, r->on);
	wire_put_str(w, r->who);
	wire_put_str(w, r->reason);
	wire_put_i64(w, r->since_ms);
	wire_put_i64(w, r->until_ms);
}

int
record_pause_decode(struct record_pause *r, struct wire_reader *in)
{
	r->job = wire_get_str(in);
	r->on = wire_get_u8(in);
	r->who = wire_get_str(in);
	r->reason = wire_get_str(in);
	r->since_ms = wire_get_i64(in);
	r->until_ms = wire_get_i64(in);
	return wire_ok(in) ? 0 : -1;
}

void
record_after_encode(const struct record_after *r, struct wire_writer *w)
{
	wire_put_str(w, r->job);
	wire_put_u64(w, r->mark);
	wire_put_str(w, r->parent);
	wire_put_str(w, r->run);
	wire_put_u8(w, (uint8_t)r->outcome);
	wire_put_i32(w, r->exit_code);
	wire_put_i64(w, r->end_ms);
	wire_put_str(w, r->chain);
	wire_put_str(w, r->params);
	wire_put_u64(w, r->replaces);
	wire_put_u64(w, r->used);
	wire_put_str(w, r->results);
}

int
record_after_decode(struct record_after *r, struct wire_reader *in)
{
	r->job = wire_get_str(in);
	r->mark = wire_get_u64(in);
	r->parent = wire_get_str(in);
	r->run = wire_get_str(in);
	r->outcome = wire_get_u8(in);
	r->exit_code = wire_get_i32(in);
	r->end_ms = wire_get_i64(in);
	r->chain = wire_get_str(in);
	r->params = wire_get_str(in);
	r->replaces = wire_get_u64(in);
	r->used = wire_get_u64(in);
	r->results = in->pos < in->len ? wire_get_str(in) : "";
	r->moved = false;
	return wire_ok(in) && r->outcome < OUTCOME_COUNT ? 0 : -1;
}

void
record_notice_encode(const struct record_notice *r, struct wire_writer *w)
{
	wire_put_str(w, r->id);
	wire_put_str(w, r->receiver);
	wire_put_str(w, r->event);
	wire_put_str(w, r->job);
	wire_put_str(w, r->run);
	wire_put_str(w, r->host);
	wire_put_i64(w, r->created_ms);
	wire_put_u8(w, (uint8_t)r->state);
	wire_put_i32(w, r->tries);
	wire_put_i64(w, r->next_ms);
	wire_put_i64(w, r->done_ms);
	wire_put_str(w, r->error);
	wire_put_str(w, r->facts);
}

int
record_notice_decode(struct record_notice *r, struct wire_reader *in)
{
	uint8_t state;

	r->id = wire_get_str(in);
	r->receiver = wire_get_str(in);
	r->event = wire_get_str(in);
	r->job = wire_get_str(in);
	r->run = wire_get_str(in);
	r->host = wire_get_str(in);
	r->created_ms = wire_get_i64(in);
	state = wire_get_u8(in);
	r->tries = wire_get_i32(in);
	r->next_ms = wire_get_i64(in);
	r->done_ms = wire_get_i64(in);
	r->error = wire_get_str(in);
	r->facts = wire_get_str(in);
	if (!wire_ok(in) || state >= NOTICE_STATES)
		return -1;
	r->state = (enum notice_state)state;
	return 0;
}

bool
record_slot_rewinds(const struct record_slot *r)
{
	return r->outcome == OUTCOME_NONE && r->reason != NULL &&
	    strcmp(r->reason, RECORD_REWIND) == 0;
}
