/*
 * Plugin runs per second of belfry-worker-lib, against loops that do no more
 * than fork and call the function: with the plugin loaded in the child, as
 * belfry must, and without.
 *
 *   bench-plugin BELFRY-WORKER-LIB DIR PLUGIN.so [ROUNDS [RUNS [IN-FLIGHT]]]
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "plugins/belfry-plugin.h"
#include "ways.h"
#include "workers.h"

#define PROCESSES 2 /* of a raw loop */

/* What is to be done at least: a child, its output in a pipe. */
static void
run_child(const char *path)
{
	const struct belfry_plugin *plugin;
	int fds[2], status = 0;
	char text[4096];
	void *object;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1)
		fatal("pipe");
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		if (path == NULL)
			_exit(0);
		object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		plugin = object != NULL ? dlsym(object, "belfry_plugin") : NULL;
		_exit(plugin != NULL ? plugin->run(NULL, NULL) : 1);
	}
	fd_close(&fds[1]);
	while (read(fds[0], text, sizeof(text)) > 0)
		;
	fd_close(&fds[0]);
	if (pid == -1 || waitpid(pid, &status, 0) == -1 || status != 0)
		fatalx("a raw run failed");
}

static void
run_loops(const char *path, int runs)
{
	for (int i = 0; i < PROCESSES; i++) {
		if (fork() != 0)
			continue;
		for (int n = 0; n < runs / PROCESSES; n++)
			run_child(path);
		_exit(0);
	}
	for (int i = 0; i < PROCESSES; i++)
		if (wait(NULL) == -1)
			fatal("wait");
}

static void
run_raw(void *arg, int runs)
{
	run_loops(arg, runs);
}

static void
run_belfry(void *arg, int runs)
{
	workers_run(arg, runs);
}

int
main(int argc, char **argv)
{
	static struct workers workers;
	int rounds = ways_number(argv, argc, 4, 5);
	int runs = ways_number(argv, argc, 5, 2000);
	const char *settings[] = {"plugin=empty", NULL, NULL};
	const struct way ways[] = {
	    {"belfry", run_belfry, &workers},
	    {"raw, loads the plugin", run_raw, argv[3]},
	    {"raw, a bare fork", run_raw, NULL},
	};

	log_init("bench", LOG_LEVEL_INFO, LOG_TARGET_STDERR);
	if (argc < 4)
		fatalx("usage: bench-plugin BELFRY-WORKER-LIB DIR PLUGIN.so "
		       "[ROUNDS [RUNS [IN-FLIGHT]]]");
	settings[1] = xasprintf("plugin-path=%s", argv[3]);
	workers.program = argv[1];
	workers.runs_dir = argv[2];
	workers.nlaunchers = 1;
	workers.in_flight = ways_number(argv, argc, 6, 16);
	workers.spec.kind = KIND_PLUGIN;
	workers.spec.settings = settings;
	workers.spec.settingc = nitems(settings) - 1;
	workers_start(&workers);
	printf("plugin runs per second, a library launcher, output captured, "
	       "%d rounds of %d, %d in flight\n",
	    rounds, runs, workers.in_flight);
	ways_measure(ways, nitems(ways), rounds, runs);
	workers_stop(&workers);
	return 0;
}
