/*
 * What PAM gives to the jobs of Debian's cron: the variables of
 * /etc/environment and /etc/default/locale, as pam_env(8) reads them.
 */
#ifndef BELFRY_SCHEDULER_SYSTEM_ENV_H
#define BELFRY_SCHEDULER_SYSTEM_ENV_H

#include "base/strbuf.h"

/* Appends them as "K=V" lines; one that comes twice counts the second time. */
void system_env_read(struct strbuf *lines);

/* The same of one such text, ended by NUL. Pure. */
void system_env_parse(const char *text, struct strbuf *lines);

#endif
