#include "kinds/sql/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
flush(struct strbuf *b)
{
	const char *p = strbuf_str(b);
	size_t left = b->len;

	while (left > 0) {
		ssize_t n = write(STDOUT_FILENO, p, left);

		if (n <= 0)
			break;
		p += n;
		left -= (size_t)n;
	}
	strbuf_reset(b);
}

void
rows_say(const char *text)
{
	struct strbuf b = STRBUF_INIT;

	strbuf_adds(&b, text);
	strbuf_addch(&b, '\n');
	flush(&b);
	strbuf_fini(&b);
}

static void
add_value(struct strbuf *b, const char *value)
{
	size_t n = 0;

	for (; *value != '\0' && n < VALUE_SHOWN; value++, n++) {
		if (*value == '\n')
			strbuf_adds(b, "\\n");
		else if ((unsigned char)*value < ' ' || *value == 0x7f)
			strbuf_addch(b, '?');
		else
			strbuf_addch(b, *value);
	}
	/* No half of a character. */
	while (*value != '\0' && b->len > 0 &&
	    ((unsigned char)*value & 0xc0) == 0x80) {
		b->len--;
		value--;
		b->s[b->len] = '\0';
	}
	if (*value != '\0')
		strbuf_adds(b, "...");
}

static void
add_row(struct strbuf *b, const PGresult *result, int row)
{
	for (int i = 0; i < PQnfields(result); i++) {
		if (i > 0)
			strbuf_adds(b, " | ");
		add_value(b,
		    row == -1 ? PQfname(result, i) :
				PQgetvalue(result, row, i));
	}
	strbuf_addch(b, '\n');
}

void
rows_print(struct rows *rows, const PGresult *result)
{
	for (int i = 0; i < PQntuples(result); i++) {
		if (rows->n == 0)
			add_row(&rows->text, result, -1);
		if (rows->n++ < ROWS_SHOWN)
			add_row(&rows->text, result, i);
		if (rows->text.len > 32768)
			flush(&rows->text);
	}
}

void
rows_end(struct rows *rows, const PGresult *result)
{
	if (rows->n == 0)
		add_row(&rows->text, result, -1);
	strbuf_addf(&rows->text, "(%" PRId64 " row%s", rows->n,
	    rows->n == 1 ? "" : "s");
	if (rows->n > ROWS_SHOWN)
		strbuf_addf(&rows->text, ", of which these are the first %d",
		    ROWS_SHOWN);
	strbuf_adds(&rows->text, ")\n");
	flush(&rows->text);
	strbuf_fini(&rows->text);
	rows->n = 0;
}
