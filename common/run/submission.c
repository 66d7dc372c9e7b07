#include "run/submission.h"

void
submission_encode(const struct submission *s, struct wire_writer *w)
{
	wire_put_str(w, s->id);
	wire_put_str(w, s->queue);
	wire_put_str(w, s->command);
	wire_put_str(w, s->user);
	wire_put_str(w, s->who);
	wire_put_str(w, s->key);
	wire_put_str(w, s->callback);
	wire_put_i64(w, s->slot_ms);
	wire_put_i64(w, s->due_ms);
	wire_put_i64(w, s->created_ms);
}

int
submission_decode(struct submission *s, struct wire_reader *r)
{
	s->id = wire_get_str(r);
	s->queue = wire_get_str(r);
	s->command = wire_get_str(r);
	s->user = wire_get_str(r);
	s->who = wire_get_str(r);
	s->key = wire_get_str(r);
	s->callback = wire_get_str(r);
	s->slot_ms = wire_get_i64(r);
	s->due_ms = wire_get_i64(r);
	s->created_ms = wire_get_i64(r);
	return wire_ok(r) ? 0 : -1;
}

void
submission_reply_encode(const struct submission_reply *s, struct wire_writer *w)
{
	wire_put_str(w, s->id);
	wire_put_str(w, s->queue);
	wire_put_str(w, s->user);
	wire_put_str(w, s->url);
	wire_put_str(w, s->body);
	wire_put_i64(w, s->slot_ms);
	wire_put_i32(w, s->tries);
}

int
submission_reply_decode(struct submission_reply *s, struct wire_reader *r)
{
	s->id = wire_get_str(r);
	s->queue = wire_get_str(r);
	s->user = wire_get_str(r);
	s->url = wire_get_str(r);
	s->body = wire_get_str(r);
	s->slot_ms = wire_get_i64(r);
	s->tries = wire_get_i32(r);
	return wire_ok(r) ? 0 : -1;
}

void
record_reply_encode(const struct record_reply *s, struct wire_writer *w)
{
	wire_put_str(w, s->id);
	wire_put_i32(w, s->tries);
	wire_put_u8(w, s->delivered);
	wire_put_i64(w, s->due_ms);
}

int
record_reply_decode(struct record_reply *s, struct wire_reader *r)
{
	s->id = wire_get_str(r);
	s->tries = wire_get_i32(r);
	s->delivered = wire_get_u8(r) != 0;
	s->due_ms = wire_get_i64(r);
	return wire_ok(r) ? 0 : -1;
}
