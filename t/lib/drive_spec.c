#include "drive_spec.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void
free_strings(struct drive_spec *s)
{
	struct run_spec *spec = &s->spec;
	const char *strings[] = {spec->id, spec->job, spec->shell,
	    spec->environment_file, spec->directory, spec->refusal,
	    spec->stdin_data};

	for (size_t i = 0; i < nitems(strings); i++)
		free((void *)(uintptr_t)strings[i]);
	for (uint32_t i = 0; i < spec->argc; i++)
		free((void *)(uintptr_t)s->words[i]);
	for (uint32_t i = 0; i < spec->envc; i++)
		free((void *)(uintptr_t)s->env[i]);
	for (uint32_t i = 0; i < spec->settingc; i++)
		free((void *)(uintptr_t)s->settings[i]);
}

void
drive_spec_reset(struct drive_spec *s)
{
	free_strings(s);
	memset(s, 0, sizeof(*s));
	s->spec.id = xstrdup("");
	s->spec.job = xstrdup("job");
	s->spec.shell = xstrdup("/bin/sh");
	s->spec.environment_file = xstrdup("");
	s->spec.directory = xstrdup("");
	s->spec.refusal = xstrdup("");
	s->spec.argv = s->words;
	s->spec.env = s->env;
	s->spec.settings = s->settings;
	s->spec.groups = s->groups;
	s->spec.umask = -1;
	s->spec.kill_signal = 15;
	s->spec.kill_grace_ms = 10000;
	s->output_limit = 1 << 20;
	code_set_add(&s->spec.success, 0);
}

static int
hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *p = strchr(digits, c);

	return p != NULL ? (int)(p - digits) : 0;
}

char *
drive_unescape(const char *text, size_t *len_r)
{
	char *copy = xmalloc(strlen(text) + 1), *to = copy;

	while (*text != '\0') {
		if (text[0] != '\\' || text[1] == '\0') {
			*to++ = *text++;
		} else if (text[1] == 'x' && text[2] != '\0') {
			*to++ = (char)(hex_digit(text[2]) << 4 |
			    hex_digit(text[3]));
			text += text[3] != '\0' ? 4 : 3;
		} else {
			*to++ = text[1] == 'n' ? '\n' : text[1];
			text += 2;
		}
	}
	*to = '\0';
	if (len_r != NULL)
		*len_r = (size_t)(to - copy);
	return copy;
}

static int
set_string(struct run_spec *spec, const char *key, const char *value)
{
	const struct {
		const char *key;
		const char **field;
	} keys[] = {
	    {"id", &spec->id},
	    {"job", &spec->job},
	    {"shell", &spec->shell},
	    {"envfile", &spec->environment_file},
	    {"dir", &spec->directory},
	    {"refusal", &spec->refusal},
	};

	for (size_t i = 0; i < nitems(keys); i++)
		if (strcmp(keys[i].key, key) == 0) {
			free((void *)(uintptr_t)*keys[i].field);
			*keys[i].field = drive_unescape(value, NULL);
			return 0;
		}
	return -1;
}

static int
set_number(struct drive_spec *s, const char *key, const char *value)
{
	struct run_spec *spec = &s->spec;
	long n = strtol(value, NULL, 0);

	if (strcmp(key, "uid") == 0) {
		spec->uid = (uint32_t)n;
		spec->set_ids = true;
	} else if (strcmp(key, "gid") == 0)
		spec->gid = (uint32_t)n;
	else if (strcmp(key, "group") == 0)
		s->groups[spec->ngroups++] = (uint32_t)n;
	else if (strcmp(key, "trusted") == 0)
		spec->trusted = n != 0;
	else if (strcmp(key, "umask") == 0)
		spec->umask = (int32_t)n;
	else if (strcmp(key, "nice") == 0)
		spec->nice = (int32_t)n;
	else if (strcmp(key, "kind") == 0)
		spec->kind = (enum job_kind)n;
	else if (strcmp(key, "timeout") == 0)
		spec->timeout_ms = n;
	else if (strcmp(key, "signal") == 0)
		spec->kill_signal = (int32_t)n;
	else if (strcmp(key, "grace") == 0)
		spec->kill_grace_ms = n;
	else if (strcmp(key, "success") == 0)
		code_set_add(&spec->success, (int)n);
	else if (strcmp(key, "cpu") == 0)
		spec->limits.cpu_ms = n;
	else if (strcmp(key, "memory") == 0)
		spec->limits.memory = (uint64_t)n;
	else if (strcmp(key, "files") == 0)
		spec->limits.files = (uint32_t)n;
	else if (strcmp(key, "processes") == 0)
		spec->limits.processes = (uint32_t)n;
	else if (strcmp(key, "ionice") == 0)
		spec->ionice = (uint32_t)n;
	else if (strcmp(key, "nnp") == 0)
		spec->no_new_privileges = n != 0;
	else if (strcmp(key, "lease") == 0)
		spec->lease_epoch = (uint64_t)n;
	else if (strcmp(key, "lease-kill") == 0)
		spec->lease_kill = n != 0;
	else if (strcmp(key, "lease-grace") == 0)
		spec->lease_grace_ms = n;
	else if (strcmp(key, "limit") == 0)
		s->output_limit = (uint64_t)n;
	else
		return -1;
	return 0;
}

int
drive_spec_set(struct drive_spec *s, const char *key, const char *value)
{
	struct run_spec *spec = &s->spec;

	if (strcmp(key, "arg") == 0 && spec->argc + 1 < SPEC_WORDS_MAX) {
		s->words[spec->argc++] = drive_unescape(value, NULL);
		return 0;
	}
	if (strcmp(key, "env") == 0 && spec->envc + 1 < SPEC_WORDS_MAX) {
		s->env[spec->envc++] = drive_unescape(value, NULL);
		return 0;
	}
	if (strcmp(key, "setting") == 0 &&
	    spec->settingc + 1 < SPEC_WORDS_MAX) {
		s->settings[spec->settingc++] = drive_unescape(value, NULL);
		return 0;
	}
	if (strcmp(key, "stdin") == 0) {
		free((void *)(uintptr_t)spec->stdin_data);
		spec->stdin_data = drive_unescape(value, &spec->stdin_len);
		return 0;
	}
	if (set_string(spec, key, value) == 0)
		return 0;
	return set_number(s, key, value);
}
