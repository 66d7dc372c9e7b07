#include "run/guard.h"

void
guard_ask_encode(const struct guard_ask *ask, struct wire_writer *w)
{
	wire_put_str(w, ask->run);
	wire_put_str(w, ask->job);
	wire_put_str(w, ask->copy);
	wire_put_i64(w, ask->slot_ms);
	wire_put_i32(w, ask->attempt);
}

int
guard_ask_decode(struct guard_ask *ask, struct wire_reader *in)
{
	ask->run = wire_get_str(in);
	ask->job = wire_get_str(in);
	ask->copy = wire_get_str(in);
	ask->slot_ms = wire_get_i64(in);
	ask->attempt = wire_get_i32(in);
	return wire_ok(in) ? 0 : -1;
}

void
guard_answer_encode(const struct guard_answer *answer, struct wire_writer *w)
{
	wire_put_str(w, answer->run);
	wire_put_u8(w, (uint8_t)answer->verdict);
	wire_put_str(w, answer->text);
}

int
guard_answer_decode(struct guard_answer *answer, struct wire_reader *in)
{
	uint8_t verdict;

	answer->run = wire_get_str(in);
	verdict = wire_get_u8(in);
	answer->text = wire_get_str(in);
	if (!wire_ok(in) || verdict < GUARD_YES || verdict > GUARD_DOWN)
		return -1;
	answer->verdict = (enum guard_verdict)verdict;
	return 0;
}
