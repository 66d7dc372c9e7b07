#include "scheduler/runs/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/timestamp.h"
#include "config/section/database.h"
#include "ipc/message.h"
#include "scheduler/runs/cron_mail.h"
#include "scheduler/runs/params.h"
#include "scheduler/runs/system_env.h"
#include "user/user.h"

#define PATH_ROOT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define PATH_USER "/usr/local/bin:/usr/bin:/bin"

/* Variables one after another, and where each begins. */
struct environment {
	struct strbuf text;
	size_t *at; /* owned */
	size_t cap;
	uint32_t n;
};

static void
env_start(struct environment *env)
{
	array_reserve(
	    &env->at, &env->cap, (size_t)env->n + 1, sizeof(*env->at));
	env->at[env->n++] = env->text.len;
}

static void env_add(struct environment *env, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
env_add(struct environment *env, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	env_start(env);
	strbuf_add(&env->text, text, strlen(text) + 1);
}

/* Forgets a variable that a later one of the same name replaces. */
static void
env_drop(struct environment *env, const char *name, size_t len)
{
	for (uint32_t i = 0; i < env->n; i++) {
		const char *s = env->text.s + env->at[i];

		if (strncmp(s, name, len) != 0 || s[len] != '=')
			continue;
		env->at[i] = env->at[--env->n];
		return;
	}
}

/* The job's own: "K=V\nK=V". */
static void
env_add_job(struct environment *env, const char *lines)
{
	while (*lines != '\0') {
		size_t len = strcspn(lines, "\n");

		env_drop(env, lines, strcspn(lines, "="));
		env_start(env);
		strbuf_add(&env->text, lines, len);
		strbuf_addch(&env->text, '\0');
		lines += len + (lines[len] == '\n');
	}
}

static void
env_add_user(struct environment *env, const struct user *user)
{
	const char *lang = getenv("LANG");

	env_add(env, "PATH=%s", user->uid == 0 ? PATH_ROOT : PATH_USER);
	env_add(env, "HOME=%s", user->home != NULL ? user->home : "/");
	env_add(env, "SHELL=%s", user->shell != NULL ? user->shell : "/bin/sh");
	env_add(env, "USER=%s", user->login != NULL ? user->login : "");
	env_add(env, "LOGNAME=%s", user->login != NULL ? user->login : "");
	env_add(env, "LANG=%s", lang != NULL ? lang : "C.UTF-8");
}

/* As Debian's cron has it: PAM's, its own, the crontab's, and no more. */
static void
env_add_cron(
    struct environment *env, const struct user *user, const char *crontabs)
{
	struct strbuf lines = STRBUF_INIT;

	system_env_read(&lines);
	strbuf_addf(&lines, "HOME=%s\n", user->home != NULL ? user->home : "/");
	strbuf_adds(&lines, "SHELL=/bin/sh\nPATH=/usr/bin:/bin\n");
	env_add_job(env, lines.s);
	env_add_job(env, crontabs);
	strbuf_fini(&lines);
}

/* The name is not the crontab's to choose. */
static void
env_add_logname(struct environment *env, const struct user *user)
{
	env_drop(env, "LOGNAME", strlen("LOGNAME"));
	env_add(env, "LOGNAME=%s", user->login != NULL ? user->login : "");
}

/* What the job finds besides what belfry says of the run. */
static void
env_add_own(
    struct environment *env, const struct job_def *def, const struct user *user)
{
	const struct job_options *o = def->options;

	if (o->cron != 0) {
		env_add_cron(env, user, o->environment);
		env_add_logname(env, user);
		return;
	}
	env_add_user(env, user);
	if (o->timezone[0] != '\0')
		env_add(env, "TZ=%s", o->timezone);
	env_add_job(env, o->environment);
}

static void
env_add_run(struct environment *env, const struct spec_source *source)
{
	const struct run_begin *b = source->begin;
	char time[TIMESTAMP_TEXT_MAX];

	env_add(env, "BELFRY_JOB=%s", b->job);
	env_add(env, "BELFRY_RUN_ID=%s", b->id);
	env_add(env, "BELFRY_SLOT=%s", timestamp_format_ms(time, b->slot_ms));
	env_add(env, "BELFRY_ATTEMPT=%d", b->attempt);
	env_add(env, "BELFRY_FENCE=%llu", (unsigned long long)b->fence);
	env_add(env, "BELFRY_NODE=%s", b->host);
	env_add(env, "BELFRY_TRIGGER=%s", trigger_name(b->trigger));
	env_add(env, "BELFRY_CHAIN=%s", run_begin_chain(b));
	env_add(env, "BELFRY_LAST_SUCCESS=%s",
	    source->last_success_ms == 0 ?
		"" :
		timestamp_format_ms(time, source->last_success_ms));
}

static void
env_add_param(void *arg, const char *name, const char *value)
{
	struct environment *env = arg;

	env_start(env);
	strbuf_addf(&env->text, "BELFRY_PARAM_%s=%s", name, value);
	strbuf_addch(&env->text, '\0');
}

static void
env_add_variable(void *arg, const char *name, const char *value)
{
	struct environment *env = arg;

	env_start(env);
	strbuf_addf(&env->text, "%s=%s", name, value);
	strbuf_addch(&env->text, '\0');
}

static const char **
env_pointers(const struct environment *env)
{
	const char **p = xcalloc((size_t)env->n + 1, sizeof(*p));

	for (uint32_t i = 0; i < env->n; i++)
		p[i] = env->text.s + env->at[i];
	return p;
}

/* What the job says about the process it wants. */
static void
fill_options(struct run_spec *spec, const struct job_options *o)
{
	spec->shell = strcmp(o->shell, "none") == 0 ? "/bin/sh" : o->shell;
	spec->environment_file = o->environment_file;
	spec->umask = o->umask;
	spec->nice = o->nice;
	spec->stdin_data = o->stdin_text;
	spec->stdin_len = o->stdin_text != NULL ? strlen(o->stdin_text) : 0;
	spec->timeout_ms = o->timeout_ms;
	spec->kill_signal = o->kill_signal;
	spec->kill_grace_ms = o->kill_grace_ms;
	spec->success = o->success;
	spec->limits = (struct run_limits){
	    .cpu_ms = o->limit_cpu_ms,
	    .memory = o->limit_memory,
	    .files = (uint32_t)o->limit_files,
	    .processes = (uint32_t)o->limit_processes,
	};
	spec->ionice = (uint32_t)o->ionice;
	spec->no_new_privileges = o->no_new_privileges;
}

/* The launcher need not become who it is. */
static bool
is_launcher(const struct spec_source *source, const struct user *user)
{
	return user->uid == source->launcher &&
	    (source->def->options->group[0] == '\0' ||
		(source->launcher != 0 && user->gid == getgid()));
}

static void
fill_user(const struct spec_source *source, struct run_spec *spec,
    const struct user *user)
{
	spec->set_ids = user->found && !is_launcher(source, user);
	spec->uid = user->uid;
	spec->gid = user->gid;
	spec->groups = user->groups;
	spec->ngroups = user->ngroups;
	spec->refusal = user->found ? "" : user->problem;
	if (spec->set_ids && source->launcher != 0)
		spec->refusal = "belfryd does not run as root, and its jobs "
				"run as its own user and group alone";
	if (user->found &&
	    source->def->source->kind == JOB_SOURCE_USER_CRONTAB &&
	    source->def->source->uid != 0 &&
	    source->def->source->uid != user->uid)
		spec->refusal = "somebody else owns the user's crontab";
}

/* The value of a variable; NULL: it is not set. */
static const char *
env_find(const struct environment *env, const char *name)
{
	size_t len = strlen(name);

	for (uint32_t i = 0; i < env->n; i++) {
		const char *s = env->text.s + env->at[i];

		if (strncmp(s, name, len) == 0 && s[len] == '=')
			return s + len + 1;
	}
	return NULL;
}

/* A missing home must not fail who never asked for it; cron's is HOME. */
static void
fill_directory(struct run_spec *spec, const struct job_def *def,
    const struct user *user, const struct environment *env)
{
	const char *home;

	spec->directory = def->options->directory;
	if (spec->directory[0] != '\0')
		return;
	spec->directory = user->home_exists ? user->home : "/";
	if (def->options->cron == 0)
		return;
	home = env_find(env, "HOME");
	/* That of the user was looked at: it may be on a server. */
	if (user->home == NULL || strcmp(home, user->home) != 0)
		spec->directory = access(home, X_OK) == 0 ? home : "/";
}

static char **
make_argv(const struct job_def *def, uint32_t *n_r)
{
	char **argv;

	*n_r = 0;
	if (!job_has_program(def->options))
		return NULL;
	if (def->direct)
		return job_def_words(def, n_r);
	argv = xcalloc(4, sizeof(*argv));
	argv[0] = (char *)(uintptr_t)def->options->shell;
	argv[1] = (char *)(uintptr_t) "-c";
	argv[2] = (char *)(uintptr_t)def->command;
	*n_r = 3;
	return argv;
}

static void
add_setting(void *arg, const char *key, const char *value)
{
	struct environment *settings = arg;

	env_start(settings);
	strbuf_addf(&settings->text, "%s=%s", key, value);
	strbuf_addch(&settings->text, '\0');
}

static void
add_settings(struct environment *settings, const struct job_def *def)
{
	if (def->options->kind == KIND_COMMAND)
		return;
	add_setting(settings, job_def_kind_key(def), def->command);
	job_def_each_setting(def, add_setting, settings);
}

static void
add_plugin(struct environment *settings, const struct spec_source *source)
{
	const struct config_cluster *cluster = &source->config->cluster;
	char *path = xasprintf(
	    "%s/%s.so", source->config->plugin_dir, source->def->command);

	add_setting(settings, "plugin-path", path);
	free(path);
	if (cluster->redis == NULL)
		return;
	add_setting(settings, SPEC_CLUSTER, cluster->name);
	add_setting(settings, SPEC_REDIS, cluster->redis);
	if (cluster->password_file != NULL)
		add_setting(
		    settings, SPEC_REDIS_PASSWORD, cluster->password_file);
}

/* Where the database is. Jobs are read again later than belfry.conf. */
static void
add_database(struct environment *settings, struct run_spec *spec,
    const struct spec_source *source)
{
	const struct database_section *section;
	const char *name;
	size_t len;

	name = job_def_database(source->def, &len);
	if (name == NULL)
		return;
	section = config_database_find(source->config, name, len);
	if (section == NULL) {
		spec->refusal = "belfry.conf no longer has its database";
		return;
	}
	add_setting(settings, SPEC_CONNINFO, section->conninfo);
	if (section->password_file != NULL)
		add_setting(
		    settings, SPEC_PASSWORD_FILE, section->password_file);
}

static void
fill_mail(
    struct run_spec *spec, const struct job_def *def, struct cron_mail *mail)
{
	spec->mail = mail->argv;
	spec->mailc = mail->argc;
	spec->mail_kept = mail->kept;
	spec->mail_head = strbuf_str(&mail->head);
	spec->mail_failures =
	    (def->options->cron & JOB_CRON_MAIL_FAILURES) != 0;
}

static void
env_free(struct environment *env)
{
	strbuf_fini(&env->text);
	free(env->at);
	free(env);
}

const char *
spec_user_name(const struct job_def *def, const char *default_user)
{
	const char *user = def->options->user;

	return user[0] != '\0' ? user : default_user;
}

int
spec_encode(const struct spec_source *source, struct wire_writer *w)
{
	const struct job_def *def = source->def;
	struct run_spec spec = {
	    .id = source->begin->id,
	    .job = source->begin->job,
	};
	struct environment *env = xcalloc(1, sizeof(*env));
	struct environment *settings = xcalloc(1, sizeof(*settings));
	const struct user *user = source->user;
	struct cron_mail mail;
	char **argv;

	fill_options(&spec, def->options);
	spec.lease_epoch = source->lease_epoch;
	spec.lease_kill = source->lease_kill;
	spec.lease_grace_ms = source->lease_grace_ms;
	spec.trusted = def->source->trusted;
	env_add_own(env, def, user);
	fill_user(source, &spec, user);
	env_add_run(env, source);
	if (source->params != NULL)
		params_each(source->params, env_add_param, env);
	if (source->parents != NULL)
		params_each_parent(source->parents, source->begin->parent,
		    env_add_variable, env);
	fill_directory(&spec, def, user, env);
	argv = make_argv(def, &spec.argc);
	spec.argv = (const char **)(uintptr_t)argv;
	spec.env = env_pointers(env);
	spec.envc = env->n;
	add_settings(settings, def);
	if (job_has_plugin(def->options))
		add_plugin(settings, source);
	add_database(settings, &spec, source);
	spec.kind = (enum job_kind)def->options->kind;
	spec.settings = env_pointers(settings);
	spec.settingc = settings->n;
	cron_mail_make(&mail, def, user, source->config);
	fill_mail(&spec, def, &mail);
	wire_writer_reset(w);
	run_spec_encode(&spec, w);
	cron_mail_fini(&mail);
	free(argv);
	free(spec.env);
	free(spec.settings);
	env_free(env);
	env_free(settings);
	return w->len <= MESSAGE_PAYLOAD_MAX ? 0 : -1;
}
