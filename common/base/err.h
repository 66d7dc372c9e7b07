/*
 * One error that a person will read.
 *
 * A function that fails for a reason worth telling takes a "struct err *" as
 * its last parameter, fills it with err_set() and returns -1 or NULL. It does
 * not log: whoever knows the consequence does.
 */
#ifndef BELFRY_BASE_ERR_H
#define BELFRY_BASE_ERR_H

#include <stdarg.h>

struct err {
	char text[1024]; /* one line, no newline; "" when nothing failed */
};

/*
 * Sets the text, cut to fit. err may be NULL. Returns -1, so that
 * "return err_set(...)" reads well.
 */
int err_set(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Like err_set(), with ": " and strerror(errno) behind the text.
 * Keeps errno.
 */
int err_errno(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "text: " in front of what the error says, such as "FILE:LINE". */
int err_prefix(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
