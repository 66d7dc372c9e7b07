/* A mail as text: RFC 5322 headers, RFC 2047 words, a body any server takes. */
#include "notice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

#define SUBJECT_MAX   200 /* bytes, about */
#define LINE_MAX_7BIT 990
#define WORD_BYTES    45 /* of an encoded word, which has 75 characters */
#define QP_COLUMNS    72

static bool
is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* So many bytes at most, and no part of a character. */
static size_t
cut_utf8(const char *s, size_t max)
{
	size_t n = strlen(s);

	if (n <= max)
		return n;
	for (n = max; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
		;
	return n;
}

static void
add_base64(struct strbuf *b, const char *s, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		unsigned v = (unsigned)(unsigned char)s[i] << 16;

		if (i + 1 < n)
			v |= (unsigned)(unsigned char)s[i + 1] << 8;
		if (i + 2 < n)
			v |= (unsigned char)s[i + 2];
		strbuf_addch(b, digits[v >> 18 & 63]);
		strbuf_addch(b, digits[v >> 12 & 63]);
		strbuf_addch(b, i + 1 < n ? digits[v >> 6 & 63] : '=');
		strbuf_addch(b, i + 2 < n ? digits[v & 63] : '=');
	}
}

/* What is no ASCII becomes encoded words, a line each. */
static void
add_subject(struct strbuf *b, const char *text, const char *eol)
{
	size_t left = cut_utf8(text, SUBJECT_MAX), n;

	strbuf_adds(b, "Subject: ");
	if (is_ascii(text)) {
		strbuf_add(b, text, left);
		strbuf_adds(b, eol);
		return;
	}
	while (left > 0) {
		n = cut_utf8(text, left < WORD_BYTES ? left : WORD_BYTES);
		if (n == 0)
			break;
		strbuf_adds(b, "=?UTF-8?B?");
		add_base64(b, text, n);
		text += n;
		left -= n;
		strbuf_addf(b, "?=%s%s", eol, left > 0 ? " " : "");
	}
}

static void
add_date(struct strbuf *b, const char *eol)
{
	time_t now = time(NULL);
	char text[64];
	struct tm tm;

	gmtime_r(&now, &tm);
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

void
notice_date_and_id(struct strbuf *b, const char *eol)
{
	add_date(b, eol);
	add_id(b, eol);
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

static bool
is_7bit(const char *body)
{
	size_t n;

	for (const char *p = body; *p != '\0'; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		if (n > LINE_MAX_7BIT)
			return false;
	}
	return is_ascii(body);
}

static void
add_lines(struct strbuf *b, const char *body, const char *eol)
{
	for (; *body != '\0'; body++)
		if (*body == '\n')
			strbuf_adds(b, eol);
		else
			strbuf_addch(b, *body);
}

/* Quoted-printable, RFC 2045 section 6.7. */
static void
add_quoted(struct strbuf *b, const char *body, const char *eol)
{
	int column = 0;

	for (; *body != '\0'; body++) {
		unsigned char c = (unsigned char)*body;
		bool last = body[1] == '\n' || body[1] == '\0';

		if (c == '\n') {
			strbuf_adds(b, eol);
			column = 0;
			continue;
		}
		if (column >= QP_COLUMNS) {
			strbuf_addf(b, "=%s", eol);
			column = 0;
		}
		if (c >= 0x7f || (c < ' ' && c != '\t') || c == '=' ||
		    (last && (c == ' ' || c == '\t'))) {
			strbuf_addf(b, "=%02X", (unsigned)c);
			column += 3;
		} else {
			strbuf_addch(b, (char)c);
			column++;
		}
	}
}

static void
add_field(struct outgoing *out, struct strbuf *b, const char *name,
    const char *template, const char *eol)
{
	char *value = notice_expand(out, template, NOTICE_HEADER);

	if (*value != '\0' && is_ascii(value) && strlen(value) < 900)
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
	bool plain = is_7bit(body);
	struct strbuf b = STRBUF_INIT;

	add_date(&b, eol);
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
		add_lines(&b, body, eol);
	else
		add_quoted(&b, body, eol);
	strbuf_adds(&b, eol);
	free(subject);
	free(body);
	return strbuf_take(&b);
}
