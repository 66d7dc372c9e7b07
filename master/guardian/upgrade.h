/*
 * Another version of belfryd takes this one's place, with jobs running.
 *
 *   testing    "belfryd -t" of the installed program, with the handover: it
 *              starts at all, likes the configuration and knows the store
 *   replacing  all roles end, as they would when the guardian dies; then the
 *              guardian executes the program, see handover.h
 *   done       by the successor, when all its roles are up
 *   failed     the test said no; or the successor or its roles did not come
 *              up: then it executes what was there before, which goes on
 *
 * Workers and jobs see none of it: to them it is a master that went and came.
 */
#ifndef BELFRY_GUARDIAN_UPGRADE_H
#define BELFRY_GUARDIAN_UPGRADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <event2/event.h>

#include "base/err.h"
#include "ipc/message.h"

struct guardian;
struct handover;

#define UPGRADE_TEXT_MAX 800

struct upgrade {
	enum upgrade_state state;
	uint32_t attempt; /* upgrades that were asked for since the start */
	bool wanted;      /* as soon as we are up and no reload is going on */
	pid_t pid;        /* of the test; 0 none */
	int out_fd;       /* owned: what the test says */
	struct event *out_event;
	struct event *timer; /* the test takes too long */
	char text[UPGRADE_TEXT_MAX];
	size_t len;
	struct err error; /* why the last one failed */
	char from[64];    /* version before the last one */
	/* The successor: what it got, until its roles are up; else NULL. */
	struct handover *given; /* borrowed */
	bool give_back;         /* it goes back when its roles have ended */
};

/* In a successor given is what was handed over; else NULL. */
void upgrade_init(struct guardian *g, struct handover *given);
void upgrade_fini(struct guardian *g);

/* Somebody asked for it. */
void upgrade_ask(struct guardian *g, const char *who);

/* Begins what was asked for, if it can begin now. */
void upgrade_pump(struct guardian *g);

/* A child has ended. True: it was the test. */
bool upgrade_reaped(struct guardian *g, pid_t pid, int status);

/* Tells the master how it stands. */
void upgrade_tell(struct guardian *g);

/*
 * A role of a successor does not come up: ends all, to go back. False: there
 * is nothing to go back to.
 */
bool upgrade_give_up(struct guardian *g, const char *why);

/* All roles of a successor are up. */
void upgrade_done(struct guardian *g);

/*
 * All roles have ended. Executes the other program; when that fails, returns
 * true: the roles are to be started again. False: this was no upgrade.
 */
bool upgrade_execute(struct guardian *g);

/* The daemon is to stop instead. */
void upgrade_cancel(struct guardian *g);

/* What is asked of a daemon that is being replaced waits; see drain_wanted. */
bool upgrade_is_replacing(const struct guardian *g);

#endif
