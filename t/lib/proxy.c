/*
 * TCP links on loopback that a test delays, holds, drops one way or cuts. One
 * process has all links of a test; commands come on stdin, each is answered by
 * one line on stdout, and the end of stdin ends it.
 *
 *   add NAME PORT             a link to PORT: answers its own port
 *   set NAME up|down WAY MS   up: to the server. WAY is pass, hold (until it
 *                             passes again) or drop; MS is a delay
 *   cut NAME                  resets all connections, and new ones at once
 *   open NAME                 passes everything again
 *   lose NAME TEXT            the answer to the next request with TEXT is lost:
 *                             the connection is reset when it comes
 *   catch NAME TEXT           from the next request with TEXT on, all that goes
 *                             up on its connection is held until set or open
 *   count NAME                how often that has happened since one of the
 *                             last two was asked for
 *
 * A link is fit for tests only: it trusts what it is told.
 */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LINKS   64
#define PIPES   512
#define CHUNK   65536
#define HELD_ON INT64_MAX

enum way {
	PASS,
	HOLD,
	DROP
};
enum side {
	UP,
	DOWN
};

struct link {
	char name[32];
	int listener;
	uint16_t port; /* of the server */
	enum way way[2];
	int delay_ms[2];
	bool is_cut;
	char lose[128];
	char catch[128];
	unsigned count;
};

struct chunk {
	struct chunk *next;
	int64_t due_ms; /* HELD_ON: until the link passes again */
	size_t len, sent;
	char data[];
};

/* fd[UP] is where what goes up comes from: the client. */
struct pipe {
	struct link *link;
	int fd[2];
	bool ended[2];  /* nothing more comes from fd */
	bool caught;    /* what goes up is held */
	bool is_losing; /* reset at the next answer */
	struct chunk *first[2], **last[2];
};

static struct link links[LINKS];
static size_t nlinks;
static struct pipe *pipes[PIPES];
static size_t npipes;

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* With a reset, not an orderly end. */
static void
reset(int fd)
{
	const struct linger now = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static void
pipe_reset(size_t i)
{
	struct pipe *p = pipes[i];
	struct chunk *c;

	for (int side = UP; side <= DOWN; side++) {
		reset(p->fd[side]);
		while ((c = p->first[side]) != NULL) {
			p->first[side] = c->next;
			free(c);
		}
	}
	free(p);
	pipes[i] = pipes[--npipes];
}

static struct sockaddr_in
loopback(uint16_t port)
{
	struct sockaddr_in sin = {
	    .sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return sin;
}

static void
link_accept(struct link *link)
{
	struct sockaddr_in sin = loopback(link->port);
	int client = accept(link->listener, NULL, NULL);
	int server, on = 1;
	struct pipe *p;

	if (client == -1)
		return;
	if (link->is_cut || npipes == PIPES) {
		reset(client);
		return;
	}
	server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server == -1)
		err(1, "socket");
	if (connect(server, (struct sockaddr *)&sin, sizeof(sin)) == -1) {
		close(server);
		reset(client);
		return;
	}
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		err(1, "calloc");
	p->link = link;
	p->fd[UP] = client;
	p->fd[DOWN] = server;
	p->last[UP] = &p->first[UP];
	p->last[DOWN] = &p->first[DOWN];
	pipes[npipes++] = p;
}

/* Whether a request is the one that something was to happen to. */
static bool
is_asked(struct link *link, char *text, const char *data, size_t len)
{
	if (*text == '\0' || memmem(data, len, text, strlen(text)) == NULL)
		return false;
	*text = '\0';
	link->count++;
	return true;
}

static void
pipe_queue(struct pipe *p, enum side side, const char *data, size_t len)
{
	const struct link *link = p->link;
	struct chunk *c = malloc(sizeof(*c) + len);

	if (c == NULL)
		err(1, "malloc");
	memcpy(c->data, data, len);
	c->next = NULL;
	c->len = len;
	c->sent = 0;
	c->due_ms = now_ms() + link->delay_ms[side];
	if (link->way[side] == HOLD || (side == UP && p->caught))
		c->due_ms = HELD_ON;
	*p->last[side] = c;
	p->last[side] = &c->next;
}

/* False: it is to be reset. */
static bool
pipe_read(struct pipe *p, enum side side)
{
	struct link *link = p->link;
	char data[CHUNK];
	ssize_t n = read(p->fd[side], data, sizeof(data));

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n == -1 || (side == DOWN && n > 0 && p->is_losing))
		return false;
	if (n == 0) {
		p->ended[side] = true;
		return true;
	}
	if (side == UP && is_asked(link, link->lose, data, (size_t)n))
		p->is_losing = true;
	if (side == UP && is_asked(link, link->catch, data, (size_t)n))
		p->caught = true;
	if (link->way[side] != DROP)
		pipe_queue(p, side, data, (size_t)n);
	return true;
}

/* Sends what is due. False: it is to be reset, or over. */
static bool
pipe_write(struct pipe *p, enum side side)
{
	struct chunk *c;
	ssize_t n;

	while ((c = p->first[side]) != NULL && c->due_ms <= now_ms()) {
		n = send(p->fd[!side], c->data + c->sent, c->len - c->sent,
		    MSG_NOSIGNAL);
		if (n == -1)
			return errno == EINTR;
		c->sent += (size_t)n;
		if (c->sent < c->len)
			continue;
		p->first[side] = c->next;
		if (c->next == NULL)
			p->last[side] = &p->first[side];
		free(c);
	}
	return c != NULL || !p->ended[side];
}

/* What is held or late goes now, in order. */
static void
link_release(struct link *link)
{
	for (size_t i = 0; i < npipes; i++) {
		if (pipes[i]->link != link)
			continue;
		pipes[i]->caught = false;
		for (int side = UP; side <= DOWN; side++)
			for (struct chunk *c = pipes[i]->first[side];
			     c != NULL && link->way[side] != HOLD; c = c->next)
				c->due_ms = 0;
	}
}

static struct link *
link_find(const char *name)
{
	for (size_t i = 0; i < nlinks; i++)
		if (strcmp(links[i].name, name) == 0)
			return &links[i];
	errx(1, "no link %s", name);
}

static unsigned
link_add(const char *name, uint16_t port)
{
	struct sockaddr_in sin = loopback(0);
	socklen_t len = sizeof(sin);
	struct link *link = &links[nlinks++];

	if (nlinks == LINKS)
		errx(1, "too many links");
	snprintf(link->name, sizeof(link->name), "%s", name);
	link->port = port;
	link->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (link->listener == -1 ||
	    bind(link->listener, (struct sockaddr *)&sin, len) == -1 ||
	    listen(link->listener, 64) == -1 ||
	    getsockname(link->listener, (struct sockaddr *)&sin, &len) == -1)
		err(1, "cannot listen");
	return ntohs(sin.sin_port);
}

static void
link_cut(struct link *link)
{
	link->is_cut = true;
	for (size_t i = npipes; i-- > 0;)
		if (pipes[i]->link == link)
			pipe_reset(i);
}

static void
link_open(struct link *link)
{
	link->is_cut = false;
	*link->lose = *link->catch = '\0';
	for (int side = UP; side <= DOWN; side++) {
		link->way[side] = PASS;
		link->delay_ms[side] = 0;
	}
	link_release(link);
}

static void
link_set(struct link *link, const char *where, const char *way, int delay_ms)
{
	enum side side = strcmp(where, "up") == 0 ? UP : DOWN;

	link->way[side] = strcmp(way, "hold") == 0 ? HOLD :
	    strcmp(way, "drop") == 0               ? DROP :
						     PASS;
	link->delay_ms[side] = delay_ms;
	link_release(link);
}

/* What is to happen to the next request with this text. */
static void
link_await(struct link *link, char text[128], const char *word)
{
	snprintf(text, 128, "%s", word);
	link->count = 0;
}

static void
command(const char *line)
{
	char verb[16] = "", name[32] = "", word[128] = "", way[16] = "";
	int ms = 0, n;
	struct link *link;
	unsigned answer = 0;

	n = sscanf(line, "%15s %31s %127s %15s %d", verb, name, word, way, &ms);
	if (n < 2)
		errx(1, "what is \"%s\"?", line);
	link = strcmp(verb, "add") == 0 ? NULL : link_find(name);
	if (link == NULL)
		answer = link_add(name, (uint16_t)atoi(word));
	else if (strcmp(verb, "set") == 0)
		link_set(link, word, way, ms);
	else if (strcmp(verb, "cut") == 0)
		link_cut(link);
	else if (strcmp(verb, "open") == 0)
		link_open(link);
	else if (strcmp(verb, "lose") == 0)
		link_await(link, link->lose, word);
	else if (strcmp(verb, "catch") == 0)
		link_await(link, link->catch, word);
	else if (strcmp(verb, "count") == 0)
		answer = link->count;
	else
		errx(1, "what is \"%s\"?", line);
	printf("%u\n", answer);
	fflush(stdout);
}

/* False at the end of stdin. A command is one write of whole lines. */
static bool
commands(void)
{
	char text[1024];
	ssize_t n = read(STDIN_FILENO, text, sizeof(text) - 1);
	char *rest = text, *line;

	if (n <= 0)
		return false;
	text[n] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			command(line);
	return true;
}

/* How long nothing is to be sent, ms; -1: for ever. */
static int
patience(void)
{
	int64_t left = INT64_MAX, due;

	for (size_t i = 0; i < npipes; i++)
		for (int side = UP; side <= DOWN; side++) {
			if (pipes[i]->first[side] == NULL)
				continue;
			due = pipes[i]->first[side]->due_ms;
			if (due != HELD_ON && due - now_ms() < left)
				left = due - now_ms();
		}
	if (left == INT64_MAX)
		return -1;
	return left < 0 ? 0 : (int)left;
}

static void
serve_pipes(const struct pollfd *fds)
{
	for (size_t i = npipes; i-- > 0;) {
		struct pipe *p = pipes[i];
		bool good = true;

		for (int side = UP; side <= DOWN; side++)
			if (good && fds[2 * i + (size_t)side].revents != 0)
				good = pipe_read(p, side);
		for (int side = UP; side <= DOWN; side++)
			good = good && pipe_write(p, side);
		if (!good)
			pipe_reset(i);
	}
}

int
main(void)
{
	static struct pollfd fds[1 + LINKS + 2 * PIPES];
	struct pollfd *at;
	size_t had;

	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		at = fds;
		*at++ = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
		for (size_t i = 0; i < nlinks; i++)
			*at++ = (struct pollfd){
			    .fd = links[i].listener, .events = POLLIN};
		for (size_t i = 0; i < npipes; i++)
			for (int side = UP; side <= DOWN; side++)
				*at++ = (struct pollfd){
				    .fd = pipes[i]->ended[side] ?
					-1 :
					pipes[i]->fd[side],
				    .events = POLLIN};
		had = nlinks;
		if (poll(fds, (nfds_t)(at - fds), patience()) == -1)
			err(1, "poll");
		serve_pipes(fds + 1 + had);
		for (size_t i = 0; i < had; i++)
			if (fds[1 + i].revents != 0)
				link_accept(&links[i]);
		if (fds[0].revents != 0 && !commands())
			return 0;
	}
}
