#include "notice.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "ipc/packet.h"
#include "kinds/kind.h"
#include "kinds/notice/sign.h"

#define SECRET_MAX 4096

/* Beyond the time that a try has; what hangs then is ended by the kernel. */
#define GRACE_S 5

bool
notice_is_abandoned(void)
{
	struct pollfd p = {.fd = NOTICE_ANSWER_FD};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) != 0;
}

const char *
notice_setting(
    const struct outgoing *out, const char *key, const char *fallback)
{
	const char *value = notice_order_get(&out->order, key);

	return value != NULL ? value : fallback;
}

/* \n, \t and \\ in a text that a configuration has in one line. */
static char *
unescape(const char *text)
{
	struct strbuf b = STRBUF_INIT;

	strbuf_adds(&b, "");
	for (; *text != '\0'; text++) {
		if (text[0] == '\\' && text[1] != '\0' &&
		    strchr("nt\\", text[1]) != NULL) {
			text++;
			strbuf_addch(&b,
			    *text == 'n'     ? '\n' :
				*text == 't' ? '\t' :
					       '\\');
		} else {
			strbuf_addch(&b, *text);
		}
	}
	return strbuf_take(&b);
}

char *
notice_expand(
    struct outgoing *out, const char *template, enum notice_escape escape)
{
	struct strbuf b = STRBUF_INIT;
	char *text = escape == NOTICE_RAW || escape == NOTICE_HTML ?
	    unescape(template) :
	    xstrdup(template);

	strbuf_adds(&b, "");
	notice_template_expand(&b, text, escape, letter_value, &out->letter);
	free(text);
	return strbuf_take(&b);
}

/* The first line of a file that nobody else may read. NULL with err. */
static char *
read_secret(const char *key, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	char *text = NULL;

	if (fd == -1 || fstat(fd, &st) == -1)
		err_errno(err, "cannot open %s %s", key, path);
	else if (!S_ISREG(st.st_mode))
		err_set(err, "%s %s is no regular file", key, path);
	else if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		err_set(err, "%s %s can be read by others; chmod 600 it", key,
		    path);
	else if ((text = fd_read_all(fd, SECRET_MAX, NULL)) == NULL)
		err_errno(err, "cannot read %s %s", key, path);
	fd_close(&fd);
	if (text == NULL)
		return NULL;
	text[strcspn(text, "\r\n")] = '\0';
	if (*text != '\0')
		return text;
	free(text);
	err_set(err, "%s %s is empty", key, path);
	return NULL;
}

int
notice_take_secret(const struct outgoing *out, const char *key, char **value_r,
    struct err *err)
{
	char file_key[32];
	const char *value = notice_order_get(&out->order, key), *path;

	snprintf(file_key, sizeof(file_key), "%s-file", key);
	path = notice_order_get(&out->order, file_key);
	*value_r = NULL;
	if (value != NULL)
		*value_r = xstrdup(value);
	else if (path != NULL)
		*value_r = read_secret(file_key, path, err);
	return path != NULL && *value_r == NULL ? -1 : 0;
}

/* It is in sign, which lives as long as the letter. */
static void
add_signature(struct letter *letter, struct sign *sign)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (sign_dingtalk(sign, letter->secret,
		(int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000) == -1)
		return;
	letter->dingtalk_time = sign->time;
	letter->dingtalk_sign = sign->text;
}

static int
send_it(struct outgoing *out, struct err *err)
{
	static const struct {
		const char *type;
		int (*send)(struct outgoing *out, struct err *err);
	} types[] = {
	    {"mail", notice_mail},
	    {"webhook", notice_http},
	    {"slack", notice_http},
	    {"command", notice_command},
	};
	struct sign sign;
	char *secret;

	if (notice_take_secret(out, "secret", &secret, err) == -1 ||
	    notice_take_secret(out, "password", &out->password, err) == -1 ||
	    notice_take_secret(out, "url", &out->url, err) == -1)
		return -1;
	letter_init(&out->letter, &out->order);
	out->letter.secret = secret;
	if (secret != NULL)
		add_signature(&out->letter, &sign);
	for (size_t i = 0; i < nitems(types); i++)
		if (strcmp(types[i].type, out->order.type) == 0)
			return types[i].send(out, err);
	return err_set(err, "unknown type %s", out->order.type);
}

int
notice_become(const struct notice_order *order, struct err *err)
{
	if (order->set_ids &&
	    (setgroups(0, NULL) == -1 ||
		setresgid(order->gid, order->gid, order->gid) == -1 ||
		setresuid(order->uid, order->uid, order->uid) == -1))
		return err_errno(err, "cannot change the user");
	if (prctl(PR_SET_NO_NEW_PRIVS, order->set_ids, 0, 0, 0) == -1 &&
	    order->set_ids)
		return err_errno(err, "cannot give up privileges");
	return 0;
}

/* Nothing is blocked or ignored, and the end comes whatever hangs. */
static void
set_signals(const struct notice_order *order)
{
	struct sigaction sa = {.sa_handler = SIG_DFL};
	sigset_t none;

	sigaction(SIGCHLD, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm((unsigned)(order->timeout_ms / 1000) + GRACE_S);
}

_Noreturn void
kind_notice(struct message *message, int fd)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct outgoing out = {.url = NULL};
	struct err err = {""};
	int rc = -1;

	setsid();
	prctl(PR_SET_NAME, "notify", 0, 0, 0);
	/* Nothing of the launcher's, whose ends others wait for. */
	if (dup2(fd, NOTICE_ANSWER_FD) == -1 ||
	    notice_order_decode(&out.order, &message->body) == -1)
		_exit(1);
	close_range(NOTICE_ANSWER_FD + 1, ~0U, 0);
	fd_cloexec(NOTICE_ANSWER_FD, 1);
	set_signals(&out.order);
	if (notice_become(&out.order, &err) == 0)
		rc = send_it(&out, &err);
	wire_put_u8(&w, rc == 0);
	wire_put_u8(&w, out.refused);
	wire_put_str(&w, rc == 0 ? "" : err.text);
	_exit(packet_send_one(NOTICE_ANSWER_FD, MSG_NOTICE_SENT, 0, &w, -1) ==
	    -1);
}
