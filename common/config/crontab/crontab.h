/*
 * Text of a crontab as a sequence of entries and errors, each with its line:
 * what Debian's cron reads there, and cronie's additions. Pure; looks nobody
 * up and checks no schedule.
 *
 *   NAME = VALUE              environment of the entries below it
 *   M H DOM MON DOW COMMAND   or @daily COMMAND
 *   # belfry: KEY=VALUE ...   keys of the next entry's job
 *
 * The crontab of the system has the user before the command.
 */
#ifndef BELFRY_CONFIG_CRONTAB_CRONTAB_H
#define BELFRY_CONFIG_CRONTAB_CRONTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A word of "# belfry:"; both point into one buffer of the reader. */
struct crontab_word {
	const char *key;
	const char *value;
	uint32_t line;
};

/* Borrowed, valid during the call. */
struct crontab_entry {
	uint32_t line;
	const char *schedule; /* five fields, a blank between, or "@daily" */
	const char *user;     /* of the system's crontab; else NULL */
	const char *text;     /* the command as written, for people */
	const char *command;  /* without what is its input */
	const char *input;    /* for standard input; NULL none */
	/* "K=V\nK=V", each name once, in the order of their first line */
	const char *environment;
	bool quiet;         /* cronie's "-" before the minute: no log */
	bool mail_failures; /* cronie's "-n": mail of failures only */
	bool single;        /* OpenBSD's "-s": never twice at a time */
	const struct crontab_word *words;
	size_t nwords;
};

struct crontab_reader {
	bool system; /* there is a user before the command */
	bool root;   /* whose it is may write "-" before the minute */
	void (*entry)(void *arg, const struct crontab_entry *entry);
	/* A line is wrong, and left out. */
	void (*error)(void *arg, uint32_t line, const char *text);
	/* What works and may surprise. */
	void (*hint)(void *arg, uint32_t line, const char *text);
	void *arg;
};

/* Reads all of text, len bytes and a NUL behind them, which is cut up. */
void crontab_read(const struct crontab_reader *reader, char *text, size_t len);

/*
 * Can it be MAILTO or MAILFROM? What begins with a letter or a digit and has
 * no blanks, no shell and no sendmail takes for anything else.
 */
bool crontab_is_address(const char *text);

/* The minutes of RANDOM_DELAY, 0 to 1440; -1: it is no such number. */
int crontab_delay(const char *text);

/* The value of a variable in "K=V\nK=V", *len_r bytes; NULL: it is not set. */
const char *
crontab_variable(const char *environment, const char *name, size_t *len_r);

#endif
