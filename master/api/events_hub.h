/*
 * /v1/events: what happens, as server-sent events, to all who listen. Asks the
 * master once for all of them, and only while there are any; the last events
 * are kept for those who come back.
 *
 * An id is "EPOCH-N", N counts. Who comes back with an id that is known
 * (Last-Event-ID) gets what it missed; one that is not known, a "reset" event:
 * ask for everything again. So does everybody when the master was away.
 *
 * A client that reads too slowly is cut off.
 */
#ifndef BELFRY_API_EVENTS_HUB_H
#define BELFRY_API_EVENTS_HUB_H

#include "api/http/http_ask.h"

#ifndef EVENTS_BEAT_MS /* tests have less patience */
#define EVENTS_BEAT_MS 15000
#endif

/* After so long a master that was not there is asked again. */
#define EVENTS_AGAIN_MS 500

#define EVENTS_CLIENTS_MAX 256
#define EVENTS_UNSENT_MAX  ((size_t)256 << 10)

struct events_hub;

/* table: whose master is asked; set before the first client. */
struct events_hub *events_hub_new(struct event_base *base);
void events_hub_set_table(struct events_hub *hub, struct ask_table *table);
void events_hub_free(struct events_hub *hub);

/* Takes conn's request, answers it and goes on until either ends. */
void events_hub_add(struct events_hub *hub, struct http_conn *conn);

/* conn is gone. False: it is no client here. */
bool events_hub_remove(struct events_hub *hub, struct http_conn *conn);

/* Of the table: arg is a struct events_hub. */
void events_hub_began(struct events_hub *hub);
void events_hub_heard(struct events_hub *hub, const void *p, size_t len);
void events_hub_silent(struct events_hub *hub);

#endif
