/*
 * The value of the key "hosts": on which hosts of a cluster, and on how many
 * of them, a slot runs. Pure: text and one host's name and tags in, yes or no
 * out.
 *
 *   hosts  = [ count "of" ] or
 *   count  = "all" | a number from 1 to 1000
 *   or     = and { ("|" | ",") and }       names alone need no "|" between
 *   and    = not { "&" not }
 *   not    = { "!" } ( "(" or ")" | "tag:" WORD | NAME | "any" )
 *
 * Without a count one host runs a slot; "all" alone is "all of any".
 */
#ifndef BELFRY_PLACEMENT_HOSTS_H
#define BELFRY_PLACEMENT_HOSTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* So deep parentheses may stand in each other. */
#define HOSTS_DEPTH_MAX 32
#define HOSTS_COUNT_MAX 1000

/* Every host that matches runs each slot. */
#define HOSTS_ALL UINT32_MAX

/* What a host is known by; both borrowed. */
struct hosts_host {
	const char *name;
	const char *tags; /* separated by blanks; "" none */
};

/* 0; -1 with err, which names the column and what would be right. */
int hosts_check(const char *text, struct err *err);

/* On how many hosts a slot runs: 1, N or HOSTS_ALL. text was checked. */
uint32_t hosts_count(const char *text);

/* May this host run it? text was checked. */
bool hosts_match(const char *text, const struct hosts_host *host);

/* Is it a word that tags and names of hosts may be? */
bool hosts_is_word(const char *text);

#endif
