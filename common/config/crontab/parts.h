/* The parts of a crontab's lines. Pure. */
#ifndef BELFRY_CONFIG_CRONTAB_PARTS_H
#define BELFRY_CONFIG_CRONTAB_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "config/crontab/crontab.h"

/*
 * Of variable.c. Whether the line sets a variable, by the rules of cron(8):
 * then name_r and value_r have it.
 */
bool crontab_is_variable(
    const char *line, struct strbuf *name_r, struct strbuf *value_r);

/* Sets it in "K=V\nK=V". 0, or -1 with err: it cannot be a name. */
int crontab_set_variable(struct strbuf *environment, const char *name,
    const char *value, struct err *err);

/*
 * Of fields.c. Takes the times from *p: "@name", or five fields, of which
 * cronie's "~" is completed, and a "*" behind a comma written out, as it is no
 * more than its values to cron. *p is then behind them and the blanks that
 * follow; or at the mistake. 0, or -1 with err.
 */
int
crontab_take_times(const char **p, struct strbuf *schedule_r, struct err *err);

/*
 * Of percent.c. Divides a command at its first "%": what is before it is the
 * command, what follows its standard input. *input_r: is there any?
 */
void crontab_divide(const char *text, struct strbuf *command_r,
    struct strbuf *input_r, bool *has_input_r);

/*
 * Of words.c. Takes the words of "# belfry: KEY=VALUE ..." at text, which is
 * cut up and must live as long as they. 0, or -1 with err; there is then what
 * was taken before.
 */
struct crontab_words {
	struct crontab_word *items; /* owned */
	size_t n, cap;
};

int crontab_take_words(
    struct crontab_words *words, char *text, uint32_t line, struct err *err);

/* The words behind "# belfry:" of a comment; NULL: it is an ordinary one. */
char *crontab_special(char *line);

#endif
