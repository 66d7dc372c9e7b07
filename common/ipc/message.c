#include "ipc/message.h"

#include <string.h>

#include "base/mem.h"

static const struct message_info infos[] = {
#define X(number, name, ...) {number, #name, __VA_ARGS__},
    MESSAGE_LIST(X)
#undef X
};

static const char *const role_names[] = {
    [ROLE_NONE] = "none",
    [ROLE_GUARDIAN] = "guardian",
    [ROLE_MASTER] = "master",
    [ROLE_LAUNCHER] = "launcher",
    [ROLE_RECORDER] = "recorder",
    [ROLE_API] = "api",
    [ROLE_WORKER] = "worker",
};
_Static_assert(nitems(role_names) == ROLE_COUNT, "a role has no name");

const struct message_info *
message_info(uint16_t type)
{
	for (size_t i = 0; i < nitems(infos); i++)
		if (infos[i].type == type)
			return &infos[i];
	return NULL;
}

const char *
message_name(uint16_t type)
{
	const struct message_info *info = message_info(type);

	return info != NULL ? info->name : "?";
}

const char *
kill_reason(enum kill_why why)
{
	switch (why) {
	case KILL_OPERATOR:
		return "killed by operator";
	case KILL_SHUTDOWN:
		return "killed at shutdown";
	case KILL_REPLACED:
		return "replaced by a newer run";
	case KILL_LEASE:
		return "its lease was lost: other hosts take this one for dead";
	}
	return "killed on request";
}

const char *
role_name(enum role_id role)
{
	return role < ROLE_COUNT ? role_names[role] : "?";
}

enum role_id
role_parse(const char *name)
{
	for (size_t i = 1; i < nitems(role_names); i++)
		if (strcmp(role_names[i], name) == 0)
			return (enum role_id)i;
	return ROLE_NONE;
}
