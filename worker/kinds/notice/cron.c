/* The mail of a crontab's job, to a server. */
#include "notice.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "kinds/kind.h"

/* Its head, and a little more than worker/mail.c takes of the output. */
#define MAIL_MAX (9U << 20)

/* "KEY=VALUE" as settings; the strings of keys are never freed. */
static void
take_settings(struct notice_order *order, const struct run_spec *spec)
{
	for (uint32_t i = 0; i < spec->mailc; i++) {
		size_t len = strcspn(spec->mail[i], "=");

		if (order->nsettings == ORDER_SETTINGS_MAX ||
		    spec->mail[i][len] == '\0')
			break;
		order->settings[order->nsettings++] = (struct order_setting){
		    xstrndup(spec->mail[i], len), spec->mail[i] + len + 1};
	}
}

static unsigned long
get_number(const struct outgoing *out, const char *key)
{
	return strtoul(notice_setting(out, key, "0"), NULL, 10);
}

static void
make_order(struct outgoing *out, const struct run_spec *spec)
{
	struct notice_order *order = &out->order;

	take_settings(order, spec);
	order->timeout_ms = (int64_t)get_number(out, "timeout-ms");
	order->uid = (uint32_t)get_number(out, "uid");
	order->gid = (uint32_t)get_number(out, "gid");
	order->set_ids = geteuid() != order->uid;
}

/* With the line ends that a server wants, whatever the output has. */
static void
add_text(struct strbuf *b, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))
			strbuf_adds(b, "\r\n");
		else
			strbuf_addch(b, text[i]);
}

static int
send_mail(struct outgoing *out, int fd, struct err *err)
{
	struct strbuf b = STRBUF_INIT;
	char *text, *from = notice_sender(out);
	size_t len;
	int rc;

	if (lseek(fd, 0, SEEK_SET) == -1 ||
	    (text = fd_read_all(fd, MAIL_MAX, &len)) == NULL) {
		free(from);
		return err_errno(err, "cannot read it");
	}
	notice_date_and_id(&b, "\r\n");
	add_text(&b, text, len);
	rc = notice_smtp(out, from, b.s, b.len, err);
	strbuf_fini(&b);
	free(text);
	free(from);
	return rc;
}

static _Noreturn void
be_sender(const struct run_spec *spec, int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct outgoing out = {.url = NULL};
	struct err err = {""};
	sigset_t none;

	setsid();
	prctl(PR_SET_NAME, "mail", 0, 0, 0);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	fd = fcntl(fd, F_DUPFD_CLOEXEC, NOTICE_ANSWER_FD + 1);
	/* Nobody waits for an answer, or goes away. */
	if (null == -1 || fd == -1 || dup2(null, NOTICE_ANSWER_FD) == -1)
		_exit(1);
	make_order(&out, spec);
	if (notice_become(&out.order, &err) == -1 ||
	    notice_take_secret(&out, "password", &out.password, &err) == -1 ||
	    send_mail(&out, fd, &err) == -1)
		log_warn("run %s: its output was not mailed: %s", spec->id,
		    err.text);
	_exit(0);
}

pid_t
kind_mail(const struct run_spec *spec, int fd, struct err *err)
{
	pid_t pid = fork();

	if (pid == 0)
		be_sender(spec, fd);
	return pid != -1 ? pid : err_errno(err, "cannot start a process");
}
