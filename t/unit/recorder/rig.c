#include "rig.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "kind.h"

#define WAIT_SECONDS 20

char rig_ready[256];
char rig_bad[256];

/* The parts of a role that belong to belfryd. */
void
role_ready(struct role *role, const char *text)
{
	snprintf(rig_ready, sizeof(rig_ready), "%s", text);
}

void
role_peer_bad(
    struct role *role, enum role_id peer, unsigned index, const char *why)
{
	snprintf(rig_bad, sizeof(rig_bad), "%s: %s", role_name(peer), why);
}

void
role_lock(struct role *role, const char *name)
{
}

static int
remove_cb(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

/* Until it answers questions. */
static void
wait_postgres(struct rig *rig)
{
	time_t end = time(NULL) + WAIT_SECONDS;

	do {
		if (time(NULL) > end)
			fail_msg("%s", strbuf_str(&rig->body));
		rig_ask(rig, "runs", "limit=1");
		rig_wait_answer(rig);
	} while (rig->status == 503);
}

void
rig_settle(struct rig *rig)
{
	const char *path = rig->store_path;
	time_t end = time(NULL) + WAIT_SECONDS;

	while (kind_conninfo() != NULL &&
	    kind_file_number(path, "SELECT count(*) FROM outbox") > 0) {
		rig_turn(rig);
		if (time(NULL) > end)
			fail_msg("the spool does not get empty");
	}
}

static void
start_role(struct rig *rig)
{
	struct err err = {""};

	memset(&rig->role, 0, sizeof(rig->role));
	rig->role.ops = &recorder_role;
	rig->role.config = &rig->config;
	rig->role.base = event_base_new();
	rig->role.loop = channel_loop_new(rig->role.base);
	if (recorder_role.init(&rig->role, &err) == -1)
		fail_msg("%s", err.text);
	recorder_role.start(&rig->role);
	rig_connect_master(rig);
	rig_connect_api(rig);
	if (kind_conninfo() != NULL)
		wait_postgres(rig);
}

void
rig_start(struct rig *rig)
{
	char runs[96];

	memset(rig, 0, sizeof(*rig));
	snprintf(rig->dir, sizeof(rig->dir), "/tmp/t-recorder.XXXXXX");
	assert_non_null(mkdtemp(rig->dir));
	snprintf(rig->store_path, sizeof(rig->store_path), "%s/%s", rig->dir,
	    kind_conninfo() != NULL ? "spool.db" : "belfry.db");
	snprintf(runs, sizeof(runs), "%s/runs", rig->dir);
	assert_int_equal(mkdir(runs, 0700), 0);
	rig->runs_fd = open(runs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rig->config.state_dir = rig->dir;
	rig->config.store_path = rig->store_path;
	rig->config.store_conninfo = kind_conninfo();
	if (kind_conninfo() != NULL)
		rig->config.store_type = STORE_POSTGRES;
	kind_clean();
	rig->config.node_name = "here";
	rig->master = rig->api = -1;
	rig->in = xmalloc(sizeof(*rig->in));
	packet_in_init(rig->in);
	rig_bad[0] = '\0';
	start_role(rig);
}

void
rig_stop(struct rig *rig)
{
	fd_close(&rig->master);
	fd_close(&rig->api);
	recorder_role.orphaned(&rig->role);
	channel_loop_free(rig->role.loop);
	event_base_free(rig->role.base);
}

void
rig_restart(struct rig *rig)
{
	start_role(rig);
}

void
rig_fini(struct rig *rig)
{
	rig_stop(rig);
	fd_close(&rig->runs_fd);
	packet_in_fini(rig->in);
	free(rig->in);
	strbuf_fini(&rig->state);
	strbuf_fini(&rig->body);
	nftw(rig->dir, remove_cb, 8, FTW_DEPTH | FTW_PHYS);
}

static int
connect_peer(struct rig *rig, enum role_id peer)
{
	int fds[2];

	assert_int_equal(
	    socketpair(
		AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds),
	    0);
	recorder_role.peer(&rig->role, peer, 0, fds[0]);
	return fds[1];
}

void
rig_connect_master(struct rig *rig)
{
	fd_close(&rig->master);
	rig->master = connect_peer(rig, ROLE_MASTER);
	rig->recorded = 0;
	rig->master_closed = false;
}

void
rig_connect_api(struct rig *rig)
{
	fd_close(&rig->api);
	rig->api = connect_peer(rig, ROLE_API);
	rig->api_closed = false;
}

static void
hear_state(struct rig *rig, struct message *m)
{
	struct record_job job;
	struct record_retry retry;
	struct record_pause pause;

	if (m->type == MSG_STATE_JOB) {
		assert_int_equal(record_job_decode(&job, &m->body), 0);
		strbuf_addf(&rig->state,
		    "job %s memo=%s hwm=%ld end=%ld run=%s %s success=%ld "
		    "failures=%ld\n",
		    job.job, job.memo, (long)job.hwm_ms, (long)job.last_end_ms,
		    job.last_run, outcome_name(job.last_outcome),
		    (long)job.last_success_ms, (long)job.failures);
	} else if (m->type == MSG_STATE_RETRY) {
		assert_int_equal(record_retry_decode(&retry, &m->body), 0);
		strbuf_addf(&rig->state,
		    "retry %s %s slot=%ld attempt=%d due=%ld\n", retry.run,
		    retry.job, (long)retry.slot_ms, (int)retry.attempt,
		    (long)retry.due_ms);
	} else if (m->type == MSG_STATE_PAUSE) {
		assert_int_equal(record_pause_decode(&pause, &m->body), 0);
		strbuf_addf(&rig->state, "pause %s by %s %ld-%ld: %s\n",
		    pause.job, pause.who, (long)pause.since_ms,
		    (long)pause.until_ms, pause.reason);
	} else {
		strbuf_addf(&rig->state, "open %s\n", wire_get_str(&m->body));
	}
}

static void
hear_master(struct rig *rig, struct message *m)
{
	if (m->type == MSG_RECORDED) {
		rig->recorded = wire_get_u64(&m->body);
		rig->acks++;
	} else if (m->type == MSG_STATE_END) {
		rig->state_end = true;
	} else {
		hear_state(rig, m);
	}
}

static void
hear_api(struct rig *rig, struct message *m)
{
	const void *p;
	size_t n;

	/* What an answer that was given up had sent before. */
	if (m->id != rig->ask_id) {
		rig->strays++;
		return;
	}
	assert_false(rig->answered);
	if (m->type == MSG_ANSWER_BEGIN) {
		assert_int_equal(rig->status, 0);
		rig->status = wire_get_u16(&m->body);
		snprintf(
		    rig->type, sizeof(rig->type), "%s", wire_get_str(&m->body));
	} else if (m->type == MSG_ANSWER_DATA) {
		p = wire_get_bytes(&m->body, &n);
		strbuf_add(&rig->body, p, n);
	} else {
		if (m->body.len > 0)
			snprintf(rig->next, sizeof(rig->next), "%s",
			    wire_get_str(&m->body));
		rig->answered = true;
	}
	assert_true(wire_end(&m->body));
}

/* False: nothing there. */
static bool
hear(struct rig *rig, int fd, enum role_id self,
    void (*cb)(struct rig *rig, struct message *m), bool *closed)
{
	struct message m;
	struct err err = {""};
	int rc;

	if (fd == -1 || *closed)
		return false;
	rc = packet_receive(fd, rig->in);
	if (rc == -1)
		return false;
	if (rc == 0) {
		*closed = true;
		return false;
	}
	while ((rc = packet_next(rig->in, ROLE_RECORDER, self, &m, &err)) == 1)
		cb(rig, &m);
	if (rc == -1)
		fail_msg("%s", err.text);
	return true;
}

void
rig_turn(struct rig *rig)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	event_base_loop(rig->role.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	while (hear(
	    rig, rig->master, ROLE_MASTER, hear_master, &rig->master_closed))
		;
	if (!hear(rig, rig->api, ROLE_API, hear_api, &rig->api_closed))
		nanosleep(&pause, NULL);
}

void
rig_send(struct rig *rig, uint16_t type, uint64_t seq, struct wire_writer *w)
{
	while (packet_send_one(rig->master, type, seq, w, -1) == -1) {
		assert_int_equal(errno, EAGAIN);
		rig_turn(rig);
	}
	if (w != NULL)
		wire_writer_fini(w);
}

void
rig_begin(struct rig *rig, uint64_t seq, const struct run_begin *begin)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	run_begin_encode(begin, &w);
	rig_send(rig, MSG_RECORD_BEGIN, seq, &w);
}

void
rig_end(struct rig *rig, uint64_t seq, const struct record_end *end)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	record_end_encode(end, &w);
	rig_send(rig, MSG_RECORD_END, seq, &w);
}

void
rig_wait_recorded(struct rig *rig, uint64_t seq)
{
	time_t end = time(NULL) + WAIT_SECONDS;

	while (rig->recorded < seq) {
		rig_turn(rig);
		if (time(NULL) > end)
			fail_msg("recorded %lu, not %lu",
			    (unsigned long)rig->recorded, (unsigned long)seq);
	}
}

void
rig_ask(struct rig *rig, const char *verb, const char *args)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	char *copy = xstrdup(args), *rest = copy, *value;
	char *part[16];
	uint32_t n = 0;

	while (n < 16 && (part[n] = strsep(&rest, "&")) != NULL &&
	    *part[n] != '\0')
		n++;
	wire_put_str(&w, verb);
	wire_put_str(&w, "uid 0");
	wire_put_u32(&w, n);
	for (uint32_t i = 0; i < n; i++) {
		value = strchr(part[i], '=');
		assert_non_null(value);
		*value++ = '\0';
		wire_put_str(&w, part[i]);
		wire_put_str(&w, value);
	}
	wire_put_str(&w, "socket");
	free(copy);
	rig->ask_id++;
	rig->status = 0;
	rig->answered = false;
	rig->next[0] = rig->type[0] = '\0';
	strbuf_reset(&rig->body);
	assert_int_equal(
	    packet_send_one(rig->api, MSG_ASK, rig->ask_id, &w, -1), 0);
	wire_writer_fini(&w);
}

void
rig_wait_answer(struct rig *rig)
{
	time_t end = time(NULL) + WAIT_SECONDS;

	while (!rig->answered) {
		rig_turn(rig);
		if (time(NULL) > end)
			fail_msg(
			    "no answer to %lu", (unsigned long)rig->ask_id);
	}
}

json_t *
rig_json(struct rig *rig, int status, const char *verb, const char *args)
{
	json_error_t error;
	json_t *json;

	rig_ask(rig, verb, args);
	rig_wait_answer(rig);
	json = json_loadb(rig->body.s, rig->body.len, 0, &error);
	if (json == NULL)
		fail_msg("%s: %s", error.text, strbuf_str(&rig->body));
	if (rig->status != status)
		fail_msg("%d: %s", rig->status, strbuf_str(&rig->body));
	assert_string_equal(rig->type, "application/json");
	return json;
}

const char *
rig_text(struct rig *rig, const char *verb, const char *args)
{
	rig_ask(rig, verb, args);
	rig_wait_answer(rig);
	if (rig->status != 200)
		fail_msg("%d: %s", rig->status, strbuf_str(&rig->body));
	return strbuf_str(&rig->body);
}

struct run_begin
rig_run(const char *job, int n)
{
	struct run_begin begin = {
	    .host = "here",
	    .slot_ms = 1000000000LL + n * 1000LL,
	    .due_ms = 1000000000LL + n * 1000LL,
	    .attempt = 1,
	    .trigger = TRIGGER_SCHEDULE,
	    .created_ms = 1000000000LL + n * 1000LL,
	    .output_limit = 1 << 20,
	};

	snprintf(begin.id, sizeof(begin.id), "01k3%012d", n);
	snprintf(begin.job, sizeof(begin.job), "%s", job);
	return begin;
}

struct record_end
rig_result(const struct run_begin *begin)
{
	struct record_end end = {
	    .begin = *begin,
	    .result =
		{
		    .outcome = OUTCOME_SUCCESS,
		    .exit_code = 0,
		    .started_us = begin->due_ms * 1000 + 2500,
		    .finished_us = begin->due_ms * 1000 + 502500,
		    .duration_us = 500000,
		    .cpu_us = 12000,
		    .max_rss_kb = 2048,
		},
	};

	return end;
}

static void
open_file(
    struct rig *rig, const struct run_begin *begin, struct runfile *file_r)
{
	struct err err;

	assert_int_equal(
	    runfile_open(file_r, rig->runs_fd, begin->id, &err), 0);
}

void
rig_file(struct rig *rig, const struct run_begin *begin,
    struct runfile_output *out, const char *text)
{
	struct runfile file;

	assert_int_equal(runfile_create(rig->runs_fd, begin), 0);
	open_file(rig, begin, &file);
	assert_int_equal(
	    runfile_set_started(&file, begin->due_ms * 1000 + 2500, getpid()),
	    0);
	runfile_output_init(out, &file);
	runfile_output_write(out, text, strlen(text));
	runfile_close(&file);
}

void
rig_write(struct rig *rig, const struct run_begin *begin,
    struct runfile_output *out, const void *p, size_t n)
{
	struct runfile file;

	open_file(rig, begin, &file);
	out->fd = file.fd;
	runfile_output_write(out, p, n);
	runfile_close(&file);
}

bool
rig_has_file(struct rig *rig, const struct run_begin *begin)
{
	struct runfile file;
	struct err err;

	if (runfile_open(&file, rig->runs_fd, begin->id, &err) == -1)
		return false;
	runfile_close(&file);
	return true;
}
