#include "fake.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define PIECE       16
#define INTERVAL_MS 5

struct fake_stream {
	struct fake_stream *next;
	struct fake_peer *peer;
	uint64_t id;
	char *text; /* owned */
	size_t len;
	size_t pos;
	bool endless;
	struct event *timer;
};

static void
stream_free(struct fake_stream *s)
{
	event_free(s->timer);
	free(s->text);
	free(s);
}

void
fake_stream_stop(struct fake *fake, const struct fake_peer *peer, uint64_t id)
{
	struct fake_stream **p = &fake->streams, *s;

	while ((s = *p) != NULL) {
		if ((peer == NULL || s->peer == peer) &&
		    (id == 0 || s->id == id)) {
			*p = s->next;
			stream_free(s);
		} else {
			p = &s->next;
		}
	}
}

static void
tick(evutil_socket_t fd, short what, void *arg)
{
	struct fake_stream *s = arg;
	size_t n = s->len - s->pos < PIECE ? s->len - s->pos : PIECE;

	answer_data(s->peer->channel, s->id, s->text + s->pos, n);
	s->pos += n;
	if (s->pos == s->len && s->endless)
		s->pos = 0;
	if (s->pos < s->len)
		return;
	answer_end(s->peer->channel, s->id, NULL);
	fake_stream_stop(s->peer->fake, s->peer, s->id);
}

void
fake_stream_start(
    struct fake_peer *peer, uint64_t id, char *text, size_t len, bool endless)
{
	const struct timeval tv = {0, INTERVAL_MS * 1000};
	struct fake_stream *s = xcalloc(1, sizeof(*s));

	s->peer = peer;
	s->id = id;
	s->text = text;
	s->len = len;
	s->endless = endless;
	s->timer = event_new(peer->fake->role.base, -1, EV_PERSIST, tick, s);
	event_add(s->timer, &tv);
	s->next = peer->fake->streams;
	peer->fake->streams = s;
}
