/* What the master is told unasked. Runs in the api process. */
#include <stdlib.h>

#include "api/http/http_ask_internal.h"
#include "base/log.h"
#include "base/mem.h"

/* So much waits for a master that restarts. */
#define UNTOLD_MAX 1000

static bool
send_told(struct ask_table *table, const struct wire_writer *w)
{
	return channel_send(table->master.channel, MSG_AUDIT_TELL, 0, w, -1) ==
	    0;
}

void
ask_table_tell(struct ask_table *table, const struct record_audit *audit)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	record_audit_encode(audit, &w);
	if (table->nuntold == 0 && send_told(table, &w)) {
		wire_writer_fini(&w);
	} else if (table->nuntold == UNTOLD_MAX) {
		log_error("the audit log lacks that %s: %s %s", audit->who,
		    audit->action, audit->object);
		wire_writer_fini(&w);
	} else {
		array_reserve(&table->untold, &table->untold_cap,
		    table->nuntold + 1, sizeof(*table->untold));
		table->untold[table->nuntold++] = w;
	}
}

void
ask_tell_untold(struct ask_table *table)
{
	size_t n = 0;

	while (n < table->nuntold && send_told(table, &table->untold[n]))
		wire_writer_fini(&table->untold[n++]);
	for (size_t i = n; i < table->nuntold; i++)
		table->untold[i - n] = table->untold[i];
	table->nuntold -= n;
}

void
ask_tell_fini(struct ask_table *table)
{
	while (table->nuntold > 0)
		wire_writer_fini(&table->untold[--table->nuntold]);
	free(table->untold);
}
