#include "notify/order.h"

#include <string.h>

static void
put_facts(struct wire_writer *w, const struct facts *facts)
{
	wire_put_u32(w, (uint32_t)facts->n);
	for (size_t i = 0; i < facts->n; i++) {
		wire_put_str(w, facts->names[i]);
		wire_put_str(w, facts->values[i]);
	}
}

void
notice_order_encode(const struct notice_order *order, struct wire_writer *w)
{
	wire_put_str(w, order->receiver);
	wire_put_str(w, order->type);
	wire_put_u8(w, order->set_ids);
	wire_put_u32(w, order->uid);
	wire_put_u32(w, order->gid);
	wire_put_i64(w, order->timeout_ms);
	wire_put_u64(w, order->total);
	wire_put_i64(w, order->first_ms);
	wire_put_i64(w, order->last_ms);
	wire_put_u32(w, order->nsettings);
	for (uint32_t i = 0; i < order->nsettings; i++) {
		wire_put_str(w, order->settings[i].key);
		wire_put_str(w, order->settings[i].value);
	}
	wire_put_u32(w, order->nitems);
	for (uint32_t i = 0; i < order->nitems; i++)
		put_facts(w, &order->items[i]);
}

static void
get_facts(struct wire_reader *r, struct facts *facts)
{
	uint32_t n = wire_get_count(r, 10);
	const char *name;

	facts->n = 0;
	for (uint32_t i = 0; i < n; i++) {
		name = wire_get_str(r);
		facts_add(facts, name, wire_get_str(r));
	}
}

int
notice_order_decode(struct notice_order *order, struct wire_reader *r)
{
	memset(order, 0, sizeof(*order));
	order->receiver = wire_get_str(r);
	order->type = wire_get_str(r);
	order->set_ids = wire_get_u8(r);
	order->uid = wire_get_u32(r);
	order->gid = wire_get_u32(r);
	order->timeout_ms = wire_get_i64(r);
	order->total = wire_get_u64(r);
	order->first_ms = wire_get_i64(r);
	order->last_ms = wire_get_i64(r);
	order->nsettings = wire_get_count(r, 10);
	if (order->nsettings > ORDER_SETTINGS_MAX)
		return -1;
	for (uint32_t i = 0; i < order->nsettings; i++) {
		order->settings[i].key = wire_get_str(r);
		order->settings[i].value = wire_get_str(r);
	}
	order->nitems = wire_get_count(r, 4);
	if (order->nitems == 0 || order->nitems > ORDER_ITEMS_MAX)
		return -1;
	for (uint32_t i = 0; i < order->nitems; i++)
		get_facts(r, &order->items[i]);
	return wire_ok(r) ? 0 : -1;
}

const char *
notice_order_get(const struct notice_order *order, const char *key)
{
	for (uint32_t i = 0; i < order->nsettings; i++)
		if (strcmp(order->settings[i].key, key) == 0)
			return order->settings[i].value;
	return NULL;
}
