#include "drive_say.h"

#include <stdint.h>
#include <stdio.h>

#include "base/log.h"
#include "run/runfile.h"

void
say_string(const char *key, const char *s)
{
	printf(", \"%s\": \"", key);
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c == '"' || c == '\\' || c >= 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

void
say(const char *event, const char *run)
{
	printf("{\"event\": \"%s\"", event);
	if (run != NULL)
		say_string("run", run);
}

void
say_end(void)
{
	printf("}\n");
	fflush(stdout);
}

void
say_result(const struct run_result *r)
{
	printf(", \"outcome\": \"%s\", \"exit_code\": %d, \"signal\": %d, "
	       "\"started_us\": %lld, \"finished_us\": %lld, "
	       "\"duration_us\": %lld, \"cpu_us\": %lld, "
	       "\"max_rss_kb\": %lld, \"output_bytes\": %llu, "
	       "\"dropped_bytes\": %llu",
	    outcome_name(r->outcome), r->exit_code, r->signal,
	    (long long)r->started_us, (long long)r->finished_us,
	    (long long)r->duration_us, (long long)r->cpu_us,
	    (long long)r->max_rss_kb, (unsigned long long)r->output_bytes,
	    (unsigned long long)r->dropped_bytes);
	say_string("reason", r->reason);
	say_string("values", r->values);
}

void
drive_copy_output(int runs_fd, const char *id, const char *path)
{
	struct runfile file;
	struct err err;
	char buf[65536];
	uint64_t pos = 0, before = 0, gap = 0;
	ssize_t n;
	FILE *out = fopen(path, "w");

	if (out == NULL)
		fatal("%s", path);
	if (runfile_open(&file, runs_fd, id, &err) == -1)
		fatalx("%s", err.text);
	while ((n = runfile_output_read(&file, &pos, buf, sizeof(buf))) > 0) {
		gap += pos - before - (uint64_t)n;
		before = pos;
		fwrite(buf, 1, (size_t)n, out);
	}
	runfile_close(&file);
	if (fclose(out) != 0)
		fatal("%s", path);
	say("output", id);
	printf(", \"gap\": %llu, \"end\": %llu", (unsigned long long)gap,
	    (unsigned long long)pos);
	say_end();
}

void
drive_tell_state(int runs_fd, const char *id)
{
	static const char *const states[] = {"?", "created", "started", "done"};
	struct runfile file;
	struct err err;

	say("state", id);
	if (runfile_open(&file, runs_fd, id, &err) == -1) {
		say_string("state", "gone");
	} else {
		say_string("state", states[file.state]);
		printf(", \"pid\": %d, \"locked\": %s", (int)file.pid,
		    runfile_lock(&file) == -1 ? "true" : "false");
		if (file.state == RUNFILE_DONE)
			say_result(&file.result);
		runfile_close(&file);
	}
	say_end();
}

static void
say_progress(const char *run, struct wire_reader *body)
{
	say("progress", run);
	printf(", \"done\": %lld", (long long)wire_get_i64(body));
	printf(", \"total\": %lld", (long long)wire_get_i64(body));
	say_string("text", wire_get_str(body));
	say_end();
}

void
drive_tell_worker(struct message *m)
{
	const char *run = wire_get_str(&m->body);
	struct run_result result;

	if (m->type == MSG_RUN_DONE) {
		if (run_result_decode(&result, &m->body) == -1)
			fatalx("malformed result");
		say("done", run);
		say_result(&result);
		say_end();
		return;
	}
	if (m->type == MSG_RUN_PROGRESS) {
		say_progress(run, &m->body);
		return;
	}
	say(m->type == MSG_RUN_HELLO ? "hello" : "started", run);
	printf(", \"started_us\": %lld", (long long)wire_get_i64(&m->body));
	printf(", \"pid\": %u", wire_get_u32(&m->body));
	say_end();
	if (!wire_end(&m->body))
		fatalx("malformed %s", message_name(m->type));
}

void
drive_tell_launcher(struct message *m)
{
	if (m->type == MSG_RUN_REFUSED) {
		say("refused", wire_get_str(&m->body));
		printf(", \"errno\": %d", wire_get_i32(&m->body));
	} else if (m->type == MSG_ROLE_BAD) {
		say("role-bad", NULL);
		printf(", \"role\": %u", wire_get_u8(&m->body));
		wire_get_u8(&m->body);
		say_string("why", wire_get_str(&m->body));
	} else {
		say("ready", NULL);
		say_string("text", wire_get_str(&m->body));
	}
	say_end();
}
