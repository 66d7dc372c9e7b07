/*
 * The mail of a crontab's job, to a server: what was kept in a file, head and
 * output as cron has them, made such that every server takes it. Each of its
 * receivers gets it by itself: one that is not there takes it from no other.
 */
#include "notice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "kept.h"
#include "notify/encode.h"

#define EOL "\r\n"

/* "The server goes down": what it says of one mail is for all. */
#define STATUS_CLOSING 421

/* How the output is sent; the job may say that it did that itself. */
static const char *
choose_encoding(const struct kept *kept)
{
	static const char *const none[] = {"7bit", "8bit", "binary"};
	bool is_none = false;

	for (size_t i = 0; i < nitems(none); i++)
		if (strcasecmp(kept->encoding, none[i]) == 0)
			is_none = true;
	if (!is_none)
		return kept->encoding;
	if (encode_is_plain(kept->output, kept->output_len))
		return "7bit";
	return encode_is_foreign(kept->output, kept->output_len) ?
	    "base64" :
	    "quoted-printable";
}

/* A line of the head as it was, but for what is no ASCII. */
static void
add_line(struct strbuf *b, const char *line, const char *encoding)
{
	size_t len = strcspn(line, ":");
	char *name = xstrndup(line, len);
	const char *value = line + len + (line[len] != '\0');

	value += strspn(value, " ");
	if (strcmp(name, "Content-Transfer-Encoding") == 0)
		value = encoding;
	encode_field(b, name, value, EOL);
	free(name);
}

static void
add_output(struct strbuf *b, const struct kept *kept, const char *encoding)
{
	if (encoding == kept->encoding || strcmp(encoding, "7bit") == 0)
		encode_lines(b, kept->output, kept->output_len, EOL);
	else if (strcmp(encoding, "base64") == 0)
		encode_base64(b, kept->output, kept->output_len, EOL);
	else
		encode_quoted(b, kept->output, kept->output_len, EOL);
}

/* The same for every try, its id too: it is known again. */
static void
add_mail(struct strbuf *b, const struct kept *kept, const char *id)
{
	const char *encoding = choose_encoding(kept), *line = kept->head;
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	notice_add_date(b, kept->when, EOL);
	strbuf_addf(b, "Message-ID: <%s.cron@%s>" EOL, id,
	    *host != '\0' ? host : "localhost");
	for (; line + 1 < kept->output; line += strlen(line) + 1)
		add_line(b, line, encoding);
	strbuf_adds(b, EOL);
	add_output(b, kept, encoding);
}

/* Who has it not yet; NULL those who have. */
struct receivers {
	char *text;   /* owned; the words are in it */
	char **words; /* owned */
	size_t n;
};

static void
receivers_init(struct receivers *r, const char *list)
{
	char *next, *word;
	size_t cap = 0;

	*r = (struct receivers){.text = xstrdup(list)};
	next = r->text;
	while ((word = strsep(&next, ",")) != NULL) {
		if (*word == '\0')
			continue;
		array_reserve(&r->words, &cap, r->n + 1, sizeof(*r->words));
		r->words[r->n++] = word;
	}
}

static void
receivers_fini(struct receivers *r)
{
	free(r->words);
	free(r->text);
}

/* Before the next is tried, which may take all the time there is. */
static void
note_left(const struct receivers *r, const struct kept *kept, const char *path)
{
	struct strbuf left = STRBUF_INIT;

	for (size_t i = 0; i < r->n; i++)
		if (r->words[i] != NULL)
			strbuf_addf(&left, "%s%s", left.len > 0 ? "," : "",
			    r->words[i]);
	if (left.len > 0 && kept_set_left(kept, path, left.s) == -1)
		log_warn("cannot write %s, so some may get it again: %s", path,
		    strerror(errno));
	strbuf_fini(&left);
}

/*
 * One after the other. One that is not taken now, or never, holds up nobody
 * else: refused is for all that are left.
 */
static int
send_each(struct outgoing *out, const struct kept *kept,
    struct notice_mail *mail, const char *path, struct err *err)
{
	struct receivers r;
	long status;
	int rc = 0;

	receivers_init(&r, kept->left);
	for (size_t i = 0; i < r.n; i++) {
		mail->to = r.words[i];
		if (notice_smtp(out, mail, &status, err) == 0) {
			r.words[i] = NULL;
			note_left(&r, kept, path);
			continue;
		}
		rc = -1;
		out->refused = status >= 400 && status != STATUS_CLOSING;
		if (!out->refused)
			break;
	}
	receivers_fini(&r);
	return rc;
}

int
notice_cron(struct outgoing *out, struct err *err)
{
	const char *path = notice_setting(out, "cron-mail", "");
	struct notice_mail mail = {NULL};
	struct strbuf b = STRBUF_INIT;
	struct kept kept;
	char *from;
	int rc;

	if (kept_read(&kept, path, err) == -1) {
		out->refused = true; /* others can be sent */
		kept_fini(&kept);
		return -1;
	}
	add_mail(&b, &kept, strrchr(path, '/') + 1);
	from = xstrndup(kept.from, strcspn(kept.from, " "));
	mail.from = from;
	mail.text = b.s;
	mail.len = b.len;
	rc = send_each(out, &kept, &mail, path, err);
	strbuf_fini(&b);
	kept_fini(&kept);
	free(from);
	return rc;
}
