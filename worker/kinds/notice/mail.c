/* A message as mail: to a server by SMTP, or to the local sendmail. */
#include "notice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define SENDMAIL "/usr/sbin/sendmail"

/* Receivers of one mail, for the words of a command. */
#define TO_MAX 64

struct upload {
	const char *text;
	size_t left;
};

static size_t
read_cb(char *p, size_t size, size_t n, void *arg)
{
	struct upload *upload = arg;

	n *= size;
	if (n > upload->left)
		n = upload->left;
	memcpy(p, upload->text, n);
	upload->text += n;
	upload->left -= n;
	return n;
}

/* Each address once, allocated together; *n_r of them. */
static char *
split_to(const char *to, const char **list, size_t *n_r)
{
	char *copy = xstrdup(to), *p = copy, *word;

	*n_r = 0;
	while ((word = strsep(&p, " \t,")) != NULL && *n_r < TO_MAX)
		if (*word != '\0')
			list[(*n_r)++] = word;
	return copy;
}

static char *
default_from(void)
{
	char host[256] = "";

	if (gethostname(host, sizeof(host) - 1) == -1 || *host == '\0')
		snprintf(host, sizeof(host), "localhost");
	return xasprintf("belfry@%s", host);
}

/* Who has a password to lose does not send it in the clear. */
static long
tls_level(const struct outgoing *out)
{
	bool login = notice_order_get(&out->order, "user") != NULL;
	const char *tls =
	    notice_setting(out, "tls", login ? "starttls" : "try");

	if (strcmp(tls, "off") == 0)
		return CURLUSESSL_NONE;
	return strcmp(tls, "try") == 0 ? CURLUSESSL_TRY : CURLUSESSL_ALL;
}

static void
set_mail(CURL *curl, const struct outgoing *out, const char *from,
    struct curl_slist *to, struct upload *upload)
{
	const char *user = notice_order_get(&out->order, "user");

	notice_curl_common(curl, out);
	curl_easy_setopt(
	    curl, CURLOPT_URL, notice_order_get(&out->order, "smtp"));
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(curl, CURLOPT_USE_SSL, tls_level(out));
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_cb);
	curl_easy_setopt(curl, CURLOPT_READDATA, upload);
	if (user == NULL)
		return;
	curl_easy_setopt(curl, CURLOPT_USERNAME, user);
	curl_easy_setopt(
	    curl, CURLOPT_PASSWORD, out->password != NULL ? out->password : "");
}

int
notice_smtp(const struct outgoing *out, const struct notice_mail *mail,
    long *status_r, struct err *err)
{
	const char *words[TO_MAX];
	struct upload upload = {mail->text, mail->len};
	struct curl_slist *to = NULL;
	CURL *curl = curl_easy_init();
	char *list;
	size_t n;
	int rc = -1;

	list = split_to(mail->to, words, &n);
	for (size_t i = 0; i < n; i++)
		to = curl_slist_append(to, words[i]);
	*status_r = 0;
	if (curl == NULL) {
		err_set(err, "out of memory");
	} else {
		set_mail(curl, out, mail->from, to, &upload);
		rc = notice_curl_run(curl, status_r, err);
	}
	curl_slist_free_all(to);
	free(list);
	return rc;
}

static int
send_smtp(struct outgoing *out, struct err *err)
{
	const char *given = notice_order_get(&out->order, "from");
	char *from = given != NULL ? xstrdup(given) : default_from();
	char *text = notice_message(out, from, "\r\n");
	const struct notice_mail mail = {
	    .from = from,
	    .to = notice_setting(out, "to", ""),
	    .text = text,
	    .len = strlen(text),
	};
	long status;
	int rc = notice_smtp(out, &mail, &status, err);

	out->refused = rc == -1 && status >= 500;
	free(text);
	free(from);
	return rc;
}

/* As cron does it: sendmail knows what becomes of it. */
static int
send_local(struct outgoing *out, struct err *err)
{
	const char *words[TO_MAX], *argv[TO_MAX + 8];
	const char *const env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	const char *from = notice_order_get(&out->order, "from");
	char *message = notice_message(out, from, "\n"), *list;
	size_t n, argc = 0;
	int rc;

	list = split_to(notice_setting(out, "to", ""), words, &n);
	argv[argc++] = notice_setting(out, "sendmail", SENDMAIL);
	argv[argc++] = "-i";
	argv[argc++] = "-oem";
	if (from != NULL) {
		argv[argc++] = "-f";
		argv[argc++] = from;
	}
	argv[argc++] = "--";
	for (size_t i = 0; i < n; i++)
		argv[argc++] = words[i];
	argv[argc] = NULL;
	rc = notice_execute(out, argv, env, message, err);
	free(list);
	free(message);
	return rc;
}

int
notice_mail(struct outgoing *out, struct err *err)
{
	if (notice_order_get(&out->order, "cron-mail") != NULL)
		return notice_cron(out, err);
	return notice_order_get(&out->order, "smtp") != NULL ?
	    send_smtp(out, err) :
	    send_local(out, err);
}
