/* What a job says: every key and its values. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "support.h"

static struct scratch scratch;

static int
set_up(void **state)
{
	scratch_init(&scratch);
	return 0;
}

static int
tear_down(void **state)
{
	scratch_fini(&scratch);
	return 0;
}

static void
add_key(void *arg, const char *key, const char *value)
{
	strbuf_addf(arg, "%s = %s\n", key, value);
}

/* The job of "[job j]" and some keys, as job_def_each_key() tells it. */
static const char *
keys_of(struct strbuf *b, const char *keys)
{
	struct strbuf text = STRBUF_INIT;
	const struct job_def *def;
	struct job_set *set;

	strbuf_addf(&text, "[job j]\ncommand = c\n%s", keys);
	set = scratch_text(&scratch, text.s);
	if (job_set_problem_count(set) > 0)
		fail_msg("%s", problems_text(&scratch, set, b));
	def = job_set_find(set, "j");
	assert_non_null(def);
	strbuf_reset(b);
	job_def_each_key(def, add_key, b);
	job_set_free(set);
	strbuf_fini(&text);
	return strbuf_str(b);
}

static void
defaults_are_complete(void **state)
{
	struct strbuf b = STRBUF_INIT;

	assert_string_equal(keys_of(&b, ""),
	    "command = c\n"
	    "shell = /bin/sh\n"
	    "dialect = cron\n"
	    "day-match = either\n"
	    "jitter = none\n"
	    "first = interval\n"
	    "calendar-mode = exclude\n"
	    "after-when = success\n"
	    "after-join = all\n"
	    "start-deadline = 1m\n"
	    "catch-up = none\n"
	    "catch-up-limit = 100\n"
	    "priority = 0\n"
	    "enabled = yes\n"
	    "timeout = none\n"
	    "kill-signal = TERM\n"
	    "kill-grace = 10s\n"
	    "success-codes = 0\n"
	    "retries = 0\n"
	    "retry-delay = 10s\n"
	    "retry-backoff = 2\n"
	    "retry-max-delay = 1h\n"
	    "hosts = any\n"
	    "place = hash\n"
	    "guarantee = at-most-once\n"
	    "when-isolated = wait\n"
	    "umask = 022\n"
	    "nice = 0\n"
	    "ionice = none\n"
	    "no-new-privileges = no\n"
	    "limit-cpu = none\n"
	    "limit-memory = none\n"
	    "limit-files = none\n"
	    "limit-processes = none\n"
	    "notify-on = failure recovery\n"
	    "notify-repeat = change\n"
	    "notify-late = 5m\n"
	    "notify-too-long = auto\n"
	    "output = keep\n"
	    "output-limit = 1M\n");
	strbuf_fini(&b);
}

/* A value that is printed as it was given, or as the second text. */
static void
requests_are_printed(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct job_set *set;

	set = scratch_text(&scratch,
	    "[job j]\nhttp = PUT http://h\nhttp-header = A: 1\n"
	    "http-header = Cookie: x\nhttp-user = u\n"
	    "http-password = p\nhttp-follow = 3\n");
	assert_int_equal(job_set_problem_count(set), 0);
	job_def_each_key(job_set_find(set, "j"), add_key, &b);
	assert_non_null(strstr(strbuf_str(&b),
	    "http = PUT http://h\n"
	    "http-header = A: 1\n"
	    "http-header = Cookie: ***\n"
	    "http-expect-status = 2xx\n"
	    "http-follow = 3\n"
	    "http-connect-timeout = 10s\n"
	    "http-read-timeout = 1m\n"
	    "http-user = u\n"
	    "http-password = ***\n"
	    "http-verify = yes\n"
	    "dialect = cron\n"));
	strbuf_reset(&b);
	job_def_each_setting(job_set_find(set, "j"), add_key, &b);
	assert_string_equal(strbuf_str(&b),
	    "http-header = A: 1\n"
	    "http-header = Cookie: x\n"
	    "http-expect-status = 2xx\n"
	    "http-follow = 3\n"
	    "http-connect-timeout = 10s\n"
	    "http-read-timeout = 1m\n"
	    "http-user = u\n"
	    "http-password = p\n"
	    "http-verify = yes\n");
	job_set_free(set);
	strbuf_fini(&b);
}

static void
values_are_read_and_printed(void **state)
{
	static const struct {
		const char *key, *printed;
	} table[] = {
	    {"description = a ; b # c", NULL},
	    {"shell = /bin/bash", NULL},
	    {"shell = none", NULL},
	    {"schedule = 0 3 * * *", NULL},
	    {"schedule = @every 5m", NULL},
	    {"timezone = Europe/Berlin", NULL},
	    {"timezone = UTC", NULL},
	    {"dialect = quartz", NULL},
	    {"day-match = both", NULL},
	    {"dst-gap = run", NULL},
	    {"dst-gap = skip", NULL},
	    {"dst-overlap = both", NULL},
	    {"hosts = 2 of tag:web & !old", NULL},
	    {"place = least-loaded", NULL},
	    {"uses = db:1", NULL},
	    {"queue = mail", NULL},
	    {"uses = db:1, big-disk:100000", "uses = db:1 big-disk:100000"},
	    {"guarantee = at-least-once", NULL},
	    {"when-isolated = run", NULL},
	    {"on-lease-lost = kill", NULL},
	    {"jitter = 90s", "jitter = 1m30s"},
	    {"jitter = 7d", "jitter = 1w"},
	    {"first = now", NULL},
	    {"start-at = 2026-12-01", NULL},
	    {"start-at = 2026-12-01T00:00:00+01:00", NULL},
	    {"end-at = 2026-12-01 12:00", NULL},
	    {"calendar-mode = next", NULL},
	    {"overlap = allow", NULL},
	    {"overlap = skip", NULL},
	    {"overlap = queue", NULL},
	    {"overlap = replace", NULL},
	    {"overlap-limit = 1", NULL},
	    {"overlap-limit = 1000", NULL},
	    {"start-deadline = 1s", NULL},
	    {"start-deadline = 12h", NULL},
	    {"catch-up = last", NULL},
	    {"catch-up = all", NULL},
	    {"catch-up-limit = 1000", NULL},
	    {"retry-codes = 75 100-110", NULL},
	    {"retry-max-delay = 30s", NULL},
	    {"priority = -100", NULL},
	    {"priority = 100", NULL},
	    {"enabled = no", NULL},
	    {"enabled = off", "enabled = no"},
	    {"enabled = true", "enabled = yes"},
	    {"timeout = 90m", "timeout = 1h30m"},
	    {"timeout = 1ns", "timeout = 1ms"},
	    {"timeout = none", NULL},
	    {"timeout = 0", "timeout = none"},
	    {"kill-signal = INT", NULL},
	    {"kill-signal = sigquit", "kill-signal = QUIT"},
	    {"kill-signal = 9", "kill-signal = KILL"},
	    {"kill-signal = 40", NULL},
	    {"kill-grace = 0", "kill-grace = 0s"},
	    {"success-codes = 0 3 10-12", NULL},
	    {"success-codes = 12 10 11 3 3", "success-codes = 3 10-12"},
	    {"success-codes = 0-255", NULL},
	    {"retries = 1000", NULL},
	    {"retry-delay = 1d", NULL},
	    {"retry-backoff = 1.5", NULL},
	    {"retry-backoff = 1.0", "retry-backoff = 1"},
	    {"retry-backoff = 100", NULL},
	    {"directory = /srv/a b", NULL},
	    {"umask = 77", "umask = 077"},
	    {"umask = 0027", "umask = 027"},
	    {"umask = 000", NULL},
	    {"nice = -20", NULL},
	    {"nice = 19", NULL},
	    {"ionice = idle", NULL},
	    {"ionice = best-effort:0", NULL},
	    {"ionice = best-effort", "ionice = best-effort:4"},
	    {"ionice = realtime:7", NULL},
	    {"ionice = none", NULL},
	    {"no-new-privileges = yes", NULL},
	    {"limit-cpu = 90s", "limit-cpu = 1m30s"},
	    {"limit-cpu = none", NULL},
	    {"limit-memory = 1M", NULL},
	    {"limit-memory = 3000000", NULL},
	    {"limit-memory = 7T", "limit-memory = 7168G"},
	    {"limit-memory = none", NULL},
	    {"limit-files = 3", NULL},
	    {"limit-files = none", NULL},
	    {"limit-processes = 1", NULL},
	    {"limit-processes = 4194304", NULL},
	    {"environment = A=1", NULL},
	    {"environment = _a9=", NULL},
	    {"environment = A=b c=d;e", NULL},
	    {"environment-file = /etc/x", NULL},
	    {"environment-file = -/etc/x", NULL},
	    {"stdin = a\\tb\\n\\\\n", NULL},
	    {"output-limit = 0", NULL},
	    {"output = failure", NULL},
	    {"output = none", NULL},
	    {"labels = nightly team=data", NULL},
	    {"labels = a,b=, c=d/e:f@1+x", "labels = a b= c=d/e:f@1+x"},
	    {"owner = Ann <ann@example.org>", NULL},
	    {"after-when = always", NULL},
	    {"after-join = any", NULL},
	    {"output-limit = 1G", NULL},
	    {"output-limit = 1024", "output-limit = 1K"},
	    {"output-limit = 1000", NULL},
	};
	struct strbuf b = STRBUF_INIT, line = STRBUF_INIT;

	for (size_t i = 0; i < nitems(table); i++) {
		strbuf_reset(&line);
		strbuf_addf(&line, "\n%s\n",
		    table[i].printed != NULL ? table[i].printed : table[i].key);
		if (strstr(keys_of(&b, table[i].key), line.s) == NULL)
			if (strncmp(b.s, line.s + 1, line.len - 1) != 0)
				fail_msg("%s: %s", table[i].key, b.s);
	}
	strbuf_fini(&b);
	strbuf_fini(&line);
}

static void
options_have_their_values(void **state)
{
	struct job_set *set = scratch_text(&scratch,
	    "[job j]\n"
	    "command = a b\n"
	    "stdin = x\\n\\ty\\\\\n"
	    "environment = A=1\n"
	    "environment = B=2 ; 3\n"
	    "success-codes = 0 255\n"
	    "kill-signal = HUP\n"
	    "timeout = 1500ms\n"
	    "umask = 027\n"
	    "retry-backoff = 1.25\n"
	    "output-limit = 64K\n"
	    "schedule = @daily\n"
	    "schedule = @after 5s\n");
	const struct job_def *def = job_set_find(set, "j");
	const struct job_options *o = def->options;

	assert_string_equal(o->stdin_text, "x\n\ty\\");
	assert_string_equal(o->environment, "A=1\nB=2 ; 3");
	assert_true(code_set_has(&o->success, 0));
	assert_true(code_set_has(&o->success, 255));
	assert_false(code_set_has(&o->success, 1));
	assert_int_equal(o->kill_signal, 1);
	assert_int_equal(o->timeout_ms, 1500);
	assert_int_equal(o->umask, 027);
	assert_true(o->retry_backoff == 1.25);
	assert_int_equal(o->output_limit, 65536);
	assert_int_equal(def->nschedules, 2);
	assert_int_equal(schedule_kind(def->schedules[0]), SCHEDULE_CRON);
	assert_int_equal(schedule_kind(def->schedules[1]), SCHEDULE_AFTER);
	assert_string_equal(job_def_schedule_text(def, 1), "@after 5s");
	assert_string_equal(job_def_description(def), "");
	assert_true(def->direct);
	assert_int_equal(def->line, 1);
	assert_string_equal(def->source->name, "a.ini");
	job_set_free(set);
}

static void
names(void **state)
{
	char text[400], name[140];
	struct job_set *set;

	for (size_t n = 128; n <= 129; n++) {
		memset(name, 'n', n);
		name[n] = '\0';
		snprintf(text, sizeof(text), "[job %s]\ncommand = c\n", name);
		set = scratch_text(&scratch, text);
		assert_int_equal(job_set_count(set), n == 128);
		job_set_free(set);
	}
	set = scratch_text(&scratch, "[job A.b_c-9]\ncommand = c\n");
	assert_int_equal(job_set_problem_count(set), 0);
	job_set_free(set);
	set =
	    scratch_text(&scratch, "[job caf\xc3\xa9]\n[job a/b]\n[job a:b]\n");
	assert_int_equal(job_set_problem_count(set), 3);
	job_set_free(set);
}

static void
a_value_of_64_kib(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct job_set *set;

	for (size_t n = 65536; n <= 65537; n++) {
		strbuf_reset(&b);
		strbuf_adds(&b, "[job j]\ncommand = ");
		for (size_t i = 0; i < n; i++)
			strbuf_addch(&b, ';');
		strbuf_adds(&b, "\n");
		set = scratch_text(&scratch, b.s);
		assert_int_equal(job_set_count(set), n == 65536);
		if (n == 65536)
			assert_int_equal(
			    strlen(job_set_find(set, "j")->command), n);
		job_set_free(set);
	}
	strbuf_fini(&b);
}

static void
equal_is_the_same_run(void **state)
{
	static const struct {
		const char *keys;
		bool equal;
	} table[] = {
	    {"command = c\nenvironment = A=1\n", true},
	    {"\n; moved\nschedule = @daily\ncommand = c\nenvironment = A=1\n",
		true},
	    {"command = d\nenvironment = A=1\n", false},
	    {"command = c\n", false},
	    {"command = c\nenvironment = A=1\nnice = 1\n", false},
	    {"command = c\nenvironment = A=1\ndescription = d\n", false},
	};
	struct job_set *first =
	    scratch_text(&scratch, "[job j]\ncommand = c\nenvironment = A=1\n");
	char text[200];

	for (size_t i = 0; i < nitems(table); i++) {
		struct job_set *set;

		snprintf(text, sizeof(text), "[job j]\n%s", table[i].keys);
		set = scratch_text(&scratch, text);
		assert_int_equal(job_def_equal(job_set_find(first, "j"),
				     job_set_find(set, "j")),
		    table[i].equal);
		job_set_free(set);
	}
	job_set_free(first);
}

static void
words_of_a_definition(void **state)
{
	struct job_set *set = scratch_text(&scratch,
	    "[job j]\nshell = none\n"
	    "command = a 'b c' $d\n");
	uint32_t n;
	char **words = job_def_words(job_set_find(set, "j"), &n);

	assert_int_equal(n, 3);
	assert_string_equal(words[1], "b c");
	assert_string_equal(words[2], "$d");
	assert_null(words[3]);
	free(words);
	job_set_free(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults_are_complete),
	    cmocka_unit_test(values_are_read_and_printed),
	    cmocka_unit_test(requests_are_printed),
	    cmocka_unit_test(options_have_their_values),
	    cmocka_unit_test(names),
	    cmocka_unit_test(a_value_of_64_kib),
	    cmocka_unit_test(equal_is_the_same_run),
	    cmocka_unit_test(words_of_a_definition),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
