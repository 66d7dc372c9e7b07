/*
 * A table on standard output: columns aligned by display width, colour and
 * cutting to the terminal's width only when it is one.
 */
#ifndef BELFRY_CLI_PRINT_TABLE_H
#define BELFRY_CLI_PRINT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum colour {
	COLOUR_NONE,
	COLOUR_HEAD,
	COLOUR_GOOD,
	COLOUR_BAD,
	COLOUR_WARN,
	COLOUR_DIM,
};

struct table;

/* Heads are copied; NULL ends them. */
struct table *table_new(const char *const *heads);
void table_free(struct table *table);

/* The column is aligned to the right, as numbers are. */
void table_align_right(struct table *table, size_t column);

/*
 * The next cell, row by row; text is copied, control characters are shown as
 * '?'.
 */
void table_add(struct table *table, enum colour colour, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

size_t table_rows(const struct table *table);
void table_print(const struct table *table);

/* Whether standard output shows colours. */
bool colour_wanted(void);

/* The colour of an outcome or of a job's state. */
enum colour colour_of(const char *word);

/* Prints text in a colour, control characters as '?'. */
void colour_print(enum colour colour, const char *text);

#endif
