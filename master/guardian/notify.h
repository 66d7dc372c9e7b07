/* The service manager's protocol of readiness, sd_notify(3), if there is one. */
#ifndef BELFRY_GUARDIAN_NOTIFY_H
#define BELFRY_GUARDIAN_NOTIFY_H

/*
 * Sends state ("READY=1", "STOPPING=1") to the socket that the environment
 * variable NOTIFY_SOCKET names. Nothing when there is none. Never fails: the
 * daemon does not depend on it.
 */
void notify_state(const char *state);

/* "RELOADING=1" with the monotonic time, as sd_notify(3) asks for. */
void notify_reloading(void);

#endif
