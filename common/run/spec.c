#include "run/spec.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void
put_strings(struct wire_writer *w, const char *const *s, uint32_t n)
{
	wire_put_u32(w, n);
	for (uint32_t i = 0; i < n; i++)
		wire_put_str(w, s[i]);
}

void
run_spec_encode(const struct run_spec *spec, struct wire_writer *w)
{
	wire_put_str(w, spec->id);
	wire_put_str(w, spec->job);
	put_strings(w, spec->argv, spec->argc);
	wire_put_str(w, spec->shell);
	put_strings(w, spec->env, spec->envc);
	wire_put_str(w, spec->environment_file);
	wire_put_str(w, spec->directory);
	wire_put_u8(w, spec->set_ids);
	wire_put_u8(w, spec->trusted);
	wire_put_u32(w, spec->uid);
	wire_put_u32(w, spec->gid);
	wire_put_u32(w, spec->ngroups);
	for (uint32_t i = 0; i < spec->ngroups; i++)
		wire_put_u32(w, spec->groups[i]);
	wire_put_i32(w, spec->umask);
	wire_put_i32(w, spec->nice);
	wire_put_u8(w, spec->stdin_data != NULL);
	wire_put_bytes(w, spec->stdin_data,
	    spec->stdin_data != NULL ? spec->stdin_len : 0);
	wire_put_i64(w, spec->timeout_ms);
	wire_put_i32(w, spec->kill_signal);
	wire_put_i64(w, spec->kill_grace_ms);
	for (size_t i = 0; i < nitems(spec->success.bits); i++)
		wire_put_u32(w, spec->success.bits[i]);
	wire_put_str(w, spec->refusal);
	wire_put_i64(w, spec->limits.cpu_ms);
	wire_put_u64(w, spec->limits.memory);
	wire_put_u32(w, spec->limits.files);
	wire_put_u32(w, spec->limits.processes);
	wire_put_u32(w, spec->ionice);
	wire_put_u8(w, spec->no_new_privileges);
	wire_put_u8(w, (uint8_t)spec->kind);
	put_strings(w, spec->settings, spec->settingc);
	wire_put_u64(w, spec->lease_epoch);
	wire_put_u8(w, spec->lease_kill);
	wire_put_i64(w, spec->lease_grace_ms);
	put_strings(w, spec->mail, spec->mailc);
	wire_put_str(w, spec->mail_head != NULL ? spec->mail_head : "");
	wire_put_u8(w, spec->mail_failures);
	wire_put_u8(w, spec->mail_kept);
}

static const char **
get_strings(struct wire_reader *r, uint32_t *n_r)
{
	uint32_t n = wire_get_count(r, 5);
	const char **s = xcalloc((size_t)n + 1, sizeof(*s));

	for (uint32_t i = 0; i < n; i++)
		s[i] = wire_get_str(r);
	*n_r = n;
	return s;
}

/* A master from before there were limits sends none. */
static void
get_limits(struct run_spec *spec, struct wire_reader *r)
{
	if (r->pos == r->len)
		return;
	spec->limits.cpu_ms = wire_get_i64(r);
	spec->limits.memory = wire_get_u64(r);
	spec->limits.files = wire_get_u32(r);
	spec->limits.processes = wire_get_u32(r);
	spec->ionice = wire_get_u32(r);
	spec->no_new_privileges = wire_get_u8(r);
}

/* Nor did one from before there were kinds: those jobs are commands. */
static void
get_kind(struct run_spec *spec, struct wire_reader *r)
{
	if (r->pos == r->len)
		return;
	spec->kind = (enum job_kind)wire_get_u8(r);
	spec->settings = get_strings(r, &spec->settingc);
}

/* Nor does one from before there were leases. */
static void
get_lease(struct run_spec *spec, struct wire_reader *r)
{
	if (r->pos == r->len)
		return;
	spec->lease_epoch = wire_get_u64(r);
	spec->lease_kill = wire_get_u8(r);
	spec->lease_grace_ms = wire_get_i64(r);
}

/* Nor does one from before there were crontabs. */
static void
get_mail(struct run_spec *spec, struct wire_reader *r)
{
	if (r->pos == r->len)
		return;
	spec->mail = get_strings(r, &spec->mailc);
	spec->mail_head = wire_get_str(r);
	spec->mail_failures = wire_get_u8(r);
	if (r->pos != r->len) /* a master that knows sendmail alone */
		spec->mail_kept = wire_get_u8(r);
}

int
run_spec_decode(struct run_spec *spec, struct wire_reader *r)
{
	bool has_stdin;

	memset(spec, 0, sizeof(*spec));
	spec->id = wire_get_str(r);
	spec->job = wire_get_str(r);
	spec->argv = get_strings(r, &spec->argc);
	spec->shell = wire_get_str(r);
	spec->env = get_strings(r, &spec->envc);
	spec->environment_file = wire_get_str(r);
	spec->directory = wire_get_str(r);
	spec->set_ids = wire_get_u8(r);
	spec->trusted = wire_get_u8(r);
	spec->uid = wire_get_u32(r);
	spec->gid = wire_get_u32(r);
	spec->ngroups = wire_get_count(r, 4);
	spec->groups = xcalloc(spec->ngroups, sizeof(*spec->groups));
	for (uint32_t i = 0; i < spec->ngroups; i++)
		spec->groups[i] = wire_get_u32(r);
	spec->umask = wire_get_i32(r);
	spec->nice = wire_get_i32(r);
	has_stdin = wire_get_u8(r);
	spec->stdin_data = wire_get_bytes(r, &spec->stdin_len);
	if (!has_stdin)
		spec->stdin_data = NULL;
	spec->timeout_ms = wire_get_i64(r);
	spec->kill_signal = wire_get_i32(r);
	spec->kill_grace_ms = wire_get_i64(r);
	for (size_t i = 0; i < nitems(spec->success.bits); i++)
		spec->success.bits[i] = wire_get_u32(r);
	spec->refusal = wire_get_str(r);
	get_limits(spec, r);
	get_kind(spec, r);
	get_lease(spec, r);
	get_mail(spec, r);
	if (!wire_ok(r) || (spec->kind == KIND_COMMAND && spec->argc == 0) ||
	    spec->id[0] == '\0' || strlen(spec->id) >= RUN_ID_SIZE)
		return -1;
	return 0;
}

const char *
run_spec_setting(const struct run_spec *spec, const char *key)
{
	size_t n = strlen(key);

	for (uint32_t i = 0; i < spec->settingc; i++)
		if (strncmp(spec->settings[i], key, n) == 0 &&
		    spec->settings[i][n] == '=')
			return spec->settings[i] + n + 1;
	return NULL;
}

void
run_spec_fini(struct run_spec *spec)
{
	free(spec->settings);
	free(spec->mail);
	free(spec->argv);
	free(spec->env);
	free(spec->groups);
	memset(spec, 0, sizeof(*spec));
}
