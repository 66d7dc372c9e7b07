#include "cli/import/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/crontab/name.h"

/* Variables that are keys here, or nothing. */
static const char *const not_kept[] = {"SHELL", "CRON_TZ", "RANDOM_DELAY",
    "MAILTO", "MAILFROM", "CONTENT_TYPE", "CONTENT_TRANSFER_ENCODING",
    "LOGNAME"};

struct importer {
	const struct import *import;
	struct strbuf *out;
	const struct crontab_entry *entry;
	struct strbuf notes; /* of the entry at hand, as comments */
	char **names;        /* owned, as each of them */
	size_t n, cap;
	bool mail_told, path_told;
};

static void
note(struct importer *i, uint32_t line, const char *text)
{
	i->import->note(i->import->arg, line, text);
	strbuf_addf(&i->notes, "# note: %s\n", text);
}

static void
lint_note(void *arg, const char *text)
{
	struct importer *i = arg;

	note(i, i->entry->line, text);
}

static bool
is_taken(const struct importer *i, const char *name)
{
	for (size_t k = 0; k < i->n; k++)
		if (strcmp(i->names[k], name) == 0)
			return true;
	return false;
}

static const char *
find_word(const struct crontab_entry *entry, const char *key)
{
	for (size_t k = 0; k < entry->nwords; k++)
		if (strcmp(entry->words[k].key, key) == 0)
			return entry->words[k].value;
	return NULL;
}

/* A name that no other job of this file has. */
static const char *
make_name(struct importer *i, const char *command)
{
	char program[CRONTAB_PROGRAM_MAX + 1];
	const char *given = find_word(i->entry, "name");
	char *name;

	crontab_program(command, program);
	if (given == NULL)
		given = program[0] != '\0' ? program : "job";
	name = xstrdup(given);
	for (unsigned k = 2; is_taken(i, name); k++) {
		free(name);
		name = xasprintf("%s-%u", given, k);
	}
	array_reserve(&i->names, &i->cap, i->n + 1, sizeof(*i->names));
	i->names[i->n++] = name;
	return name;
}

static void
add_key(struct importer *i, const char *key, const char *value)
{
	if (find_word(i->entry, key) == NULL)
		strbuf_addf(i->out, "%s = %s\n", key, value);
}

static void
add_text_key(struct importer *i, const char *key, const char *value)
{
	if (*value != '\0')
		add_key(i, key, value);
}

/* Those that are the job's, one key each. */
static void
add_environment(struct importer *i)
{
	for (const char *p = i->entry->environment; *p != '\0';) {
		size_t len = strcspn(p, "\n"), name = strcspn(p, "=");
		bool keep = true;

		for (size_t k = 0; k < nitems(not_kept); k++)
			if (strlen(not_kept[k]) == name &&
			    strncmp(not_kept[k], p, name) == 0)
				keep = false;
		if (keep)
			strbuf_addf(
			    i->out, "environment = %.*s\n", (int)len, p);
		p += len + (p[len] == '\n');
	}
}

/* The value of a variable, which the caller frees; NULL: none, or empty. */
static char *
get_variable(const struct importer *i, const char *name)
{
	size_t len = 0;
	const char *value = crontab_variable(i->entry->environment, name, &len);

	return value != NULL && len > 0 ? xstrndup(value, len) : NULL;
}

static void
add_variable(struct importer *i, const char *name, const char *key)
{
	char *value = get_variable(i, name);

	if (value != NULL)
		add_key(i, key, value);
	free(value);
}

static void
add_delay(struct importer *i)
{
	char *value = get_variable(i, "RANDOM_DELAY"), text[16];
	int minutes = value != NULL ? crontab_delay(value) : 0;

	snprintf(text, sizeof(text), "%dm", minutes);
	if (minutes > 0)
		add_key(i, "jitter", text);
	free(value);
}

static void
add_input(struct importer *i)
{
	if (i->entry->input == NULL)
		return;
	strbuf_adds(i->out, "stdin = ");
	for (const char *p = i->entry->input; *p != '\0'; p++) {
		if (*p == '\n')
			strbuf_adds(i->out, "\\n");
		else if (*p == '\\')
			strbuf_adds(i->out, "\\\\");
		else
			strbuf_addch(i->out, *p);
	}
	strbuf_addch(i->out, '\n');
}

static void
add_words(struct importer *i)
{
	for (size_t k = 0; k < i->entry->nwords; k++)
		if (strcmp(i->entry->words[k].key, "name") != 0)
			strbuf_addf(i->out, "%s = %s\n", i->entry->words[k].key,
			    i->entry->words[k].value);
}

/* What was around the command, and is a key now. */
static void
note_unwrapped(struct importer *i, const struct unwrapped *u)
{
	char *text;

	if (u->skip) {
		text = xasprintf("flock -n %s became overlap = skip; keep it "
				 "if anything else takes that lock",
		    u->lock.s);
		note(i, i->entry->line, text);
		free(text);
	}
	if (u->timeout[0] != '\0')
		note(i, i->entry->line,
		    "timeout became a key: it is for all processes of the "
		    "run, and the outcome is timeout, not exit 124");
	if (u->jitter[0] != '\0')
		note(i, i->entry->line,
		    "the random sleep became jitter: the same for a slot on "
		    "every host, and the run has not begun meanwhile");
	if (u->kept)
		note(i, i->entry->line,
		    "flock or timeout is around a part of the command and was "
		    "left; overlap = skip and timeout are for all of it");
}

static void
add_unwrapped(struct importer *i, const struct unwrapped *u)
{
	if (u->skip || i->entry->single)
		add_key(i, "overlap", "skip");
	add_text_key(i, "timeout", u->timeout);
	add_text_key(i, "kill-grace", u->kill_grace);
	add_text_key(i, "kill-signal", u->kill_signal);
	add_text_key(i, "jitter", u->jitter);
}

static void
note_mail(struct importer *i)
{
	char *mailto = get_variable(i, "MAILTO");

	if (mailto != NULL && !i->mail_told)
		note(i, i->entry->line,
		    "MAILTO is not kept: output is in \"belfry logs\", and "
		    "only a crontab's own jobs send it by mail");
	i->mail_told = i->mail_told || mailto != NULL;
	free(mailto);
}

static void
add_user(struct importer *i)
{
	const char *user = i->import->system ? i->entry->user : i->import->user;

	if (user != NULL)
		add_key(i, "user", user);
}

static void
add_job(struct importer *i, const struct unwrapped *u)
{
	strbuf_addf(i->out, "\n# %s:%u\n%s[job %s]\n", i->import->name,
	    i->entry->line, strbuf_str(&i->notes),
	    make_name(i, strbuf_str(&u->command)));
	strbuf_addf(i->out, "schedule = %s\n", i->entry->schedule);
	add_variable(i, "CRON_TZ", "timezone");
	strbuf_addf(i->out, "command = %s\n", strbuf_str(&u->command));
	add_input(i);
	add_user(i);
	add_variable(i, "SHELL", "shell");
	add_variable(i, "HOME", "directory");
	add_environment(i);
	add_unwrapped(i, u);
	if (u->jitter[0] == '\0')
		add_delay(i);
	add_words(i);
}

static void
take_entry(void *arg, const struct crontab_entry *entry)
{
	struct importer *i = arg;
	size_t unused;
	bool has_path =
	    crontab_variable(entry->environment, "PATH", &unused) != NULL;
	struct lint lint = {
	    .entry = entry,
	    .has_path = has_path || i->path_told,
	    .note = lint_note,
	    .arg = i,
	};
	struct unwrapped u;

	i->entry = entry;
	strbuf_reset(&i->notes);
	unwrap(&u, entry->command);
	i->path_told = lint_entry(&lint) || i->path_told;
	note_unwrapped(i, &u);
	note_mail(i);
	add_job(i, &u);
	unwrapped_fini(&u);
}

static void
take_hint(void *arg, uint32_t line, const char *text)
{
	struct importer *i = arg;

	i->import->note(i->import->arg, line, text);
}

/* Of mistakes, and of hints where there are only guesses. */
static void
ignore(void *arg, uint32_t line, const char *text)
{
}

size_t
import_crontab(
    const struct import *import, char *text, size_t len, struct strbuf *b)
{
	struct importer i = {.import = import, .out = b};
	struct crontab_reader reader = {
	    .system = import->system,
	    .root = true,
	    .entry = take_entry,
	    .error = ignore,
	    .hint = take_hint,
	    .arg = &i,
	};
	size_t n;

	crontab_read(&reader, text, len);
	n = i.n;
	for (size_t k = 0; k < i.n; k++)
		free(i.names[k]);
	free(i.names);
	strbuf_fini(&i.notes);
	return n;
}

struct guess {
	bool (*is_user)(const char *name);
	bool (*is_program)(const char *name);
	size_t n, users, no_programs;
};

static void
guess_entry(void *arg, const struct crontab_entry *entry)
{
	struct guess *guess = arg;

	guess->n++;
	if (!guess->is_user(entry->user))
		return;
	guess->users++;
	if (!guess->is_program(entry->user))
		guess->no_programs++;
}

bool
import_is_system(const char *text, size_t len,
    bool (*is_user)(const char *name), bool (*is_program)(const char *name))
{
	struct guess guess = {.is_user = is_user, .is_program = is_program};
	struct crontab_reader reader = {
	    .system = true,
	    .entry = guess_entry,
	    .error = ignore,
	    .hint = ignore,
	    .arg = &guess,
	};
	char *copy = xmalloc(len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	crontab_read(&reader, copy, len);
	free(copy);
	return guess.n > 0 && guess.users == guess.n && guess.no_programs > 0;
}
