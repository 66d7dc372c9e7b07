#include "scheduler/runs/users.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "scheduler/inquiry.h"
#include "scheduler/master.h"
#include "scheduler/runs/spec.h"
#include "user/user.h"

/* How long an answer counts: of a user, and of nobody. */
#define FRESH_MS         60000
#define FRESH_PROBLEM_MS 5000

/* A child gives up before that; see kinds/user.c. */
#define PATIENCE_S 20
#define TRIES_MAX  3

/* No account has a longer name. */
#define NAME_LONGEST 255

struct known_user {
	struct user user;
	char *name;              /* as asked for; "" the daemon's own */
	char *group;             /* as asked for; "" the user's own */
	char *waits;             /* what runs are said to wait for */
	int64_t at_ms;           /* when it was heard; 0: never */
	struct inquiry *inquiry; /* NULL: none is under way */
};

static struct known_user *
find(const struct users *users, const char *name, const char *group)
{
	for (size_t i = 0; i < users->n; i++)
		if (strcmp(users->all[i]->name, name) == 0 &&
		    strcmp(users->all[i]->group, group) == 0)
			return users->all[i];
	return NULL;
}

static struct known_user *
find_or_add(struct users *users, const char *name, const char *group)
{
	struct known_user *known = find(users, name, group);

	if (known != NULL)
		return known;
	known = xcalloc(1, sizeof(*known));
	known->name = xstrdup(name);
	known->group = xstrdup(group);
	known->waits = *name != '\0' ? xasprintf("user %s", name) :
				       xstrdup("the daemon's own user");
	array_reserve(
	    &users->all, &users->cap, users->n + 1, sizeof(*users->all));
	users->all[users->n++] = known;
	return known;
}

static bool
is_fresh(const struct known_user *known, int64_t now_ms)
{
	int64_t age_ms = now_ms - known->at_ms;

	return known->at_ms != 0 && age_ms >= 0 &&
	    age_ms < (known->user.found ? FRESH_MS : FRESH_PROBLEM_MS);
}

/* What is not worth a question: 0, or -1 when he has to be asked about. */
static int
answer_here(struct known_user *known)
{
	struct user user;

	if (strlen(known->name) > NAME_LONGEST ||
	    strlen(known->group) > NAME_LONGEST) {
		user = (struct user){
		    .problem = xasprintf("no user or group has a name of "
					 "more than %d bytes",
			NAME_LONGEST)};
	} else if (*known->name != '\0' || *known->group != '\0' ||
	    !user_find_self(&user)) {
		return -1;
	}
	user_fini(&known->user);
	known->user = user;
	known->at_ms = clock_ms();
	return 0;
}

static void
put_ask(struct master *m, const void *about, struct wire_writer *w)
{
	const struct known_user *known = about;

	wire_put_str(w, known->name);
	wire_put_str(w, known->group);
}

/* Who was somebody still is: a name service may be down for long. */
static void
take_silence(struct known_user *known)
{
	if (known->user.found) {
		log_warn("%s: the system's name services do not answer; "
			 "what they said before is used",
		    known->waits);
		return;
	}
	user_fini(&known->user);
	known->user.problem = xasprintf(
	    "the system's name services do not say who %s is", known->waits);
}

static void
take_answer(
    struct master *m, void *about, struct message *answer, bool too_late)
{
	struct known_user *known = about;
	struct user user;

	known->inquiry = NULL;
	if (answer != NULL && user_decode(&user, &answer->body) == 0) {
		user_fini(&known->user);
		known->user = user;
	} else {
		take_silence(known);
	}
	known->at_ms = clock_ms();
	launch_unblock(&m->launch, known->waits);
	launch_pump(m);
}

static const struct inquiry_kind ask = {
    .ask = MSG_USER_ASK,
    .answer = MSG_USER_FOUND,
    .patience_s = PATIENCE_S,
    .tries = TRIES_MAX,
    .put = put_ask,
    .done = take_answer,
};

/* True: it is known by now. */
static bool
refresh(struct master *m, struct known_user *known)
{
	if (known->inquiry != NULL)
		return false;
	if (is_fresh(known, clock_ms()) || answer_here(known) == 0)
		return true;
	known->inquiry = inquiry_new(m, &ask, known);
	return false;
}

bool
users_ready(struct run *run)
{
	struct master *m = run->master;
	const struct job_def *def = run->job->def;
	struct known_user *known;

	if (def == NULL)
		return true; /* it is not started any more */
	known = find_or_add(&m->users, spec_user_name(def, m->config->user),
	    def->options->group);
	if (refresh(m, known))
		return true;
	if (run->waits_for == NULL)
		launch_block(run, known->waits);
	return false;
}

const struct user *
users_find(const struct run *run)
{
	const struct master *m = run->master;
	const struct job_def *def = run->job->def;
	const struct known_user *known = find(&m->users,
	    spec_user_name(def, m->config->user), def->options->group);

	return known != NULL && known->at_ms != 0 ? &known->user : NULL;
}

void
users_prepare(struct master *m)
{
	if (m->jobs.n > 0)
		refresh(m, find_or_add(&m->users, m->config->user, ""));
}

void
users_fini(struct master *m)
{
	struct users *users = &m->users;

	for (size_t i = 0; i < users->n; i++) {
		inquiry_free(users->all[i]->inquiry);
		user_fini(&users->all[i]->user);
		free(users->all[i]->name);
		free(users->all[i]->group);
		free(users->all[i]->waits);
		free(users->all[i]);
	}
	free(users->all);
}
