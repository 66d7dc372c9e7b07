/*
 * A job while its keys are being read, and the one table of keys: how each is
 * parsed, printed and explained, and what its default is.
 */
#ifndef BELFRY_CONFIG_JOB_DRAFT_H
#define BELFRY_CONFIG_JOB_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "config/job.h"

struct job_key {
	const char *name;
	const struct job_type *type;
	size_t offset; /* into struct job_options; unused by some types */
	int64_t min, max;
	const char *fallback; /* the default as one would write it; NULL none */
	const char *help;
	const char *const *words; /* of job_type_word; ends with NULL */
	/* of job_type_setting and job_type_settings */
	enum job_kind kind; /* whose it is */
	const struct setting_type *setting;
	uint32_t also; /* one bit for each other kind whose it is, too */
};

/* What a setting of a kind of job may be, and how much of it is shown. */
struct setting_type {
	/* key for what it says of least and most. 0, or -1 with err. */
	int (*check)(
	    const struct job_key *key, const char *value, struct err *err);
	void (*mask)(struct strbuf *b, const char *value); /* NULL: all */
};

#define JOB_KEY_MAX 128

/* A key that is in no table: of a job with a plugin it may be the plugin's. */
struct draft_own {
	const char *name;
	const char *value;
	uint32_t line;
};

#define JOB_OWN_MAX 64

struct draft_schedule {
	const char *text;
	uint32_t line;
};

/* Strings are borrowed from the text that is being read, or the draft's. */
struct job_draft {
	struct job_options options;
	const char *command;     /* or of another kind; NULL: not given */
	const char *description; /* "" none */
	struct draft_schedule *schedules;
	size_t nschedules, cap;
	struct strbuf environment; /* options.environment, once one is given */
	size_t inherited;          /* so many bytes of it are the defaults' */
	struct strbuf settings;    /* options.settings, once one is given */
	struct draft_own own[JOB_OWN_MAX]; /* until the kind is known */
	size_t nown;
	bool is_job; /* not [defaults], which have no keys of plugins */
	struct strbuf stdin_text;
	struct strbuf after, labels, uses, notify; /* options.after ..., once
	                                              given */
	uint32_t lines[JOB_KEY_MAX]; /* of each key; 0: not given */
};

struct job_defaults {
	struct job_draft draft;
};

/*
 * A kind of value. parse gets the text of one line; print writes what parse
 * would read, one line each time it was given, nothing when it was not.
 */
struct job_type {
	bool several; /* may be given more than once */
	int (*parse)(struct job_draft *draft, const struct job_key *key,
	    const char *value, uint32_t line, struct err *err);
	void (*print)(const struct job_def *def, const struct job_key *key,
	    struct strbuf *b);
};

/* Of job_type.c: the kinds of values. */
extern const struct job_type job_type_text, job_type_path, job_type_env_file,
    job_type_shell, job_type_duration, job_type_size, job_type_integer,
    job_type_number, job_type_flag, job_type_overlap, job_type_signal,
    job_type_umask, job_type_limit, job_type_catch_up, job_type_word,
    job_type_hosts;

/* Of setting.c: settings of a kind of job; of the second, several. */
extern const struct job_type job_type_setting, job_type_settings;
extern const struct setting_type setting_duration, setting_flag, setting_number,
    setting_path, setting_text, setting_password, setting_template,
    setting_header, setting_query, setting_status, setting_pattern, setting_pin,
    setting_proxy, setting_auth, setting_database, setting_query_sql,
    setting_statement, setting_identifier;

/*
 * Whether the settings given go with the kind and with each other, and
 * database and queue are among those that options know. *key_r is the key that
 * is wrong. 0, or -1 with err.
 */
int job_settings_check(const struct job_draft *draft,
    const struct job_set_options *options, const char **key_r, struct err *err);

/*
 * Calls cb for each key that is given in the job itself and changes nothing in
 * it, with its line and what it needs: "retry-delay has no meaning without
 * retries".
 */
void job_draft_idle_keys(const struct job_draft *draft,
    void (*cb)(void *arg, uint32_t line, const char *text), void *arg);

/* Calls cb for each value of a key in such lines, or for its default. */
void job_setting_each(const char *settings, const struct job_key *key,
    void (*cb)(void *arg, const char *key, const char *value), void *arg);

/* The value of a key in lines "KEY=VALUE\n..."; NULL: it is not there. */
const char *
job_settings_find(const char *settings, const char *key, size_t *len_r);

/* Of limit.c: what a job may use. */
extern const struct job_type job_type_limit_cpu, job_type_limit_memory,
    job_type_limit_count, job_type_ionice;

/* Of job_time.c: what is resolved with the whole job. */
extern const struct job_type job_type_instant, job_type_calendar;

/* Of job_value.c: those with a syntax of their own. */
extern const struct job_type job_type_codes, job_type_stdin,
    job_type_environment, job_type_command, job_type_http, job_type_sql,
    job_type_plugin, job_type_description, job_type_schedule;

/* Of job_words.c: lists of words. */
extern const struct job_type job_type_after, job_type_labels, job_type_uses,
    job_type_queue;

/* Of notify.c: whom it tells of what. */
extern const struct job_type job_type_notify, job_type_notify_on,
    job_type_notify_repeat, job_type_notify_too_long, job_type_ping;

/*
 * Calls problem for each of notify that is not among receivers ("A B C"; NULL:
 * nobody knows which there are).
 */
void job_notify_check(const struct job_draft *draft, const char *receivers,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg);

/*
 * Puts the words of value into b, with one blank between two; check fails for
 * one that is none. 0, or -1 with err: it is none, there twice, or too many.
 */
int job_words_take(struct strbuf *b, const char *value, size_t max,
    int (*check)(const char *word, size_t len, struct err *err),
    struct err *err);

/* Letters, digits, ".", "_" and "-", 1 to JOB_NAME_MAX of them. */
bool job_is_name(const char *name, size_t len);

/* All keys, in the order in which people read them; ends with name NULL. */
extern const struct job_key job_keys[];

/* Whether a key has a meaning in jobs of that kind. */
bool job_key_is_for(const struct job_key *key, enum job_kind kind);

/* False for what is the job's own: command, description, schedule. */
bool job_key_is_option(const struct job_key *key);

/* Where the option of a key stands. */
void *job_key_field(const struct job_key *key, struct job_options *options);
const void *
job_key_value(const struct job_key *key, const struct job_options *options);

/* NULL with err, which knows what was probably meant. */
const struct job_key *job_key_find(const char *name, struct err *err);

/* The built-in defaults. */
void job_draft_init(struct job_draft *draft);

/* Makes draft the beginning of a job with these defaults. */
void
job_draft_begin(struct job_draft *draft, const struct job_defaults *defaults);

/*
 * Takes one key. 0, or -1 with err, which names the key: unknown, given
 * twice, or a value that is wrong.
 */
int job_draft_set(struct job_draft *draft, const char *key, const char *value,
    uint32_t line, struct err *err);

void job_draft_fini(struct job_draft *draft);

/* Of own.c. Keeps an unknown key. 0, or -1 with err: it is given twice, or too many. */
int job_own_keep(struct job_draft *draft, const char *key, const char *value,
    uint32_t line, struct err *err);

/* The line of a key in this draft; 0: it was not given. */
uint32_t job_draft_line(const struct job_draft *draft, const char *key);

#endif
