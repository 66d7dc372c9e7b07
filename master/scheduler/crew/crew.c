#include "scheduler/crew/crew.h"

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
#include "ipc/lease.h"
#include "schedule/hash.h"
#include "scheduler/clock/due.h"
#include "scheduler/crew/internal.h"

#define PULSE_MS      100
/* How long a start waits for Redis before it takes it for unreachable. */
#define START_WAIT_MS 3000
/* Clocks that are further apart than this are told of. */
#define SKEW_WARN_MS  500
#define TZDATA_MAX    (1 << 20)

int64_t
crew_boot_ms(void)
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
tell_words(struct crew *crew, bool now)
{
	char *words = crew_make_words(crew->master);

	if (crew->words == NULL || strcmp(words, crew->words) != 0)
		cluster_say(crew->cluster, words, now);
	free(crew->words);
	crew->words = words;
}

void
crew_changed(struct master *m)
{
	if (m->crew == NULL || m->phase < MASTER_RUNNING)
		return;
	m->crew->tzdata = tzdata_digest();
	tell_words(m->crew, true);
}

static void
set_ready(struct crew *crew)
{
	if (crew->ready)
		return;
	crew->ready = true;
	master_ready(crew->master);
}

/* A job whose slots are not on their way begins at its mark. */
static void
take_mark(struct crew *crew, struct job *job, const struct cluster_mark *mark)
{
	struct master *m = crew->master;
	int64_t delay_ms;

	if (job->staged > 0 || job->def == NULL || mark->mark_ms == 0)
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
	struct crew *crew;
	size_t n;
	char *names[CLUSTER_MARKS_MAX];
};

static void
marks_cb(const struct cluster_mark *marks, size_t n, void *arg)
{
	struct marks *asked = arg;
	struct crew *crew = asked->crew;
	struct job *job;
	char *at;

	for (size_t i = 0; i < asked->n; i++) {
		at = strpbrk(asked->names[i], "@#");
		if (at != NULL)
			*at = '\0';
		job = jobs_find(&crew->master->jobs, asked->names[i]);
		if (marks != NULL && i < n && job != NULL)
			take_mark(crew, job, &marks[i]);
		free(asked->names[i]);
	}
	crew->marks_left -= asked->n;
	free(asked);
	if (crew->marks_left == 0)
		set_ready(crew);
	master_room(crew->master);
}

/* What the mark of a job is called here. */
static char *
name_of_mark(const struct crew *crew, const struct job *job)
{
	uint32_t count = hosts_count(job->def->options->hosts);

	if (count == HOSTS_ALL)
		return xasprintf(
		    "%s@%s", job->name, crew->master->config->node_name);
	return count == 1 ? xstrdup(job->name) : xasprintf("%s#1", job->name);
}

static void
ask_marks(struct crew *crew)
{
	const struct jobs *jobs = &crew->master->jobs;
	struct marks *marks;
	size_t i = 0;

	if (crew->marks_left > 0)
		return;
	crew->marks_left = jobs->n;
	if (jobs->n == 0)
		set_ready(crew);
	while (i < jobs->n) {
		marks = xcalloc(1, sizeof(*marks));
		marks->crew = crew;
		for (; i < jobs->n && marks->n < CLUSTER_MARKS_MAX; i++)
			marks->names[marks->n++] =
			    name_of_mark(crew, jobs->all[i]);
		cluster_marks(crew->cluster, (const char *const *)marks->names,
		    marks->n, marks_cb, marks);
	}
}

static void
joined(void *arg)
{
	struct crew *crew = arg;

	log_info("cluster %s: joined as node %s, session %s",
	    crew->master->config->cluster.name, crew->master->config->node_name,
	    cluster_incarnation(crew->cluster));
	crew->joined = true;
	crew->told_down = false;
	crew->refused[0] = '\0';
	crew->began_ms = crew->down_ms;
	crew->back_ms = clock_ms();
	crew->down_ms = 0;
	crew_keep_incarnation(crew, true);
	crew_write_lease(crew);
	crew_read_hosts(crew);
	ask_marks(crew);
	launch_pump(crew->master);
}

static void
lost(void *arg)
{
	struct crew *crew = arg;

	log_error("cluster %s: the session is lost; the other hosts take this "
		  "one for dead, %zu runs in progress",
	    crew->master->config->cluster.name,
	    crew->master->runs.count[RUN_RUNNING]);
	crew->joined = false;
	crew->down_ms = clock_ms();
	crew_new_epoch(crew);
	crew_keep_incarnation(crew, false);
}

static void
refused(const char *why, void *arg)
{
	struct crew *crew = arg;

	log_error("cluster %s: %s", crew->master->config->cluster.name, why);
	snprintf(crew->refused, sizeof(crew->refused), "%s", why);
	/* A daemon that is being started does not start. */
	if (!crew->ready && master_restarts(crew->master) == 0)
		exit(1);
}

static void
server_changed(unsigned server, void *arg)
{
	struct crew *crew = arg;
	struct cluster_server s;

	cluster_server(crew->cluster, server, &s);
	if (s.state == CLUSTER_SERVER_JOINING)
		return;
	if (s.state == CLUSTER_SERVER_OK) {
		log_info("redis %s: ok", s.url);
		if (s.warning != NULL)
			log_warn("redis %s: %s", s.url, s.warning);
		crew_tell_tokens(crew);
	} else
		log_warn("redis %s: %s%s%s", s.url,
		    cluster_server_state_name(s.state),
		    s.why[0] != '\0' ? ": " : "", s.why);
}

/* Hosts whose files differ, or whose clock is off: once per change. */
static void
warn_differences(struct crew *crew)
{
	uint64_t told = HASH_INIT;
	char what[64] = "";
	const struct crew_host *own = &crew->hosts[0];

	for (size_t i = 0; i < crew->nhosts; i++) {
		const struct crew_host *h = &crew->hosts[i];

		if (h->jobs != own->jobs || h->tzdata != own->tzdata)
			told = hash_add(told, &i, sizeof(i));
	}
	if (told == crew->told_differ)
		return;
	crew->told_differ = told;
	for (size_t i = 0; i < crew->nhosts; i++) {
		const struct crew_host *h = &crew->hosts[i];

		snprintf(what, sizeof(what), "%s%s%s",
		    h->jobs != own->jobs ? "other jobs" : "",
		    h->jobs != own->jobs && h->tzdata != own->tzdata ? " and " :
								       "",
		    h->tzdata != own->tzdata ? "other time zones" : "");
		if (what[0] != '\0')
			log_warn("cluster: node %s has %s than this one",
			    crew->ranked[i].host.name, what);
	}
}

static void
nodes_changed(void *arg)
{
	struct crew *crew = arg;

	crew_read_hosts(crew);
	warn_differences(crew);
	notify_nodes(crew->master);
}

static void
warn_skew(struct crew *crew)
{
	int64_t skew_ms = cluster_skew_ms(crew->cluster);
	bool is_off = skew_ms > SKEW_WARN_MS || skew_ms < -SKEW_WARN_MS;

	if (is_off && !crew->told_skew)
		log_warn("cluster: this host's clock is %lld ms %s that of "
			 "Redis",
		    (long long)(skew_ms < 0 ? -skew_ms : skew_ms),
		    skew_ms < 0 ? "ahead of" : "behind");
	crew->told_skew = is_off;
}

static void
pulse_cb(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval pulse = {.tv_usec = PULSE_MS * 1000};
	struct crew *crew = arg;
	/* At the start it takes a moment. */
	bool down = crew->ready && !cluster_is_reachable(crew->cluster);

	crew_write_lease(crew);
	tell_words(crew, false);
	crew_read_hosts(crew);
	if (down && !crew->told_down)
		log_error("cluster: no majority of Redis can be reached");
	else if (!down && crew->told_down)
		log_info("cluster: Redis can be reached again");
	if (down && !crew->told_down && crew->down_ms == 0)
		crew->down_ms = clock_ms();
	crew->told_down = down;
	warn_skew(crew);
	evtimer_add(crew->pulse, &pulse);
}

/* Nobody answers: the jobs fire, and when-isolated says what happens. */
static void
arrival_cb(evutil_socket_t fd, short what, void *arg)
{
	struct crew *crew = arg;

	if (crew->ready)
		return;
	log_warn("cluster: Redis has not answered yet, going on without");
	crew->down_ms = crew->master->started_ms;
	set_ready(crew);
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
    .taken = crew_taken,
    .reaped = crew_reaped,
    .owed = crew_owed,
    .message = crew_message,
    .nodes = nodes_changed,
    .server = server_changed,
};

static struct cluster *
make_cluster(struct crew *crew, struct err *err)
{
	const struct config *config = crew->master->config;
	char *urls = xstrdup(config->cluster.redis);
	char *former = crew_read_former(crew->master->runs_dir);
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
	    &settings, &events, crew, crew->master->role->base, err);

	free(urls);
	free(former);
	return cluster;
}

int
crew_init(struct master *m, struct err *err)
{
	struct crew *crew;

	if (m->config->cluster.redis == NULL)
		return 0;
	crew = xcalloc(1, sizeof(*crew));
	crew->master = m;
	crew->cluster = make_cluster(crew, err);
	if (crew->cluster == NULL) {
		free(crew);
		return -1;
	}
	m->crew = crew;
	srandom((unsigned)(clock_us() ^ getpid()));
	m->jobs.shared = true;
	crew_read_epoch(crew);
	crew->pulse = evtimer_new(m->role->base, pulse_cb, crew);
	crew->arrival = evtimer_new(m->role->base, arrival_cb, crew);
	if (crew->pulse == NULL || crew->arrival == NULL)
		fatalx("out of memory");
	return 0;
}

void
crew_start(struct master *m)
{
	const struct timeval patience = {.tv_sec = START_WAIT_MS / 1000};
	struct crew *crew = m->crew;

	crew->tzdata = tzdata_digest();
	crew->words = crew_make_words(m);
	crew_keep_incarnation(crew, false);
	crew_read_hosts(crew);
	cluster_start(crew->cluster, crew->words);
	evtimer_add(crew->arrival, &patience);
	pulse_cb(-1, 0, crew);
}

bool
crew_is_ready(const struct master *m)
{
	return m->crew == NULL || m->crew->ready;
}

void
crew_free(struct master *m)
{
	struct crew *crew = m->crew;

	if (crew == NULL)
		return;
	m->crew = NULL;
	cluster_free(crew->cluster);
	event_free(crew->pulse);
	event_free(crew->arrival);
	crew_letters_free(crew);
	crew_buried_free(crew);
	crew_owed_free(crew);
	free(crew->words);
	free(crew->ranked);
	free(crew->hosts);
	free(crew);
}
