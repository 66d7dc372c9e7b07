#include "cli/print/table.h"

#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "base/mem.h"

#define GAP 2 /* blanks between columns */

struct cell {
	char *text; /* owned */
	size_t width;
	enum colour colour;
};

struct table {
	size_t columns;
	bool *right;   /* owned, one a column */
	size_t ncells; /* the heads are the first row */
	size_t cap;
	struct cell *cells; /* owned */
};

bool
colour_wanted(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no == NULL || *no == '\0') &&
	    (term == NULL || strcmp(term, "dumb") != 0);
}

enum colour
colour_of(const char *word)
{
	static const struct {
		const char *word;
		enum colour colour;
	} words[] = {
	    {"success", COLOUR_GOOD},
	    {"running", COLOUR_GOOD},
	    {"failure", COLOUR_BAD},
	    {"timeout", COLOUR_BAD},
	    {"killed", COLOUR_BAD},
	    {"lost", COLOUR_BAD},
	    {"launch-failed", COLOUR_BAD},
	    {"retrying", COLOUR_WARN},
	    {"waiting", COLOUR_WARN},
	    {"queued", COLOUR_WARN},
	    {"paused", COLOUR_WARN},
	    {"draining", COLOUR_WARN},
	    {"skipped", COLOUR_WARN},
	    {"missed", COLOUR_WARN},
	    {"disabled", COLOUR_DIM},
	    {"joined", COLOUR_GOOD},
	    {"alive", COLOUR_GOOD},
	    {"ok", COLOUR_GOOD},
	    {"full", COLOUR_WARN},
	    {"isolated", COLOUR_BAD},
	    {"refused", COLOUR_BAD},
	    {"down", COLOUR_BAD},
	    {"blank", COLOUR_BAD},
	};
	size_t i;

	for (i = 0; i < nitems(words); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].colour;
	return COLOUR_NONE;
}

/* Bytes of the character at s, its columns in *width_r. */
static size_t
next_char(const char *s, int *width_r)
{
	mbstate_t state = {0};
	wchar_t wc;
	size_t n = mbrtowc(&wc, s, strlen(s), &state);

	*width_r = 1;
	if (n == 0 || n > MB_LEN_MAX)
		return 1;
	*width_r = wcwidth(wc);
	if (*width_r < 0)
		*width_r = 1;
	return n;
}

/* What could command the terminal, or is no text, becomes '?'. */
static size_t
clean(char *s)
{
	mbstate_t state = {0};
	size_t width = 0, n;
	wchar_t wc;
	int w;

	while (*s != '\0') {
		n = mbrtowc(&wc, s, strlen(s), &state);
		if (n > MB_LEN_MAX || !iswprint((wint_t)wc)) {
			memset(&state, 0, sizeof(state));
			n = n > MB_LEN_MAX ? 1 : n;
			memset(s, '?', n);
		}
		n = next_char(s, &w);
		width += (size_t)w;
		s += n;
	}
	return width;
}

static void
set_colour(enum colour colour)
{
	static const char *const codes[] = {
	    [COLOUR_NONE] = "",
	    [COLOUR_HEAD] = "\033[1m",
	    [COLOUR_GOOD] = "\033[32m",
	    [COLOUR_BAD] = "\033[31m",
	    [COLOUR_WARN] = "\033[33m",
	    [COLOUR_DIM] = "\033[2m",
	};

	fputs(codes[colour], stdout);
}

void
colour_print(enum colour colour, const char *text)
{
	char *copy = xstrdup(text);
	bool on = colour != COLOUR_NONE && colour_wanted();

	clean(copy);
	if (on)
		set_colour(colour);
	fputs(copy, stdout);
	if (on)
		fputs("\033[0m", stdout);
	free(copy);
}

static void
add_cell(struct table *table, enum colour colour, char *text)
{
	struct cell *cell;

	array_reserve(&table->cells, &table->cap, table->ncells + 1,
	    sizeof(*table->cells));
	cell = &table->cells[table->ncells++];
	cell->text = text;
	cell->width = clean(text);
	cell->colour = colour;
}

struct table *
table_new(const char *const *heads)
{
	struct table *table = xcalloc(1, sizeof(*table));

	for (; heads[table->columns] != NULL; table->columns++)
		add_cell(table, COLOUR_HEAD, xstrdup(heads[table->columns]));
	table->right = xcalloc(table->columns, sizeof(*table->right));
	return table;
}

void
table_free(struct table *table)
{
	size_t i;

	if (table == NULL)
		return;
	for (i = 0; i < table->ncells; i++)
		free(table->cells[i].text);
	free(table->cells);
	free(table->right);
	free(table);
}

void
table_align_right(struct table *table, size_t column)
{
	table->right[column] = true;
}

void
table_add(struct table *table, enum colour colour, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		text = xstrdup("");
	va_end(ap);
	add_cell(table, colour, text);
}

size_t
table_rows(const struct table *table)
{
	return table->ncells / table->columns - 1;
}

/* Columns of the terminal; as good as endless when it is none. */
static size_t
terminal_width(void)
{
	struct winsize size;

	if (isatty(STDOUT_FILENO) &&
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return SIZE_MAX;
}

static size_t
column_width(const struct table *table, size_t column)
{
	size_t i, width = 0;

	for (i = column; i < table->ncells; i += table->columns)
		if (table->cells[i].width > width)
			width = table->cells[i].width;
	return width;
}

static void
blanks(size_t n)
{
	while (n-- > 0)
		putchar(' ');
}

/* Prints what fits into room; returns the columns used. */
static size_t
print_text(const struct cell *cell, size_t room, bool coloured)
{
	const char *s = cell->text;
	size_t used = 0, n;
	int w;

	if (coloured)
		set_colour(cell->colour);
	while (*s != '\0') {
		n = next_char(s, &w);
		if (used + (size_t)w > room)
			break;
		fwrite(s, 1, n, stdout);
		used += (size_t)w;
		s += n;
	}
	if (coloured && cell->colour != COLOUR_NONE)
		fputs("\033[0m", stdout);
	return used;
}

static void
print_row(const struct table *table, const struct cell *row,
    const size_t *widths, size_t room, bool coloured)
{
	size_t c, pad, used, last = table->columns - 1;

	while (last > 0 && row[last].width == 0)
		last--;
	for (c = 0; c <= last; c++) {
		pad = widths[c] - row[c].width;
		if (table->right[c] && pad < room) {
			blanks(pad);
			room -= pad;
			pad = 0;
		}
		used = print_text(&row[c], room, coloured);
		room -= used;
		pad += GAP;
		/* No blanks at the end of a line. */
		if (c == last || pad >= room)
			break;
		blanks(pad);
		room -= pad;
	}
	putchar('\n');
}

void
table_print(const struct table *table)
{
	size_t *widths = xcalloc(table->columns, sizeof(*widths));
	size_t room = terminal_width(), i;
	bool coloured = colour_wanted();

	for (i = 0; i < table->columns; i++)
		widths[i] = column_width(table, i);
	for (i = 0; i + table->columns <= table->ncells; i += table->columns)
		print_row(table, &table->cells[i], widths, room, coloured);
	free(widths);
}
