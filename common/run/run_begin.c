/* What the master knew when it made a run, on the wire and in its run file. */
#include "run/runfile.h"

#include <string.h>

void
run_begin_encode(const struct run_begin *b, struct wire_writer *w)
{
	wire_put_str(w, b->id);
	wire_put_str(w, b->job);
	wire_put_str(w, b->host);
	wire_put_i64(w, b->slot_ms);
	wire_put_i64(w, b->due_ms);
	wire_put_i32(w, b->attempt);
	wire_put_u8(w, (uint8_t)b->trigger);
	wire_put_i64(w, b->created_ms);
	wire_put_u64(w, b->output_limit);
	wire_put_u64(w, b->fence);
	wire_put_u32(w, b->copy);
	wire_put_str(w, b->chain);
	wire_put_str(w, b->parent);
	wire_put_u64(w, b->joined);
}

/* Not snprintf(): its pages cost a worker that has just been forked dear. */
static void
get_text(struct wire_reader *r, char *buf, size_t size)
{
	const char *s = wire_get_str(r);
	size_t n = strnlen(s, size - 1);

	memcpy(buf, s, n);
	buf[n] = '\0';
}

int
run_begin_decode(struct run_begin *b, struct wire_reader *r)
{
	get_text(r, b->id, sizeof(b->id));
	get_text(r, b->job, sizeof(b->job));
	get_text(r, b->host, sizeof(b->host));
	b->slot_ms = wire_get_i64(r);
	b->due_ms = wire_get_i64(r);
	b->attempt = wire_get_i32(r);
	b->trigger = wire_get_u8(r);
	b->created_ms = wire_get_i64(r);
	b->output_limit = wire_get_u64(r);
	b->fence = wire_get_u64(r);
	if (r->pos < r->len) /* older versions had none */
		b->copy = wire_get_u32(r);
	b->chain[0] = b->parent[0] = '\0';
	b->joined = 0;
	b->before_ms = 0;
	if (r->pos < r->len) { /* a version that has it wrote this */
		get_text(r, b->chain, sizeof(b->chain));
		get_text(r, b->parent, sizeof(b->parent));
		b->joined = wire_get_u64(r);
	}
	return wire_ok(r) && b->trigger < TRIGGER_COUNT ? 0 : -1;
}

const char *
run_begin_chain(const struct run_begin *begin)
{
	return begin->chain[0] != '\0' ? begin->chain : begin->id;
}
