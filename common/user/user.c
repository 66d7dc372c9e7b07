#include "user/user.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "run/spec.h"

void
user_fini(struct user *user)
{
	free(user->problem);
	free(user->login);
	free(user->home);
	free(user->shell);
	free(user->groups);
	memset(user, 0, sizeof(*user));
}

void
user_encode(const struct user *user, struct wire_writer *w)
{
	wire_put_u8(w, user->found);
	if (!user->found) {
		wire_put_str(w, user->problem);
		return;
	}
	wire_put_str(w, user->login);
	wire_put_str(w, user->home);
	wire_put_u8(w, user->home_exists);
	wire_put_str(w, user->shell);
	wire_put_u32(w, user->uid);
	wire_put_u32(w, user->gid);
	wire_put_u32(w, user->ngroups);
	for (uint32_t i = 0; i < user->ngroups; i++)
		wire_put_u32(w, user->groups[i]);
}

static void
decode_found(struct user *user, struct wire_reader *r)
{
	user->login = xstrdup(wire_get_str(r));
	user->home = xstrdup(wire_get_str(r));
	user->home_exists = wire_get_u8(r);
	user->shell = xstrdup(wire_get_str(r));
	user->uid = wire_get_u32(r);
	user->gid = wire_get_u32(r);
	user->ngroups = wire_get_count(r, 4);
	user->groups =
	    xcalloc((size_t)user->ngroups + 1, sizeof(*user->groups));
	for (uint32_t i = 0; i < user->ngroups; i++)
		user->groups[i] = wire_get_u32(r);
}

int
user_decode(struct user *user_r, struct wire_reader *r)
{
	memset(user_r, 0, sizeof(*user_r));
	user_r->found = wire_get_u8(r);
	if (user_r->found)
		decode_found(user_r, r);
	else
		user_r->problem = xstrdup(wire_get_str(r));
	if (wire_ok(r) && user_r->ngroups <= SPEC_GROUPS_MAX)
		return 0;
	user_fini(user_r);
	return -1;
}
