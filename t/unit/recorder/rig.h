/*
 * The recorder role in this process, with a master and an api that are the
 * test: in a temporary directory, by its real channels and its real loop.
 */
#ifndef BELFRY_T_RECORDER_RIG_H
#define BELFRY_T_RECORDER_RIG_H

#include <jansson.h>

#include "base/strbuf.h"
#include "config/config.h"
#include "ipc/packet.h"
#include "role.h"
#include "run/record.h"

struct rig {
	char dir[64];
	char store_path[96]; /* the file that records go to first */
	struct config config;
	struct role role;
	int runs_fd;
	int master; /* our ends */
	int api;
	struct packet_in *in;
	uint64_t recorded; /* the last acknowledgement */
	unsigned acks;     /* how many came */
	/* Of the state: one line a message. */
	struct strbuf state;
	bool state_end;
	/* Of the answer to ASK ask_id. */
	uint64_t ask_id;
	int status; /* 0: none yet */
	char type[64];
	struct strbuf body;
	char next[2048];
	bool answered;
	unsigned strays; /* messages to other questions */
	bool api_closed;
	bool master_closed;
};

/* Makes the directory and starts the role with both peers. */
void rig_start(struct rig *rig);

/* Ends the role as if the guardian had gone; the directory stays. */
void rig_stop(struct rig *rig);

/* A role on the directory of one that was stopped. */
void rig_restart(struct rig *rig);

/* Ends all and removes the directory. */
void rig_fini(struct rig *rig);

/* A new channel, as after the peer's restart; the old one closes. */
void rig_connect_master(struct rig *rig);
void rig_connect_api(struct rig *rig);

/* Sends one message as the master; w is finished. */
void
rig_send(struct rig *rig, uint16_t type, uint64_t seq, struct wire_writer *w);
void rig_begin(struct rig *rig, uint64_t seq, const struct run_begin *begin);
void rig_end(struct rig *rig, uint64_t seq, const struct record_end *end);

/* One turn of the role's loop, and what it said. */
void rig_turn(struct rig *rig);

/* Until seq is acknowledged; fails the test after seconds. */
void rig_wait_recorded(struct rig *rig, uint64_t seq);

/* Until PostgreSQL has what was recorded. */
void rig_settle(struct rig *rig);

/* Asks; args is "key=value&key=value". The caller reads by rig_turn(). */
void rig_ask(struct rig *rig, const char *verb, const char *args);

/* Waits for the end of the answer. */
void rig_wait_answer(struct rig *rig);

/* Asks, waits for the whole answer, checks its status, parses its JSON. */
json_t *
rig_json(struct rig *rig, int status, const char *verb, const char *args);

/* The same for raw bytes: a string that is valid until the next question. */
const char *rig_text(struct rig *rig, const char *verb, const char *args);

/* A run of job, number n (its id and its second), attempt 1. */
struct run_begin rig_run(const char *job, int n);

/* Its end, a success without a file. */
struct record_end rig_result(const struct run_begin *begin);

/* Its run file, started, with what it wrote so far. */
void rig_file(struct rig *rig, const struct run_begin *begin,
    struct runfile_output *out, const char *text);

/* Writes more to its output. */
void rig_write(struct rig *rig, const struct run_begin *begin,
    struct runfile_output *out, const void *p, size_t n);

/* Does the run still have its file? */
bool rig_has_file(struct rig *rig, const struct run_begin *begin);

/* What role_ready() was told; what role_peer_bad() was. */
extern char rig_ready[256];
extern char rig_bad[256];

#endif
