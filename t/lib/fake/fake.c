#include "fake.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"

#define REVIVE_MS 300

static const struct channel_dispatch dispatch[] = {
    {MSG_ASK, fake_ask},
    {MSG_ASK_CANCEL, fake_cancel},
    {0, NULL},
};

/* What role.c does with a guardian. */
void
role_ready(struct role *role, const char *text)
{
	printf("ready\n");
	fflush(stdout);
}

void
role_peer_bad(
    struct role *role, enum role_id peer, unsigned index, const char *why)
{
	struct fake *fake = (struct fake *)role; /* its first member */

	log_info("peer bad: %s: %s", role_name(peer), why);
	fake_die(peer == ROLE_MASTER ? &fake->master : &fake->recorder);
}

static void
closed_cb(struct channel *channel, const char *why, void *arg)
{
	struct fake_peer *peer = arg;

	if (why != NULL)
		log_error("api sent rubbish: %s", why);
	fake_die(peer);
}

void
fake_connect(struct fake_peer *peer)
{
	struct channel_config config = {
	    .loop = peer->fake->role.loop,
	    .self = peer->role,
	    .peer = ROLE_API,
	    .dispatch = dispatch,
	    .closed_cb = closed_cb,
	    .arg = peer,
	};
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == -1)
		fatal("socketpair");
	peer->channel = channel_new(&config, fds[0]);
	api_role.peer(&peer->fake->role, peer->role, 0, fds[1]);
}

static void
revive_cb(evutil_socket_t fd, short what, void *arg)
{
	fake_connect(arg);
}

void
fake_die(struct fake_peer *peer)
{
	const struct timeval tv = {0, REVIVE_MS * 1000};

	fake_stream_stop(peer->fake, peer, 0);
	channel_free(peer->channel);
	peer->channel = NULL;
	evtimer_add(peer->revive, &tv);
}

static void
peer_init(struct fake *fake, struct fake_peer *peer, enum role_id role)
{
	peer->fake = fake;
	peer->role = role;
	peer->revive = evtimer_new(fake->role.base, revive_cb, peer);
	fake_connect(peer);
}

static void
stop_cb(evutil_socket_t sig, short what, void *arg)
{
	event_base_loopbreak(arg);
}

static void
run(struct fake *fake, const char *socket)
{
	static struct config config = {
	    .operators = "",
	    .admins = "",
	    .socket_role = SOCKET_OPERATOR,
	};
	struct event *term;
	struct err err = {""};
	int fd;

	fake->role.ops = &api_role;
	fake->role.config = &config;
	fake->role.base = event_base_new();
	fake->role.loop = channel_loop_new(fake->role.base);
	fake->role.daemon_uid = geteuid();
	fd = fd_listen_unix(socket, SOCK_STREAM, 0666, &err);
	if (fd == -1 || api_role.init(&fake->role, &err) == -1)
		fatalx("%s", err.text);
	peer_init(fake, &fake->master, ROLE_MASTER);
	peer_init(fake, &fake->recorder, ROLE_RECORDER);
	api_role.listen(&fake->role, LISTEN_API, fd);
	term = evsignal_new(fake->role.base, SIGTERM, stop_cb, fake->role.base);
	evsignal_add(term, NULL);
	api_role.start(&fake->role);
	event_base_dispatch(fake->role.base);
	event_free(term);
}

static void
finish(struct fake *fake)
{
	fake_stream_stop(fake, NULL, 0);
	api_role.orphaned(&fake->role);
	channel_free(fake->master.channel);
	channel_free(fake->recorder.channel);
	event_free(fake->master.revive);
	event_free(fake->recorder.revive);
	channel_loop_free(fake->role.loop);
	event_base_free(fake->role.base);
}

int
main(int argc, char **argv)
{
	struct fake fake = {.dir = argc == 3 ? argv[2] : NULL};
	char *path;

	if (fake.dir == NULL) {
		fprintf(stderr, "usage: api-fake SOCKET DIR\n");
		return 2;
	}
	path = xasprintf("%s/asks.log", fake.dir);
	fake.log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	free(path);
	if (fake.log == -1)
		fatal("asks.log");
	log_init("api", LOG_LEVEL_DEBUG, LOG_TARGET_STDERR);
	signal(SIGPIPE, SIG_IGN);
	run(&fake, argv[1]);
	finish(&fake);
	return 0;
}
