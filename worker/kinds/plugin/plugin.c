/* The plugin kind: a function of a shared object instead of a program. */
#include "kinds/inside.h"
#include "kinds/kind.h"
#include "run.h"
#include "worker.h"

#include <sys/wait.h>

static pid_t
start_plugin(struct worker *w, struct err *err)
{
	return inside_start(w, plugin_run, &w->spec, err);
}

/* exit(0) in the middle is no success. */
static void
finish_plugin(struct worker *w)
{
	inside_finish(w);
	w->inside.cut_short = !w->inside.note->returned && w->tree.ended &&
	    WIFEXITED(w->tree.status) && w->failure.text[0] == '\0';
}

const struct kind kind_plugin = {start_plugin, finish_plugin};
