/*
 * A line of the log as a JSON object: time, level, process, pid, message, and
 * what the message says by key=value ("run=01k3...", exit=1) or begins with
 * ("job backup: ") as fields of their own, all texts. Pure.
 */
#ifndef BELFRY_BASE_LOG_JSON_H
#define BELFRY_BASE_LOG_JSON_H

#include <stddef.h>

struct log_json {
	const char *time, *level, *process;
	int pid;
	const char *message; /* any bytes: what is no UTF-8 becomes U+FFFD */
};

/*
 * Writes it with its NUL and without a line feed; what does not fit is left
 * out, and the line is whole all the same. size is at least 512. Returns the
 * length.
 */
size_t log_json_line(char *buf, size_t size, const struct log_json *line);

#endif
