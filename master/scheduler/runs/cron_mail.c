#include "scheduler/runs/cron_mail.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/crontab/crontab.h"
#include "user/user.h"

/* More of the environment than this is in no mail. */
#define ENVIRONMENT_MAX 16384

/* Copies a variable of the crontab; false: it is not set. */
static bool
get(const struct job_def *def, const char *name, struct strbuf *value_r)
{
	size_t len = 0;
	const char *value =
	    crontab_variable(def->options->environment, name, &len);

	strbuf_reset(value_r);
	if (value == NULL)
		return false;
	strbuf_add(value_r, value, len);
	return true;
}

/* MAILTO, else the user; false: to nobody. */
static bool
find_receiver(
    struct cron_mail *mail, const struct job_def *def, const struct user *user)
{
	if (!get(def, "MAILTO", &mail->to)) {
		strbuf_adds(&mail->to, user->login);
		return mail->to.len > 0;
	}
	return mail->to.len > 0 && crontab_is_address(mail->to.s);
}

static void
add_field(struct cron_mail *mail, const struct job_def *def, const char *field,
    const char *variable, const char *otherwise)
{
	struct strbuf value = STRBUF_INIT;

	if (!get(def, variable, &value))
		strbuf_adds(&value, otherwise);
	strbuf_addf(&mail->head, "%s: %s\n", field, strbuf_str(&value));
	strbuf_fini(&value);
}

static void
add_sender(struct cron_mail *mail, const struct job_def *def)
{
	struct strbuf from = STRBUF_INIT;
	bool set = get(def, "MAILFROM", &from) && from.len > 0 &&
	    crontab_is_address(from.s);

	strbuf_addf(
	    &mail->head, "From: %s\n", set ? from.s : "root (Cron Daemon)");
	strbuf_fini(&from);
}

static void
add_subject(
    struct cron_mail *mail, const struct job_def *def, const struct user *user)
{
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	host[strcspn(host, ".")] = '\0';
	strbuf_addf(&mail->head, "Subject: Cron <%s@%s> %s\n", user->login,
	    host, def->command);
}

static void
add_default(struct cron_mail *mail, const struct job_def *def, const char *name,
    const char *value)
{
	size_t len;

	if (crontab_variable(def->options->environment, name, &len) == NULL)
		strbuf_addf(&mail->head, "X-Cron-Env: <%s=%s>\n", name, value);
}

/* The variables of the crontab in their order, then cron's own. */
static void
add_environment(
    struct cron_mail *mail, const struct job_def *def, const struct user *user)
{
	const char *p = def->options->environment;

	if (strlen(p) > ENVIRONMENT_MAX)
		return;
	while (*p != '\0') {
		size_t len = strcspn(p, "\n");

		if (strncmp(p, "LOGNAME=", 8) == 0)
			strbuf_addf(&mail->head, "X-Cron-Env: <LOGNAME=%s>\n",
			    user->login);
		else
			strbuf_addf(
			    &mail->head, "X-Cron-Env: <%.*s>\n", (int)len, p);
		p += len + (p[len] == '\n');
	}
	add_default(mail, def, "SHELL", "/bin/sh");
	add_default(mail, def, "HOME", user->home != NULL ? user->home : "/");
	add_default(mail, def, "PATH", "/usr/bin:/bin");
	add_default(mail, def, "LOGNAME", user->login);
}

static void
add_head(
    struct cron_mail *mail, const struct job_def *def, const struct user *user)
{
	add_sender(mail, def);
	strbuf_addf(&mail->head, "To: %s\n", mail->to.s);
	add_subject(mail, def, user);
	strbuf_adds(&mail->head, "MIME-Version: 1.0\n");
	add_field(mail, def, "Content-Type", "CONTENT_TYPE",
	    "text/plain; charset=UTF-8");
	add_field(mail, def, "Content-Transfer-Encoding",
	    "CONTENT_TRANSFER_ENCODING", "8bit");
	add_environment(mail, def, user);
	strbuf_addch(&mail->head, '\n');
}

void
cron_mail_make(struct cron_mail *mail, const struct job_def *def,
    const struct user *user, const char *sendmail)
{
	const char *const argv[] = {
	    sendmail, "-FCronDaemon", "-i", "-B8BITMIME", "-oem"};

	memset(mail, 0, sizeof(*mail));
	if (def->options->cron == 0 || *sendmail == '\0' || !user->found ||
	    !find_receiver(mail, def, user))
		return;
	add_head(mail, def, user);
	memcpy(mail->argv, argv, sizeof(argv));
	mail->argc = sizeof(argv) / sizeof(argv[0]);
	mail->argv[mail->argc++] = mail->to.s;
}

void
cron_mail_fini(struct cron_mail *mail)
{
	strbuf_fini(&mail->head);
	strbuf_fini(&mail->to);
}
