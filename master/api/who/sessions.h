/*
 * Sessions of people who logged in with a token: a random cookie in their
 * browser stands for it. They end when nothing was asked for a while, after
 * some days, and when their token is revoked. A file keeps them for the next
 * process, without anything that could be shown in place of the cookie or the
 * token.
 */
#ifndef BELFRY_API_WHO_SESSIONS_H
#define BELFRY_API_WHO_SESSIONS_H

#include "api/who/tokens.h"

#define SESSION_COOKIE   "belfry-session"
#define SESSION_TEXT_MAX 64
#define SESSION_IDLE_MS  (12LL * 3600 * 1000)
#define SESSION_MOST_MS  (7LL * 24 * 3600 * 1000)

struct sessions;

struct sessions *sessions_new(void);
void sessions_free(struct sessions *sessions);

/*
 * Takes over what the file has, and keeps it up to date; owns fd. Only the
 * first one counts.
 */
void sessions_set_file(struct sessions *sessions, int fd);

/* Begins one of this token's; its cookie's value. -1: no random numbers. */
int sessions_begin(struct sessions *sessions, const struct token *token,
    char text_r[SESSION_TEXT_MAX]);

/* Whose it is, as long as that token is good; NULL when it is none. */
const struct token *sessions_find(
    struct sessions *sessions, struct tokens *tokens, const char *text);

void sessions_end(struct sessions *sessions, const char *text);

#endif
