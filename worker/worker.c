#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "job_input.h"
#include "job_limit.h"
#include "kinds/kind.h"
#include "mail.h"
#include "run/lease.h"
#include "verdict.h"
#include "worker_loop.h"

/*
 * A job that ends so soon is told of once, as started and done: most jobs
 * are short, and a packet less is a wake-up of the master less.
 */
#define QUICK_NS 5000000

/* How often, and how long each time, a locked run file is waited for. */
#define CLAIM_TRIES   200
#define CLAIM_WAIT_US 5000

/* How much less than its CPU limit a process may seem to have used. */
#define CPU_SLACK_US 500000

/* A result that neither file nor master takes is worth that many seconds. */
#define KEEP_TRYING_S 60

static int64_t
realtime_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/*
 * Off from the launcher: a group of its own, and none of the descriptors of
 * other runs, whose ends somebody waits for. Not a session: signals are
 * blocked, a terminal cannot reach us, and a session costs a scheduling group.
 */
static int
leave_launcher(int fd)
{
	struct sigaction sa = {.sa_handler = SIG_DFL};

	setpgid(0, 0);
	sigaction(SIGCHLD, &sa, NULL); /* the launcher lets it be ignored */
	if (dup3(fd, WORKER_MASTER_FD, O_CLOEXEC) == -1)
		return -1;
	return close_range(WORKER_SIGNAL_FD + 1, ~0U, 0);
}

/* The run's name in ps. */
static void
set_title(const char *job)
{
	char title[16] = "run:";
	size_t n = strnlen(job, sizeof(title) - 5);

	memcpy(title + 4, job, n);
	prctl(PR_SET_NAME, title, 0, 0, 0);
}

/* Whether a file that somebody has locked may still become ours. */
static bool
may_be_ours(const struct worker *w)
{
	struct runfile file;
	bool waits;

	if (runfile_open(&file, WORKER_RUNS_FD, w->spec.id, NULL) == -1)
		return false;
	waits = file.state == RUNFILE_CREATED;
	runfile_close(&file);
	return waits;
}

/*
 * Makes the run ours, or not: whoever holds the lock and found CREATED after
 * that is the only one. Who has it before may be gone in a moment: a worker
 * that was launched for the place's last run once too often, or a master that
 * looks at what it found.
 */
static bool
claim_run(struct worker *w, const char *runs_dir)
{
	struct err err;

	for (int i = 0; i < CLAIM_TRIES; i++) {
		if (runfile_open_locked(
			&w->file, WORKER_RUNS_FD, w->spec.id, &err) == 0)
			return w->file.state == RUNFILE_CREATED;
		if (errno == ENOENT &&
		    runfile_renew_dir(WORKER_RUNS_FD, runs_dir) == 1)
			continue;
		if (errno != EWOULDBLOCK) {
			log_error("%s", err.text);
			return false;
		}
		if (!may_be_ours(w))
			return false;
		usleep(CLAIM_WAIT_US);
	}
	log_warn("run %s: %s", w->spec.id, err.text);
	return false;
}

/*
 * Decides what holds which limit. Root is not bound by RLIMIT_NPROC: a limit
 * that does not hold is none.
 */
static int
prepare_limits(struct worker *w, const struct cgroup_base *cgroups)
{
	const struct run_limits *want = &w->spec.limits;
	struct run_limits *left = &w->start.limits;
	uid_t uid = w->spec.set_ids ? w->spec.uid : getuid();

	*left = *want;
	if (run_cgroup_make(
		&w->cgroup, cgroups, w->spec.id, left, &w->failure) == -1)
		return -1;
	w->start.cgroup = w->cgroup.procs;
	if (left->processes != 0 && uid == 0)
		return err_set(&w->failure,
		    "limit-processes does not hold for root without a "
		    "control group; see cgroup in belfry.conf(5)");
	if (want->memory != 0)
		log_debug("run %s: limit-memory by %s", w->spec.id,
		    left->memory == 0 ? "control group" : "RLIMIT_AS");
	if (want->processes != 0)
		log_debug("run %s: limit-processes by %s", w->spec.id,
		    left->processes == 0 ? "control group" : "RLIMIT_NPROC");
	return 0;
}

/* Where the job's output goes: to us, or straight to our caller's. */
static int
make_output(struct worker *w)
{
	int fds[2];

	if (w->foreground) {
		w->start.output = STDOUT_FILENO;
		w->start.errors = STDERR_FILENO;
		return 0;
	}
	if (pipe2(fds, O_CLOEXEC) == -1)
		return err_errno(&w->failure, "cannot make a pipe");
	w->pipe = fds[0];
	w->start.output = w->start.errors = fds[1];
	fd_nonblock(w->pipe);
	return 0;
}

static void
close_output(struct worker *w)
{
	if (!w->foreground)
		fd_close(&w->start.output);
}

/* What must be there before the job may begin. */
static int
prepare(struct worker *w)
{
	w->start.spec = &w->spec;
	w->start.env = job_input_env(&w->spec, &w->failure);
	if (w->start.env == NULL)
		return -1;
	w->start.input = job_input_open(&w->spec, &w->failure);
	if (w->start.input == -1 && w->failure.text[0] != '\0')
		return -1;
	if (tree_adopt() == -1)
		return err_errno(&w->failure, "cannot watch over processes");
	return make_output(w);
}

static int
note_started(struct worker *w, pid_t pid)
{
	if (w->foreground)
		return 0;
	return runfile_set_started(&w->file, w->report.started_us, pid);
}

/*
 * Starts the job. STARTED is in the file first: if all of us die in between,
 * the run is taken for lost, never run twice.
 */
static int
start_job(struct worker *w, const struct cgroup_base *cgroups)
{
	pid_t pid;

	if (w->spec.refusal[0] != '\0')
		return err_set(&w->failure, "%s", w->spec.refusal);
	if (kind_of(w->spec.kind) == NULL)
		return err_set(&w->failure,
		    "this launcher knows no jobs of kind %d", w->spec.kind);
	if (prepare_limits(w, cgroups) == -1 || prepare(w) == -1)
		return -1;
	if (w->spec.lease_epoch != 0 &&
	    !lease_holds(WORKER_RUNS_FD, w->spec.lease_epoch, worker_now_us(),
		&w->lease_us)) {
		close_output(w);
		return err_set(&w->failure,
		    "the lease of this host ran out before it started");
	}
	w->report.started_us = realtime_us();
	w->begin_us = worker_now_us();
	if (note_started(w, 0) == -1) {
		close_output(w);
		return err_errno(&w->failure, "cannot write the run file");
	}
	fault_point(FAULT_WORKER_STARTED_WRITTEN);
	pid = kind_of(w->spec.kind)->start(w, &w->failure);
	close_output(w);
	fd_close(&w->start.input);
	if (pid == -1)
		return -1;
	fault_point(FAULT_WORKER_JOB_STARTED);
	tree_init(&w->tree, pid, w->cgroup.kill);
	w->report.pid = pid;
	w->result.started_us = w->report.started_us;
	return 0;
}

/* True when all is over within a moment. */
static bool
is_quick(struct worker *w)
{
	struct timespec wait = {0, QUICK_NS};
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigtimedwait(&child, NULL, &wait);
	tree_reap(&w->tree);
	return tree_is_empty(&w->tree);
}

static void
watch_job(struct worker *w)
{
	if (is_quick(w))
		return;
	if (note_started(w, w->report.pid) == -1)
		log_warn("run %s: cannot write its pid", w->spec.id);
	report_started(&w->report);
	fault_point(FAULT_WORKER_STARTED_TOLD);
	if (w->spec.timeout_ms > 0)
		w->deadline_us = w->begin_us + w->spec.timeout_ms * 1000;
	worker_loop(w);
}

/* By a clock that is finer than the one of the limit. */
static bool
is_cpu_used_up(const struct worker *w)
{
	return w->tree.main_cpu_us + CPU_SLACK_US >=
	    job_limit_cpu_hard_s(&w->spec) * 1000000;
}

static void
fill_result(struct worker *w)
{
	struct run_result *r = &w->result;
	struct verdict verdict = {
	    .failure = w->failure.text,
	    .ended = w->tree.ended,
	    .status = w->tree.status,
	    .forced = w->forced,
	    .kill_why = w->kill_why,
	    .timeout_ms = w->spec.timeout_ms,
	    .left = w->left,
	    .stubborn = w->stubborn,
	    .output_error = w->output.error,
	    .told = w->inside.told,
	    .reason = w->inside.reason,
	    .doing = w->inside.doing,
	    .cut_short = w->inside.cut_short,
	    .success = &w->spec.success,
	    .limits = w->spec.limits,
	    .cpu_used_up = is_cpu_used_up(w),
	    .memory_exceeded = run_cgroup_exceeded_memory(&w->cgroup),
	    .forks_refused = run_cgroup_refused_forks(&w->cgroup),
	};

	r->finished_us = realtime_us();
	if (r->started_us != 0)
		r->duration_us = worker_now_us() - w->begin_us;
	r->cpu_us = w->tree.cpu_us;
	r->max_rss_kb = w->tree.max_rss_kb;
	r->output_bytes = w->output.total;
	r->dropped_bytes = runfile_output_dropped(&w->output);
	verdict_apply(&verdict, r);
}

/*
 * To the file first, for good; then to the master, for speed. One of the two
 * is enough. The lock goes with the result: who hears of it may give the
 * file to another run at once.
 */
static void
hand_over(struct worker *w)
{
	bool kept = false, told = false;

	for (int i = 0; i < KEEP_TRYING_S; i++) {
		kept = runfile_set_done(&w->file, &w->result) == 0;
		fault_point(FAULT_WORKER_DONE_WRITTEN);
		if (!kept)
			log_error("run %s: cannot write its result: %s",
			    w->spec.id, strerror(errno));
		if (kept) /* its place may soon be another run's */
			runfile_close(&w->file);
		fault_point(FAULT_WORKER_UNLOCKED);
		told = report_done(&w->report, &w->result);
		fault_point(FAULT_WORKER_DONE_TOLD);
		if (kept || told)
			return;
		if (w->report.fd != -1)
			report_lost(&w->report, 0);
		sleep(1);
		report_retry(&w->report, INT64_MAX);
	}
}

void
worker_do(struct worker *w, const struct cgroup_base *cgroups)
{
	if (start_job(w, cgroups) == 0) {
		watch_job(w);
		worker_drain(w);
		fault_point(FAULT_WORKER_EXIT_SEEN);
		if (kind_of(w->spec.kind)->finish != NULL)
			kind_of(w->spec.kind)->finish(w);
	}
	fill_result(w);
	run_cgroup_remove(&w->cgroup);
}

void
worker_init(struct worker *w)
{
	set_title(w->spec.job);
	/* No job of our own user looks into our memory and descriptors. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	w->pipe = w->timer = w->start.input = w->start.cgroup = -1;
	run_cgroup_init(&w->cgroup);
	inside_init(&w->inside);
}

_Noreturn void
worker_run(struct worker *w, struct message *message, int fd,
    const struct worker_setup *setup)
{
	int mail;

	fault_point(FAULT_WORKER_BORN);
	if (leave_launcher(fd) == -1) {
		log_error("cannot set up a worker: %s", strerror(errno));
		_exit(1);
	}
	if (run_spec_decode(&w->spec, &message->body) == -1) {
		log_error("malformed specification of a run");
		_exit(1);
	}
	worker_init(w);
	if (!claim_run(w, setup->runs_dir))
		_exit(0);
	fault_point(FAULT_WORKER_CLAIMED);
	runfile_output_init(&w->output, &w->file);
	report_init(&w->report, WORKER_MASTER_FD, setup->socket, w->spec.id);
	worker_do(w, &setup->cgroups);
	mail = mail_prepare(w); /* the run file will soon be another's */
	hand_over(w);
	mail_send(w, mail);
	_exit(0);
}
