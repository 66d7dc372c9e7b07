/*
 * Texts of a receiver with facts in them, filled in when a message is sent.
 * Pure.
 *
 *   {job}        a fact (facts.h), or one of subject, text, count, json,
 *                receiver and secret; escaped as its place needs it
 *   {job:url}    escaped as a part of a URL
 *   {job:json}   escaped as a part of a string of JSON
 *   {job:html}   escaped as a part of HTML or XML
 *   {job:raw}    as it is
 *   {{           the character {
 *
 * Any other brace is itself, so that JSON can be written as it is.
 */
#ifndef BELFRY_NOTIFY_TEMPLATE_H
#define BELFRY_NOTIFY_TEMPLATE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strbuf.h"

enum notice_escape {
	NOTICE_RAW,    /* control characters but line ends and tabs become ? */
	NOTICE_URL,    /* all but letters, digits and -._~ as %XX (RFC 3986) */
	NOTICE_JSON,   /* ", \ and control characters (RFC 8259, section 7) */
	NOTICE_HTML,   /* & < > " ' as entities */
	NOTICE_HEADER, /* line ends and control characters become blanks */
	NOTICE_SLACK,  /* & < > as Slack wants them, then as in JSON */
};

/*
 * The value of a name, or NULL: there is no such. *raw_r: it is not to be
 * escaped, whatever the place.
 */
typedef const char *
notice_value(void *arg, const char *name, size_t len, bool *raw_r);

/* Whether it is well-formed. 0, or -1 with err: "column N: ...". */
int notice_template_check(const char *text, struct err *err);

/* Appends text, which was checked, with its values. */
void notice_template_expand(struct strbuf *b, const char *text,
    enum notice_escape usual, notice_value *value, void *arg);

/* Appends a text, escaped. */
void notice_escape(struct strbuf *b, const char *s, enum notice_escape escape);

#endif
