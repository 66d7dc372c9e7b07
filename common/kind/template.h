/*
 * Values with variables in them, which are filled in when a run begins. Pure.
 *
 *   ${NAME}          the value of a variable, escaped as its place needs it
 *   ${NAME:url}      escaped as a part of a URL
 *   ${NAME:json}     escaped as a part of a string of JSON
 *   ${NAME:raw}      as it is
 *   ${NAME:-text}    text when the variable is not set or empty;
 *                    also ${NAME:json:-text}
 *   $${              the characters ${
 *
 * Any other $ is itself.
 */
#ifndef BELFRY_KIND_TEMPLATE_H
#define BELFRY_KIND_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

enum template_escape {
	TEMPLATE_RAW,
	TEMPLATE_URL,  /* all but letters, digits and -._~ as %XX (RFC 3986) */
	TEMPLATE_JSON, /* ", \ and control characters (RFC 8259, section 7) */
};

/* Whether it is well-formed. 0, or -1 with err: "column N: ...". */
int template_check(const char *text, struct err *err);

/*
 * Appends text with the variables of env, "K=V" and NULL at the end. usual is
 * the escape of a variable that names none. 0, or -1 with err for a variable
 * that is not set; its value is never in err.
 */
int template_expand(struct strbuf *b, const char *text, const char *const *env,
    enum template_escape usual, struct err *err);

/*
 * Whether everything that could be secret in it comes from variables: one
 * variable without a text of its own, with at most a word before it, as in
 * "Bearer ${TOKEN}".
 */
bool template_is_variable(const char *text);

#endif
