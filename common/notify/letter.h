/*
 * What a message says of one notification, or of several at once: its subject,
 * its text, its JSON, and the values that a template may ask for. Pure.
 */
#ifndef BELFRY_NOTIFY_LETTER_H
#define BELFRY_NOTIFY_LETTER_H

#include "notify/order.h"
#include "notify/template.h"

struct letter {
	const struct notice_order *order; /* borrowed */
	const char *secret;               /* borrowed; NULL none */
	const char *dingtalk_time;        /* borrowed; NULL none */
	const char *dingtalk_sign;        /* of that time; the same */
	struct strbuf subject; /* "backup failed on web1: exit code 3" */
	struct strbuf text;    /* lines for people */
	struct strbuf json;    /* an object */
	struct strbuf value;   /* of several: the last that was asked for */
	char count[24];
};

/* order lives on. */
void letter_init(struct letter *letter, const struct notice_order *order);
void letter_fini(struct letter *letter);

/* For notice_template_expand(); arg is the letter. */
const char *letter_value(void *arg, const char *name, size_t len, bool *raw_r);

/* One notification in a line, as in the subject. */
void letter_line(struct strbuf *b, const struct facts *facts);

#endif
