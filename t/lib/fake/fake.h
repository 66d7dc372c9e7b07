/*
 * api-fake SOCKET DIR: the real api role in front of a master and a recorder
 * that answer from files in DIR, for tests of api and command.
 *
 *   VERB.json           the answer to a verb without a job or run
 *   VERB.NAME.json      the answer for that job or run; without it: 404
 *   output.RUN          the bytes of "output"; with follow they come slowly
 *   NAME with "slow"    is never answered
 *   NAME with "endless" an output that never ends
 *   NAME with "huge"    an output of 64 MiB
 *   NAME with "die"     the answerer dies after the first bytes, and comes back
 *   NAME with "rubbish" the answerer breaks the protocol
 *   events              what who listens to events hears with each "status"
 *   page                a number: the most elements of one page of a list
 *   asks.log            is written: one line a question or cancellation
 *
 * In JSON files @-180@ stands for the time 180 seconds ago. A file that
 * begins with "!409 code text" is answered as that error, one that begins with
 * "!slow" not at all.
 */
#ifndef BELFRY_T_FAKE_H
#define BELFRY_T_FAKE_H

#include "api/api.h"

struct fake;

struct fake_peer {
	struct fake *fake;
	enum role_id role;
	struct channel *channel;
	struct event *revive;
	uint64_t events; /* the question for events; 0 none */
};

struct fake {
	struct role role;
	const char *dir;
	int log; /* DIR/asks.log; the api cannot open it later */
	struct fake_peer master;
	struct fake_peer recorder;
	struct fake_stream *streams;
};

/* Replaces the peer's channel by a new one. */
void fake_connect(struct fake_peer *peer);

/* Closes it; it comes back a little later. */
void fake_die(struct fake_peer *peer);

/* fake_answer.c: the two messages. */
int fake_ask(struct channel *channel, struct message *message, void *arg,
    struct err *err);
int fake_cancel(struct channel *channel, struct message *message, void *arg,
    struct err *err);

/* fake_stream.c: an output that comes slowly, or without end. */
void fake_stream_start(
    struct fake_peer *peer, uint64_t id, char *text, size_t len, bool endless);
void fake_stream_stop(struct fake *fake, const struct fake_peer *peer,
    uint64_t id); /* 0: all of the peer, which may be NULL: all */

#endif
