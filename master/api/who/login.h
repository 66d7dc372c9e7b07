/*
 * Logging in: a token for a session's cookie. What the api process answers by
 * itself.
 *
 *   session-begin  POST /v1/session    body token; sets the cookie
 *   session        GET /v1/session     who asks, and what they may do
 *   session-end    DELETE /v1/session
 */
#ifndef BELFRY_API_WHO_LOGIN_H
#define BELFRY_API_WHO_LOGIN_H

#include "api/who/auth.h"

/* Answers one of these verbs. */
void login_answer(const struct api *api, struct http_conn *conn,
    const struct route_call *call);

/* GET and POST of /login: the same in a form, for browsers. */
bool login_has_path(const char *path);
void login_page(const struct api *api, struct http_conn *conn);

#endif
