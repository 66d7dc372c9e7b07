#include "role.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strays.h"
#include "priv.h"
#include "sandbox.h"

#define LOCK_WAIT_MS 30000

static int
handle_peer_set(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct role *role = arg;
	enum role_id peer = wire_get_u8(&message->body);
	unsigned index = wire_get_u8(&message->body);

	if (!wire_end(&message->body) || peer >= ROLE_COUNT)
		return err_set(err, "malformed");
	role->ops->peer(role, peer, index, channel_take_fd(channel, message));
	return 0;
}

static int
handle_listen_set(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct role *role = arg;
	enum listen_kind kind = wire_get_u8(&message->body);

	if (!wire_end(&message->body) || role->ops->listen == NULL)
		return err_set(err, "malformed or not for this role");
	role->ops->listen(role, kind, channel_take_fd(channel, message));
	return 0;
}

static int
handle_setup_done(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct role *role = arg;

	role->ops->start(role);
	return 0;
}

static int
handle_log_set(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	if (dup2(message->fd, STDERR_FILENO) == -1)
		log_warn("cannot change to the new log: %s", strerror(errno));
	return 0;
}

static int
handle_other(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct role *role = arg;

	if (role->ops->message == NULL)
		return err_set(err, "not for this role");
	return role->ops->message(role, message, err);
}

static const struct channel_dispatch guardian_dispatch[] = {
    {MSG_PEER_SET, handle_peer_set},
    {MSG_LISTEN_SET, handle_listen_set},
    {MSG_SETUP_DONE, handle_setup_done},
    {MSG_LOG_SET, handle_log_set},
    {MSG_RELOAD, handle_other},
    {MSG_DRAIN, handle_other},
    {MSG_ROLE_SPAWNED, handle_other},
    {MSG_FILE_SET, handle_other},
    {MSG_UPGRADE_STATE, handle_other},
    {MSG_LIMITS_SET, handle_other},
    {0, NULL},
};

static void
guardian_closed(struct channel *channel, const char *why, void *arg)
{
	struct role *role = arg;

	if (why != NULL)
		log_error("guardian: %s", why);
	else
		log_debug("guardian is gone, stopping");
	role->orphaned = true;
	event_base_loopbreak(role->base);
}

static struct config *
read_config(const char *path, struct err *err)
{
	struct config *config;
	struct stat st;
	char *text;
	ssize_t n;

	/* Others share the descriptor's offset: read by position. */
	if (fstat(ROLE_CONFIG_FD, &st) == -1) {
		err_errno(
		    err, "no configuration on descriptor %d", ROLE_CONFIG_FD);
		return NULL;
	}
	text = xmalloc((size_t)st.st_size + 1);
	n = pread(ROLE_CONFIG_FD, text, (size_t)st.st_size, 0);
	config = n == -1 ? NULL : config_parse(path, text, (size_t)n, err);
	free(text);
	return config;
}

/* Master and recorder work as the configured user; api, as little as can be. */
static int
drop_privileges(struct role *role, struct err *err)
{
	const struct config *config = role->config;
	const struct passwd *pw;
	struct priv_ids ids;

	if (!priv_take(&ids) &&
	    priv_lookup(config->user, config->group, &ids, err) == -1)
		return -1;
	role->daemon_uid = ids.uid;
	role->privileged = geteuid() == 0;
	if (role->ops->id == ROLE_API && ids.uid == 0) {
		pw = getpwnam("nobody");
		if (pw == NULL)
			return err_set(err, "there is no user \"nobody\"");
		ids.uid = pw->pw_uid;
		ids.gid = pw->pw_gid;
		ids.ngroups = 0;
	}
	return priv_drop(&ids, err);
}

static void
ignore_signals(void)
{
	static const int ignored[] = {
	    SIGINT,
	    SIGTERM,
	    SIGHUP,
	    SIGUSR1,
	    SIGUSR2,
	    SIGQUIT,
	};

	strays_ignore();
	/* The guardian decides: a role ends when the guardian's channel does. */
	for (size_t i = 0; i < nitems(ignored); i++)
		signal(ignored[i], SIG_IGN);
}

/*
 * Precise timers, no cached time: what is late must be the machine's fault.
 */
static struct event_base *
make_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	if (config == NULL)
		fatalx("out of memory");
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	base = event_base_new_with_config(config);
	event_config_free(config);
	if (base == NULL)
		fatalx("cannot make an event loop");
	return base;
}

static void
connect_guardian(struct role *role)
{
	struct channel_config config = {
	    .loop = role->loop,
	    .self = role->ops->id,
	    .peer = ROLE_GUARDIAN,
	    .dispatch = guardian_dispatch,
	    .closed_cb = guardian_closed,
	    .arg = role,
	};

	role->guardian = channel_new(&config, ROLE_GUARDIAN_FD);
}

int
role_run(const struct role_ops *ops, const char *config_path)
{
	struct role role = {.ops = ops, .name = role_name(ops->id)};
	struct err err = {""};

	ignore_signals();
	role.config = read_config(config_path, &err);
	if (role.config == NULL || drop_privileges(&role, &err) == -1 ||
	    sandbox_no_new_privileges(&err) == -1)
		fatalx("%s", err.text);
	role.base = make_base();
	role.loop = channel_loop_new(role.base);
	if (ops->init != NULL && ops->init(&role, &err) == -1)
		fatalx("%s", err.text);
	connect_guardian(&role);
	event_base_dispatch(role.base);
	if (role.orphaned && ops->orphaned != NULL)
		ops->orphaned(&role);
	channel_free(role.guardian);
	channel_loop_free(role.loop);
	event_base_free(role.base);
	config_free(role.config);
	return 0;
}

void
role_ready(struct role *role, const char *text)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	wire_put_str(&w, text);
	channel_send(role->guardian, MSG_ROLE_READY, 0, &w, -1);
	wire_writer_fini(&w);
}

void
role_peer_bad(
    struct role *role, enum role_id peer, unsigned index, const char *why)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	log_error("%s %u: %s", role_name(peer), index, why);
	wire_put_u8(&w, (uint8_t)peer);
	wire_put_u8(&w, (uint8_t)index);
	wire_put_str(&w, why);
	channel_send(role->guardian, MSG_ROLE_BAD, 0, &w, -1);
	wire_writer_fini(&w);
}

void
role_lock(struct role *role, const char *name)
{
	const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
	char *path;
	int fd;

	path = xasprintf("%s/%s.lock", role->config->state_dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		fatal("cannot open %s", path);
	for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) == -1; waited += 10) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			fatal("cannot lock %s", path);
		if (waited >= LOCK_WAIT_MS)
			fatalx("%s is still held by an older %s", path, name);
		nanosleep(&pause, NULL);
	}
	/* Held until the process ends. */
	free(path);
}
