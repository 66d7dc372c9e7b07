/* A job that is a program: see job_start.h. */
#include "kinds/kind.h"
#include "worker.h"

static pid_t
start_command(struct worker *w, struct err *err)
{
	return job_start(&w->start, err);
}

const struct kind kind_command = {start_command, NULL};
