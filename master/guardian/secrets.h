/*
 * Files that only some may read, opened for the api process, which need not be
 * one of them: its tokens, its certificate and the key of that, its sessions.
 */
#ifndef BELFRY_GUARDIAN_SECRETS_H
#define BELFRY_GUARDIAN_SECRETS_H

#include "config/config.h"
#include "ipc/message.h"
#include "priv.h"

/* The path of such a file; NULL when none is configured. */
const char *secrets_path(const struct config *config, enum file_kind kind);

/*
 * Opens it, and makes one of tokens that is missing. -1 with err, also when
 * others could read what is in it.
 */
int secrets_open(const struct config *config, enum file_kind kind,
    const struct priv_ids *ids, struct err *err);

/*
 * state-dir/sessions, made when it is missing: where the api keeps who is
 * logged in, for the one after it. -1 with err.
 */
int secrets_open_sessions(const struct config *config, struct err *err);

/*
 * At start: can all be opened, and is there a token when other machines reach
 * us? 0, or -1 with err.
 */
int secrets_check(
    const struct config *config, const struct priv_ids *ids, struct err *err);

#endif
