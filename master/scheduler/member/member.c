#include "scheduler/member/member.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "run/lease.h"
#include "schedule/hash.h"
#include "scheduler/clock/due.h"
#include "scheduler/member/internal.h"

#define PULSE_MS      100
/* How long a start waits for Redis before it takes it for unreachable. */
#define START_WAIT_MS 3000
/* Clocks that are further apart than this are told of. */
#define SKEW_WARN_MS  500
#define TZDATA_MAX    (1 << 20)

int64_t
member_boot_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Of the time zones: of the text that all of them are made from. 0: none. */
static uint64_t
tzdata_digest(void)
{
	int fd = open("/usr/share/zoneinfo/tzdata.zi", O_RDONLY | O_CLOEXEC);
	uint64_t digest = 0;
	size_t len = 0;
	char *text = NULL;

	if (fd != -1)
		text = fd_read_all(fd, TZDATA_MAX, &len);
	fd_close(&fd);
	if (text != NULL)
		digest = hash_finish(hash_add(HASH_INIT, text, len));
	free(text);
	return digest;
}

static void
tell_words(struct member *member, bool now)
{
	char *words = member_make_words(member->master);

	if (member->words == NULL || strcmp(words, member->words) != 0)
		cluster_say(member->cluster, words, now);
	free(member->words);
	member->words = words;
}

void
member_changed(struct master *m)
{
	if (m->member == NULL || m->phase < MASTER_RUNNING)
		return;
	m->member->tzdata = tzdata_digest();
	m->member->homes = 0; /* what jobs say of their hosts is new */
	tell_words(m->member, true);
}

static void
set_ready(struct member *member)
{
	if (member->ready)
		return;
	member->ready = true;
	master_ready(member->master);
}

/*
 * A job whose slots are not on their way begins at its mark. The mark of one
 * that nobody has claimed yet, as after Redis forgot, may be later than now: a
 * host that has been deciding slots goes on with the next, for it is told which
 * of those that are not later it has to record.
 */
static void
take_mark(
    struct member *member, struct job *job, const struct cluster_mark *mark)
{
	struct master *m = member->master;
	int64_t delay_ms;

	if (job->staged > 0 || job->def == NULL || mark->mark_ms == 0 ||
	    (member->ready && !mark->claimed && mark->mark_ms >= job->hwm_ms))
		return;
	/* What came due before there was a mark is nobody else's to record. */
	if (mark->fresh && !due_is_delay(job))
		fire_passed(
		    m, job, job->hwm_ms, mark->mark_ms + 1, "redis-down");
	job->hwm_ms = mark->mark_ms;
	if (due_is_delay(job) && mark->due_ms > 0) {
		delay_ms = schedule_interval(job->def->schedules[0]) * 1000;
		if (mark->due_ms - delay_ms > job->last_end_ms)
			job->last_end_ms = mark->due_ms - delay_ms;
	}
	jobs_arm(m, job);
}

/* One question for marks: its jobs by name, for they may go meanwhile. */
struct marks {
	struct member *member;
	size_t n;
	char *names[CLUSTER_MARKS_MAX];
};

static void
marks_cb(const struct cluster_mark *marks, size_t n, void *arg)
{
	struct marks *asked = arg;
	struct member *member = asked->member;
	struct job *job;
	char *at;

	for (size_t i = 0; i < asked->n; i++) {
		at = strpbrk(asked->names[i], "@#");
		if (at != NULL)
			*at = '\0';
		job = jobs_find(&member->master->jobs, asked->names[i]);
		if (marks != NULL && i < n && job != NULL)
			take_mark(member, job, &marks[i]);
		free(asked->names[i]);
	}
	member->marks_left -= asked->n;
	free(asked);
	if (member->marks_left == 0)
		set_ready(member);
	master_room(member->master);
}

/* What the mark of a job is called here. */
static char *
name_of_mark(const struct member *member, const struct job *job)
{
	uint32_t count = hosts_count(job->def->options->hosts);

	if (count == HOSTS_ALL)
		return xasprintf(
		    "%s@%s", job->name, member->master->config->node_name);
	return count == 1 ? xstrdup(job->name) : xasprintf("%s#1", job->name);
}

static void
ask_marks(struct member *member)
{
	const struct jobs *jobs = &member->master->jobs;
	struct marks *marks;
	size_t i = 0;

	if (member->marks_left > 0)
		return;
	member->marks_left = jobs->n;
	if (jobs->n == 0)
		set_ready(member);
	while (i < jobs->n) {
		marks = xcalloc(1, sizeof(*marks));
		marks->member = member;
		for (; i < jobs->n && marks->n < CLUSTER_MARKS_MAX; i++)
			marks->names[marks->n++] =
			    name_of_mark(member, jobs->all[i]);
		cluster_marks(member->cluster,
		    (const char *const *)marks->names, marks->n, marks_cb,
		    marks);
	}
}

/* Redis can be reached, with the session from before or with a new one. */
static void
came_back(struct member *member)
{
	member->told_down = false;
	member->began_ms = member->down_ms;
	member->back_ms = clock_ms();
	member->down_ms = 0;
}

static void
joined(void *arg)
{
	struct member *member = arg;

	log_info("cluster %s: joined as node %s, session %s",
	    member->master->config->cluster.name,
	    member->master->config->node_name,
	    cluster_incarnation(member->cluster));
	member->joined = true;
	member->refused[0] = '\0';
	came_back(member);
	member_keep_incarnation(member, true);
	member_write_lease(member);
	member_read_hosts(member);
	ask_marks(member);
	launch_pump(member->master);
}

static void
lost(void *arg)
{
	struct member *member = arg;

	log_error("cluster %s: the session is lost; the other hosts take this "
		  "one for dead, %zu runs in progress",
	    member->master->config->cluster.name,
	    member->master->runs.count[RUN_RUNNING]);
	member->joined = false;
	if (member->down_ms == 0)
		member->down_ms = clock_ms();
	member_new_epoch(member);
	member_keep_incarnation(member, false);
}

static void
refused(const char *why, void *arg)
{
	struct member *member = arg;

	log_error("cluster %s: %s", member->master->config->cluster.name, why);
	snprintf(member->refused, sizeof(member->refused), "%s", why);
	/* A daemon that is being started does not start. */
	if (!member->ready && master_restarts(member->master) == 0)
		exit(1);
}

static void
server_changed(unsigned server, void *arg)
{
	struct member *member = arg;
	struct cluster_server s;

	cluster_server(member->cluster, server, &s);
	if (s.state == CLUSTER_SERVER_JOINING)
		return;
	if (s.state == CLUSTER_SERVER_OK) {
		log_info("redis %s: ok", s.url);
		if (s.warning != NULL)
			log_warn("redis %s: %s", s.url, s.warning);
		member_tell_tokens(member);
	} else
		log_warn("redis %s: %s%s%s", s.url,
		    cluster_server_state_name(s.state),
		    s.why[0] != '\0' ? ": " : "", s.why);
}

/* Hosts whose files differ, or whose clock is off: once per change. */
static void
warn_differences(struct member *member)
{
	uint64_t told = HASH_INIT;
	char what[64] = "";
	const struct member_host *own = &member->hosts[0];

	for (size_t i = 0; i < member->nhosts; i++) {
		const struct member_host *h = &member->hosts[i];

		if (h->jobs != own->jobs || h->tzdata != own->tzdata)
			told = hash_add(told, &i, sizeof(i));
	}
	if (told == member->told_differ)
		return;
	member->told_differ = told;
	for (size_t i = 0; i < member->nhosts; i++) {
		const struct member_host *h = &member->hosts[i];

		snprintf(what, sizeof(what), "%s%s%s",
		    h->jobs != own->jobs ? "other jobs" : "",
		    h->jobs != own->jobs && h->tzdata != own->tzdata ? " and " :
								       "",
		    h->tzdata != own->tzdata ? "other time zones" : "");
		if (what[0] != '\0')
			log_warn("cluster: node %s has %s than this one",
			    member->ranked[i].host.name, what);
	}
}

static void
nodes_changed(void *arg)
{
	struct member *member = arg;

	member_read_hosts(member);
	warn_differences(member);
	notify_nodes(member->master);
}

static void
warn_skew(struct member *member)
{
	int64_t skew_ms = cluster_skew_ms(member->cluster);
	bool is_off = skew_ms > SKEW_WARN_MS || skew_ms < -SKEW_WARN_MS;

	if (is_off && !member->told_skew)
		log_warn("cluster: this host's clock is %lld ms %s that of "
			 "Redis",
		    (long long)(skew_ms < 0 ? -skew_ms : skew_ms),
		    skew_ms < 0 ? "ahead of" : "behind");
	member->told_skew = is_off;
}

static void
look_redis(struct member *member)
{
	/* At the start it takes a moment. */
	bool down = member->ready && !cluster_is_reachable(member->cluster);

	if (down == member->told_down)
		return;
	if (!down) {
		log_info("cluster: Redis can be reached again");
		came_back(member);
		return;
	}
	log_error("cluster: no majority of Redis can be reached");
	member->told_down = true;
	if (member->down_ms == 0)
		member->down_ms = clock_ms();
}

static void
pulse_cb(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval pulse = {.tv_usec = PULSE_MS * 1000};
	struct member *member = arg;

	member_write_lease(member);
	tell_words(member, false);
	look_redis(member);
	member_read_hosts(member);
	launch_pump(member->master); /* what waited for claims, or Redis */
	member_look_for_homes(member);
	if (member->hands_over)
		member_hand_over(member->master);
	master_check_drained(member->master);
	warn_skew(member);
	evtimer_add(member->pulse, &pulse);
}

/* Nobody answers: the jobs fire, and when-isolated says what happens. */
static void
arrival_cb(evutil_socket_t fd, short what, void *arg)
{
	struct member *member = arg;

	if (member->ready)
		return;
	log_warn("cluster: no majority of Redis takes part yet, going on "
		 "without");
	if (!member->joined)
		member->down_ms = member->master->started_ms;
	set_ready(member);
}

/* Cuts text to pieces. */
static size_t
split_urls(char *text, const char *urls[CLUSTER_SERVERS_MAX])
{
	size_t n = 0;
	char *end;

	for (char *p = text; p != NULL && n < CLUSTER_SERVERS_MAX; p = end) {
		end = strchr(p, '\n');
		if (end != NULL)
			*end++ = '\0';
		urls[n++] = p;
	}
	return n;
}

static const struct cluster_events events = {
    .joined = joined,
    .lost = lost,
    .refused = refused,
    .taken = member_taken,
    .reaped = member_reaped,
    .owed = member_owed,
    .message = member_message,
    .nodes = nodes_changed,
    .server = server_changed,
};

static struct cluster *
make_cluster(struct member *member, struct err *err)
{
	const struct config *config = member->master->config;
	char *urls = xstrdup(config->cluster.redis);
	char *former = member_read_former(member->master->runs_dir);
	const char *list[CLUSTER_SERVERS_MAX];
	const struct cluster_settings settings = {
	    .name = config->cluster.name,
	    .node = config->node_name,
	    .redis = list,
	    .nredis = split_urls(urls, list),
	    .password_file = config->cluster.password_file,
	    .former = *former != '\0' ? former : NULL,
	    .heartbeat_ms = config->cluster.heartbeat_ms,
	    .session_ttl_ms = config->cluster.session_ttl_ms,
	    .lock_delay_ms = config->cluster.lock_delay_ms,
	};
	struct cluster *cluster = cluster_new(
	    &settings, &events, member, member->master->role->base, err);

	free(urls);
	free(former);
	return cluster;
}

int
member_init(struct master *m, struct err *err)
{
	struct member *member;

	if (m->config->cluster.redis == NULL)
		return 0;
	member = xcalloc(1, sizeof(*member));
	member->master = m;
	member->cluster = make_cluster(member, err);
	if (member->cluster == NULL) {
		free(member);
		return -1;
	}
	m->member = member;
	srandom((unsigned)(clock_us() ^ getpid()));
	/* A late answer to a predecessor's question is no answer of ours. */
	member->tickets = (uint64_t)random() << 20;
	m->jobs.shared = true;
	member_read_epoch(member);
	member->pulse = evtimer_new(m->role->base, pulse_cb, member);
	member->arrival = evtimer_new(m->role->base, arrival_cb, member);
	if (member->pulse == NULL || member->arrival == NULL)
		fatalx("out of memory");
	return 0;
}

void
member_start(struct master *m)
{
	const struct timeval patience = {.tv_sec = START_WAIT_MS / 1000};
	struct member *member = m->member;

	member->tzdata = tzdata_digest();
	member->words = member_make_words(m);
	member_keep_incarnation(member, false);
	member_read_hosts(member);
	cluster_start(member->cluster, member->words);
	evtimer_add(member->arrival, &patience);
	pulse_cb(-1, 0, member);
}

bool
member_is_ready(const struct master *m)
{
	return m->member == NULL || m->member->ready;
}

void
member_free(struct master *m)
{
	struct member *member = m->member;

	if (member == NULL)
		return;
	m->member = NULL;
	cluster_free(member->cluster);
	event_free(member->pulse);
	event_free(member->arrival);
	member_letters_free(member);
	member_endings_free(member);
	member_buried_free(member);
	member_owed_free(member);
	free(member->words);
	free(member->ranked);
	free(member->hosts);
	free(member);
}
