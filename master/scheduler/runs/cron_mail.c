#include "scheduler/runs/cron_mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/crontab/crontab.h"
#include "config/section/notify.h"
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

/*
 * cron's "root", which a server needs a host for that sendmail adds by itself.
 * section: the server's; NULL: it is sendmail.
 */
static void
add_sender(struct cron_mail *mail, const struct job_def *def,
    const struct notify_section *section)
{
	struct strbuf from = STRBUF_INIT;
	const char *given =
	    section != NULL ? config_notify_setting(section, "from") : NULL;
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	if (get(def, "MAILFROM", &from) && from.len > 0 &&
	    crontab_is_address(from.s))
		strbuf_addf(&mail->head, "From: %s\n", from.s);
	else if (given != NULL)
		strbuf_addf(&mail->head, "From: %s (Cron Daemon)\n", given);
	else
		strbuf_addf(&mail->head, "From: root%s%s (Cron Daemon)\n",
		    section != NULL ? "@" : "", section != NULL ? host : "");
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
add_head(struct cron_mail *mail, const struct job_def *def,
    const struct user *user, const struct notify_section *section)
{
	add_sender(mail, def, section);
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

static void
add_word(struct cron_mail *mail, char *word)
{
	mail->words[mail->argc++] = word;
}

/* As cron calls it. */
static void
set_sendmail(struct cron_mail *mail, const char *sendmail)
{
	static const char *const words[] = {
	    "-FCronDaemon", "-i", "-B8BITMIME", "-oem"};

	mail->words = xcalloc(nitems(words) + 3, sizeof(*mail->words));
	add_word(mail, xstrdup(sendmail));
	for (size_t i = 0; i < nitems(words); i++)
		add_word(mail, xstrdup(words[i]));
	add_word(mail, xstrdup(mail->to.s));
}

/* For a server: whoever sends it is the daemon's own user. */
static void
set_kept(struct cron_mail *mail, const struct config *config)
{
	mail->kept = true;
	mail->words = xcalloc(4, sizeof(*mail->words));
	add_word(mail, xasprintf("%s/" CRON_MAIL_DIRECTORY, config->state_dir));
	add_word(mail, xasprintf("%u", (unsigned)getuid()));
	add_word(mail, xasprintf("%u", (unsigned)getgid()));
}

void
cron_mail_make(struct cron_mail *mail, const struct job_def *def,
    const struct user *user, const struct config *config)
{
	const struct notify_section *section =
	    config_notify_find(config, config->cron_mail);

	memset(mail, 0, sizeof(*mail));
	if (def->options->cron == 0 ||
	    (section == NULL && *config->sendmail == '\0') || !user->found ||
	    !find_receiver(mail, def, user))
		return;
	add_head(mail, def, user, section);
	if (section != NULL)
		set_kept(mail, config);
	else
		set_sendmail(mail, config->sendmail);
	mail->argv = (const char **)(uintptr_t)mail->words;
}

void
cron_mail_fini(struct cron_mail *mail)
{
	for (uint32_t i = 0; i < mail->argc; i++)
		free(mail->words[i]);
	free(mail->words);
	strbuf_fini(&mail->head);
	strbuf_fini(&mail->to);
}
