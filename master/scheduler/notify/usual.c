/*
 * How long a run of a job usually takes, for notify-too-long = auto: asked of
 * the recorder when a run has been running for a while, once for each run.
 */
#include "scheduler/notify/internal.h"

/* Nobody is disturbed for less. */
#define LEAST_MS 2000

int64_t
notify_usual_ms(struct run *run, int64_t running_ms)
{
	struct master *m = run->master;

	if (run->usual_ms > 0)
		return run->usual_ms;
	if (run->usual_ms < 0 || running_ms < LEAST_MS || m->recorder == NULL)
		return 0;
	/* No answer yet, or none that says how long. */
	run->usual_ms = -1;
	wire_writer_reset(&m->scratch);
	wire_put_str(&m->scratch, run->begin.id);
	wire_put_str(&m->scratch, run->job->name);
	channel_send(m->recorder, MSG_USUAL_ASK, 0, &m->scratch, -1);
	return 0;
}

int
notify_usual(struct master *m, struct message *message)
{
	const char *id = wire_get_str(&message->body);
	int64_t ms = wire_get_i64(&message->body);
	struct run *run;

	if (!wire_ok(&message->body))
		return -1;
	run = runs_find(&m->runs, id);
	if (run != NULL && ms > 0)
		run->usual_ms = ms < LEAST_MS ? LEAST_MS : ms;
	return 0;
}
