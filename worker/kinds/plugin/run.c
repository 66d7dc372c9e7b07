/* From the first to the last step of a plugin's run, in its own process. */
#include "run.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fault.h"
#include "host.h"

#define EXIT_PLUGIN 1 /* it was not come to its own code */

/* For the handler: there is one run in a process. */
static struct belfry_run *current;

static void
cancel_cb(int signal)
{
	const uint64_t one = 1;
	int saved = errno;
	char error[256];
	ssize_t n;

	current->cancelled = 1;
	n = write(current->cancel_fd, &one, sizeof(one));
	(void)n;
	if (current->cancel != NULL) /* made for signal handlers */
		PQcancel(current->cancel, error, sizeof(error));
	errno = saved;
}

/* The signal that asks a job to end is what a plugin can ask for. */
static int
catch_cancel(struct belfry_run *run, struct err *err)
{
	struct sigaction sa = {.sa_handler = cancel_cb};

	current = run;
	run->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (run->cancel_fd == -1)
		return err_errno(err, "cannot make an eventfd");
	/* No SA_RESTART: what waits for long is to look up. */
	sigaction(run->spec->kill_signal, &sa, NULL);
	return 0;
}

static int
prepare(struct belfry_run *run, struct err *err)
{
	const char *name = run_spec_setting(run->spec, PLUGIN_KEY_NAME);
	const char *path = run_spec_setting(run->spec, PLUGIN_KEY_PATH);

	if (name == NULL || path == NULL)
		return err_set(err, "the job names no plugin");
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (catch_cancel(run, err) == -1)
		return -1;
	inside_doing(run->note, "loading the plugin");
	if (plugin_load(run, name, path, err) == -1)
		return err_prefix(err, "plugin %s", name);
	fault_point(FAULT_JOB_PLUGIN_LOADED);
	return plugin_values(run, err);
}

/* The exit code of the run; what is no code of a failure becomes one. */
static int
code_of(int rc)
{
	return rc == 0 ? 0 : rc > 0 && rc < 256 ? rc : EXIT_PLUGIN;
}

static int
call(struct belfry_run *run)
{
	const struct belfry_plugin *plugin = run->plugin;
	void *state = NULL;
	int rc = 0;

	inside_doing(run->note, "in init");
	if (plugin->init != NULL)
		rc = plugin->init(run, &state);
	if (rc != 0)
		return rc;
	inside_doing(run->note, "in run");
	rc = plugin->run(run, state);
	inside_doing(run->note, "in fini");
	if (plugin->fini != NULL)
		plugin->fini(run, state);
	return rc;
}

int
plugin_run(void *arg, struct inside_note *note)
{
	const struct plugin_job *job = arg;
	struct belfry_run run = {
	    .spec = job->spec,
	    .database = job->database,
	    .lock = job->lock,
	    .note = note,
	    .cancel_fd = -1,
	};
	struct err err;
	int rc;

	if (prepare(&run, &err) == -1) {
		inside_tell(note, OUTCOME_LAUNCH_FAILED, "%s", err.text);
		return EXIT_PLUGIN;
	}
	rc = call(&run);
	plugin_lock_release(run.lock);
	plugin_disconnect(&run);
	fflush(NULL);
	/* Its destructors are part of its run. */
	inside_doing(note, "unloading the plugin");
	dlclose(run.object);
	fflush(NULL);
	inside_doing(note, "");
	return code_of(rc);
}
