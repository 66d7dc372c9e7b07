#include "scheduler/crontab/answer.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "json_text.h"
#include "scheduler/answer/answer.h"
#include "scheduler/crontab/spool.h"
#include "scheduler/jobs/files.h"
#include "scheduler/master.h"

#define TEXT_TYPE "text/plain; charset=utf-8"

/* False, and answered: who asks is no user of this machine. */
static bool
find_asker(struct ask *ask, uid_t *uid_r)
{
	const char *uid = ask_arg(ask, "uid");

	if (uid != NULL) {
		*uid_r = (uid_t)strtoul(uid, NULL, 10);
		return true;
	}
	answer_error(ask->channel, ask->id, 403, "forbidden",
	    "crontabs are for users of this machine, through the unix socket");
	return false;
}

static bool
can_be_file(const char *name)
{
	return *name != '.' && strchr(name, '/') == NULL &&
	    strlen(name) < sizeof(((struct spool_user *)NULL)->name);
}

/*
 * Of /etc/passwd alone, by name or, without one, by number: a name service
 * could hold up all that the master does.
 */
static bool
look_up(const char *name, uid_t uid, struct spool_user *user_r)
{
	FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *pw = NULL;

	while (f != NULL && (pw = fgetpwent(f)) != NULL)
		if (name != NULL ? strcmp(pw->pw_name, name) == 0 :
				   pw->pw_uid == uid)
			break;
	if (pw != NULL && can_be_file(pw->pw_name)) {
		snprintf(user_r->name, sizeof(user_r->name), "%s", pw->pw_name);
		user_r->uid = pw->pw_uid;
	} else {
		pw = NULL;
	}
	if (f != NULL)
		fclose(f);
	return pw != NULL;
}

/*
 * Whose crontab it is about. False, and answered: nobody's, or one that is
 * not for who asks.
 */
static bool
find_user(struct master *m, struct ask *ask, struct spool_user *user_r)
{
	const char *name = ask_arg(ask, "user");
	uid_t asker;

	if (!find_asker(ask, &asker))
		return false;
	if (!look_up(name, asker, user_r)) {
		answer_error(ask->channel, ask->id, 404, "not_found",
		    "there is no user \"%s\" in /etc/passwd",
		    name != NULL ? name : ask->who);
		return false;
	}
	if (user_r->uid != asker && asker != 0 &&
	    asker != m->role->daemon_uid) {
		answer_error(ask->channel, ask->id, 403, "forbidden",
		    "only root may have the crontab of another user, %s",
		    user_r->name);
		return false;
	}
	return true;
}

static bool
may_have_one(struct master *m, struct ask *ask, const struct spool_user *user)
{
	struct err err;

	if (*m->config->crontabs.spool == '\0') {
		answer_error(ask->channel, ask->id, 409, "no_spool",
		    "users have no crontabs here: spool in [crontab] of "
		    "belfry.conf is not set");
		return false;
	}
	if (spool_check_allowed(m->config->cron_allow, m->config->cron_deny,
		user->name, &err) == 0)
		return true;
	log_warn("crontab of %s: asked for by %s: %s", user->name, ask->who,
	    err.text);
	answer_error(ask->channel, ask->id, 403, "forbidden", "%s", err.text);
	return false;
}

static void
refuse(struct ask *ask, const struct err *err)
{
	if (errno == ENOENT)
		answer_error(
		    ask->channel, ask->id, 404, "not_found", "%s", err->text);
	else
		answer_error(
		    ask->channel, ask->id, 500, "internal", "%s", err->text);
}

void
answer_crontab(struct master *m, struct ask *ask)
{
	struct spool_user user;
	struct err err = {""};
	char *text;
	size_t len;

	if (!find_user(m, ask, &user) || !may_have_one(m, ask, &user))
		return;
	text = spool_read(m->config->crontabs.spool, &user, &len, &err);
	if (text == NULL) {
		refuse(ask, &err);
		return;
	}
	answer_begin(ask->channel, ask->id, 200, TEXT_TYPE);
	answer_data(ask->channel, ask->id, text, len);
	answer_end(ask->channel, ask->id, NULL);
	free(text);
}

/* The first error; NULL: there is none. */
static const struct job_problem *
find_error(const struct job_set *set)
{
	for (size_t i = 0; i < job_set_problem_count(set); i++)
		if (job_set_problem(set, i)->is_error)
			return job_set_problem(set, i);
	return NULL;
}

static struct job_set *
set_of(struct master *m, const struct spool_user *user, const char *text)
{
	const struct job_crontab crontab = {
	    .path = "crontab",
	    .user = user->name,
	    .text = text,
	    .len = strlen(text),
	};

	return files_check_crontab(m, &crontab);
}

/* For the audit log: not the text itself, in which passwords may be. */
static json_t *
describe(const struct job_set *set, const char *text)
{
	return json_pack("{s:I, s:I}", "jobs", (json_int_t)job_set_count(set),
	    "bytes", (json_int_t)strlen(text));
}

/* The one that is there; NULL: none is. */
static json_t *
describe_present(struct master *m, const struct spool_user *user)
{
	struct err err = {""};
	size_t len;
	char *text = spool_read(m->config->crontabs.spool, user, &len, &err);
	struct job_set *set;
	json_t *json;

	if (text == NULL)
		return NULL;
	set = set_of(m, user, text);
	json = describe(set, text);
	job_set_free(set);
	free(text);
	return json;
}

/* What it would be as jobs; NULL, and answered: there is a mistake. */
static struct job_set *
check_text(struct master *m, struct ask *ask, const struct spool_user *user,
    const char *text)
{
	struct job_set *set = set_of(m, user, text);
	const struct job_problem *problem = find_error(set);

	if (problem == NULL)
		return set;
	answer_error(ask->channel, ask->id, 400, "bad_crontab", "line %u: %s",
	    problem->line, problem->text);
	job_set_free(set);
	return NULL;
}

/* Takes was over. */
static void
install(struct master *m, struct ask *ask, const struct spool_user *user,
    const struct job_set *set, json_t *was)
{
	const char *text = ask_arg(ask, "text");
	struct err err = {""};

	if (spool_write(m->config->crontabs.spool, user, text, &err) == -1) {
		json_decref(was);
		answer_error(
		    ask->channel, ask->id, 500, "internal", "%s", err.text);
		return;
	}
	log_info("crontab of %s: replaced by %s", user->name, ask->who);
	answer_audit(m, ask, user->name, was, describe(set, text));
	answer_object(ask, 200,
	    json_pack("{s:o, s:I}", "user", json_text(user->name), "jobs",
		(json_int_t)job_set_count(set)));
	reload_crontabs(m);
}

void
answer_crontab_install(struct master *m, struct ask *ask)
{
	const char *text = ask_arg(ask, "text");
	struct spool_user user;
	struct job_set *set;

	if (!find_user(m, ask, &user) || !may_have_one(m, ask, &user))
		return;
	if (text == NULL) {
		answer_error(ask->channel, ask->id, 400, "bad_request",
		    "the key \"text\" is missing");
		return;
	}
	set = check_text(m, ask, &user, text);
	if (set == NULL)
		return;
	install(m, ask, &user, set, describe_present(m, &user));
	job_set_free(set);
}

void
answer_crontab_remove(struct master *m, struct ask *ask)
{
	struct spool_user user;
	struct err err = {""};
	json_t *was;

	if (!find_user(m, ask, &user) || !may_have_one(m, ask, &user))
		return;
	was = describe_present(m, &user);
	if (spool_remove(m->config->crontabs.spool, &user, &err) == -1) {
		json_decref(was);
		refuse(ask, &err);
		return;
	}
	log_info("crontab of %s: removed by %s", user.name, ask->who);
	answer_audit(m, ask, user.name, was, NULL);
	answer_object(
	    ask, 200, json_pack("{s:o}", "user", json_text(user.name)));
	reload_crontabs(m);
}
