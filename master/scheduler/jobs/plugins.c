#include "scheduler/jobs/plugins.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/master.h"

/* More than a plugin may take: then whoever was asked is not there. */
#define PATIENCE_S 20

#define TRIES_MAX 3

/* One plugin that somebody is to describe. */
struct plugins_ask {
	struct master *m;
	struct plugin_entry *entry; /* the book's */
	int fd;                     /* owned; -1: nobody was asked yet */
	struct event *event;        /* of fd; its time-out from the start */
	int tries;
};

/* All that were asked have answered: the jobs with what they said. */
static void
check_done(struct master *m)
{
	if (m->plugins.nasks > 0)
		return;
	if (m->phase == MASTER_LOADING)
		recover_jobs(m);
	else
		reload_jobs(m);
}

static void
stop_listening(struct plugins_ask *ask)
{
	if (ask->event != NULL)
		event_free(ask->event);
	ask->event = NULL;
	fd_close(&ask->fd);
}

static void
ask_free(struct plugins_ask *ask)
{
	stop_listening(ask);
	ask->entry->ask = NULL;
	ask->m->plugins.nasks--;
	free(ask);
}

static void
end_ask(struct plugins_ask *ask)
{
	struct master *m = ask->m;
	const struct plugin_entry *entry = ask->entry;

	if (entry->problem == NULL)
		log_info("plugin %s: %s", entry->name, entry->path);
	else
		log_error("plugin %s: %s", entry->name, entry->problem);
	ask_free(ask);
	check_done(m);
}

static void listen_for(struct plugins_ask *ask);

/* Whoever was asked is gone; another one may do better. */
static void
ask_again(struct plugins_ask *ask)
{
	stop_listening(ask);
	if (++ask->tries < TRIES_MAX) {
		listen_for(ask);
		plugins_pump(ask->m);
		return;
	}
	plugin_entry_refuse(
	    ask->entry, "the process that was to load it was killed");
	end_ask(ask);
}

static void
answer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct plugins_ask *ask = arg;
	struct packet_in *in = ask->m->role->loop->in;
	struct message message;
	struct err err;

	if ((what & EV_TIMEOUT) != 0) {
		plugin_entry_refuse(ask->entry, "nobody could load it in time");
		end_ask(ask);
		return;
	}
	if (packet_receive(ask->fd, in) != 1 ||
	    packet_next(in, ROLE_WORKER, ROLE_MASTER, &message, &err) != 1 ||
	    message.type != MSG_PLUGIN_DESCRIBED) {
		ask_again(ask);
		return;
	}
	plugin_entry_take(ask->entry, message.body.p, message.body.len);
	end_ask(ask);
}

/* On its channel, if it has one, and the clock. */
static void
listen_for(struct plugins_ask *ask)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};

	ask->event = event_new(ask->m->role->base, ask->fd,
	    ask->fd == -1 ? 0 : EV_READ, answer_cb, ask);
	if (ask->event == NULL || event_add(ask->event, &patience) == -1)
		fatalx("cannot wait for the description of a plugin");
}

/* The plugin is loaded as the daemon's own user. */
static void
put_ask(struct master *m, const struct plugin_entry *entry)
{
	struct wire_writer *w = &m->scratch;
	const struct user *user;
	bool set_ids = m->role->privileged && m->config->user[0] != '\0';

	user =
	    users_get(&m->users, m->config->user, m->config->group, clock_ms());
	wire_writer_reset(w);
	wire_put_str(w, entry->name);
	wire_put_str(w, entry->path);
	wire_put_u8(w, set_ids && user->found);
	wire_put_u32(w, user->uid);
	wire_put_u32(w, user->gid);
}

static void
send_ask(struct plugins_ask *ask, struct channel *launcher)
{
	struct master *m = ask->m;
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1) {
		log_warn("plugin %s: cannot ask what it is: %s",
		    ask->entry->name, strerror(errno));
		return;
	}
	put_ask(m, ask->entry);
	if (channel_send(
		launcher, MSG_PLUGIN_DESCRIBE, 0, &m->scratch, sv[1]) == -1) {
		fd_close(&sv[0]);
		return;
	}
	stop_listening(ask);
	ask->fd = sv[0];
	fcntl(ask->fd, F_SETFL, O_NONBLOCK);
	listen_for(ask);
}

void
plugins_pump(struct master *m)
{
	struct channel *launcher =
	    m->launch.launchers[LAUNCHER_LIBRARY].channel;
	struct plugins_ask *ask;

	if (m->plugins.nasks == 0)
		return;
	launch_need(m, KIND_PLUGIN);
	for (size_t i = 0; launcher != NULL && i < m->plugins.book.n; i++) {
		ask = m->plugins.book.entries[i]->ask;
		if (ask != NULL && ask->fd == -1)
			send_ask(ask, launcher);
	}
}

static void
begin_ask(struct master *m, struct plugin_entry *entry)
{
	struct plugins_ask *ask = xcalloc(1, sizeof(*ask));

	ask->m = m;
	ask->entry = entry;
	ask->fd = -1;
	entry->ask = ask;
	m->plugins.nasks++;
	listen_for(ask);
	plugins_pump(m);
}

enum job_plugin
plugins_find(void *arg, const char *name, const struct plugin_info **info_r,
    struct err *err)
{
	struct master *m = arg;
	const struct plugin_lookup lookup = {
	    .dir = m->config->plugin_dir,
	    .privileged = m->role->privileged,
	};
	struct plugin_entry *entry;
	enum job_plugin known =
	    plugin_book_find(&m->plugins.book, &lookup, name, &entry, err);

	if (known == JOB_PLUGIN_WAIT && entry->ask == NULL)
		begin_ask(m, entry);
	if (known == JOB_PLUGIN_BAD)
		return known;
	/* Until the new file has answered, the old one's word counts. */
	*info_r = &entry->info;
	return entry->good ? JOB_PLUGIN_KNOWN : JOB_PLUGIN_WAIT;
}

bool
plugins_are_asked(const struct master *m)
{
	return m->plugins.nasks > 0;
}

void
plugins_fini(struct master *m)
{
	for (size_t i = 0; i < m->plugins.book.n; i++)
		if (m->plugins.book.entries[i]->ask != NULL)
			ask_free(m->plugins.book.entries[i]->ask);
	plugin_book_fini(&m->plugins.book);
}
