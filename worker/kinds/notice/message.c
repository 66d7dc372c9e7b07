/* A mail as text: RFC 5322 headers, RFC 2047 words, a body any server takes. */
#include "notice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "notify/encode.h"

#define SUBJECT_MAX 200 /* bytes, about */

/* Of a subject there is not more than people read. */
static void
add_subject(struct strbuf *b, const char *text, const char *eol)
{
	char *subject = xstrndup(text, encode_cut(text, SUBJECT_MAX));

	encode_field(b, "Subject", subject, eol);
	free(subject);
}

void
notice_add_date(struct strbuf *b, time_t when, const char *eol)
{
	char text[64];
	struct tm tm;

	gmtime_r(&when, &tm);
	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000", &tm);
	strbuf_addf(b, "Date: %s%s", text, eol);
}

static void
add_id(struct strbuf *b, const char *eol)
{
	struct timespec now;
	char host[256] = "";

	clock_gettime(CLOCK_REALTIME, &now);
	if (gethostname(host, sizeof(host) - 1) == -1 || *host == '\0')
		snprintf(host, sizeof(host), "localhost");
	strbuf_addf(b, "Message-ID: <%lld.%09ld.%d@%s>%s",
	    (long long)now.tv_sec, now.tv_nsec, (int)getpid(), host, eol);
}

static void
add_to(struct strbuf *b, const char *to, const char *eol)
{
	static const char blanks[] = " \t,";
	const char *p = to + strspn(to, blanks), *comma = "To: ";
	size_t len;

	for (; *p != '\0'; p += len + strspn(p + len, blanks)) {
		len = strcspn(p, blanks);
		strbuf_addf(b, "%s%.*s", comma, (int)len, p);
		comma = ", ";
	}
	strbuf_adds(b, eol);
}

static void
add_field(struct outgoing *out, struct strbuf *b, const char *name,
    const char *template, const char *eol)
{
	char *value = notice_expand(out, template, NOTICE_HEADER);

	if (*value != '\0' && encode_is_ascii(value, strlen(value)) &&
	    strlen(value) < 900)
		strbuf_addf(b, "%s: %s%s", name, value, eol);
	free(value);
}

char *
notice_message(struct outgoing *out, const char *from, const char *eol)
{
	char *subject = notice_expand(
	    out, notice_setting(out, "subject", "{subject}"), NOTICE_HEADER);
	char *body = notice_expand(
	    out, notice_setting(out, "body", "{text}"), NOTICE_RAW);
	size_t len = strlen(body);
	bool plain = encode_is_plain(body, len);
	struct strbuf b = STRBUF_INIT;

	notice_add_date(&b, time(NULL), eol);
	if (from != NULL)
		strbuf_addf(&b, "From: %s%s", from, eol);
	add_to(&b, notice_setting(out, "to", ""), eol);
	add_subject(&b, subject, eol);
	add_id(&b, eol);
	add_field(out, &b, "X-Belfry-Job", "{job}", eol);
	add_field(out, &b, "X-Belfry-Event", "{event}", eol);
	strbuf_addf(&b,
	    "Auto-Submitted: auto-generated%sMIME-Version: 1.0%s"
	    "Content-Type: text/plain; charset=UTF-8%s"
	    "Content-Transfer-Encoding: %s%s%s",
	    eol, eol, eol, plain ? "7bit" : "quoted-printable", eol, eol);
	if (plain)
		encode_lines(&b, body, len, eol);
	else
		encode_quoted(&b, body, len, eol);
	strbuf_adds(&b, eol);
	free(subject);
	free(body);
	return strbuf_take(&b);
}
