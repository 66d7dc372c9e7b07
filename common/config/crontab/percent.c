/*
 * "%" in a command, as cron(8) reads it: the first that has no backslash ends
 * the command, the others are line ends of its input.
 */
#include "config/crontab/parts.h"

/* Up to the "%" or the end: a backslash goes before "%" and "\" alone. */
static const char *
add_command(const char *p, struct strbuf *b)
{
	for (; *p != '\0' && *p != '%'; p++) {
		if (*p == '\\' && p[1] != '\0') {
			p++;
			if (*p != '%' && *p != '\\')
				strbuf_addch(b, '\\');
		}
		strbuf_addch(b, *p);
	}
	return p;
}

/* Here a backslash goes before "%" alone, and ends with a line end. */
static void
add_input(const char *p, struct strbuf *b)
{
	for (; *p != '\0'; p++) {
		if (*p == '\\' && p[1] == '%') {
			strbuf_addch(b, '%');
			p++;
		} else {
			strbuf_addch(b, *p == '%' ? '\n' : *p);
		}
	}
	if (b->len > 0 && b->s[b->len - 1] != '\n')
		strbuf_addch(b, '\n');
}

void
crontab_divide(const char *text, struct strbuf *command_r,
    struct strbuf *input_r, bool *has_input_r)
{
	const char *p;

	strbuf_reset(command_r);
	strbuf_reset(input_r);
	p = add_command(text, command_r);
	if (*p == '%')
		add_input(p + 1, input_r);
	*has_input_r = input_r->len > 0;
}
