/*
 * The mail that cron would send of a job's output: by whom, to whom, and what
 * stands in front of the output. Pure but for the host's name.
 */
#ifndef BELFRY_SCHEDULER_CRON_MAIL_H
#define BELFRY_SCHEDULER_CRON_MAIL_H

#include "base/strbuf.h"
#include "config/config.h"
#include "config/job.h"

struct user;

struct cron_mail {
	struct strbuf head;
	struct strbuf to;
	const char **argv; /* as spec->mail has it */
	uint32_t argc;     /* 0: no mail, as MAILTO wants it */
	bool kept;         /* for a server, by notify/mail.c */
	char **words; /* owned, NULL at the end: those of argv that it owns */
};

/* Where mails are until a server took them, below the state directory. */
#define CRON_MAIL_DIRECTORY "mail"

/* mail was never used. */
void cron_mail_make(struct cron_mail *mail, const struct job_def *def,
    const struct user *user, const struct config *config);
void cron_mail_fini(struct cron_mail *mail);

#endif
