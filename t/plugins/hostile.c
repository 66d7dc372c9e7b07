/*
 * A plugin that does what no plugin should, where the parameter "how" says.
 */
#include <belfry-plugin.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *how = "";

static void
do_it(const char *where)
{
	size_t n = strlen(where);

	if (strlen(how) <= n || strcmp(how + strlen(how) - n, where) != 0)
		return;
	if (strncmp(how, "crash-", 6) == 0)
		raise(SIGSEGV);
	if (strncmp(how, "exit-", 5) == 0)
		exit(0);
	if (strncmp(how, "quit-", 5) == 0)
		_exit(0);
	while (strncmp(how, "hang-", 5) == 0)
		pause();
	if (strncmp(how, "close-", 6) == 0)
		close_range(0, ~0U, 0);
}

static void
leak(void)
{
	char *p;

	for (int i = 0; i < 64; i++) {
		p = malloc(1 << 20);
		if (p != NULL)
			memset(p, i, 1 << 20);
	}
	for (int i = 0; i < 200; i++)
		if (open("/dev/null", O_RDONLY) == -1)
			break;
}

/* A process that outlives us, as far as it can. */
static void
leave_daemon(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		setsid();
		signal(SIGTERM, SIG_IGN);
		for (;;)
			pause();
	}
	printf("left %d\n", (int)pid);
}

static void __attribute__((destructor)) at_unload(void)
{
	do_it("unload");
}

static int
init(struct belfry_run *run, void **state_r)
{
	how = belfry_text(run, "how");
	do_it("init");
	*state_r = strdup(how);
	return strcmp(how, "fail-init") == 0 ? 3 : 0;
}

static int
run(struct belfry_run *run, void *state)
{
	belfry_log(run, BELFRY_INFO, "how is %s", (const char *)state);
	belfry_result(run, "how", "%s", how);
	do_it("run");
	if (strcmp(how, "leak") == 0)
		leak();
	if (strcmp(how, "leave-daemon") == 0)
		leave_daemon();
	if (strcmp(how, "fail-run") == 0)
		return belfry_fail(run, "nothing is as it should be") + 6;
	if (strcmp(how, "ask-unknown") == 0)
		return (int)belfry_integer(run, "unheard-of");
	return 0;
}

static void
fini(struct belfry_run *run, void *state)
{
	do_it("fini");
	free(state);
}

static const struct belfry_param params[] = {
    {"how", BELFRY_TEXT, 0, 40, "", "what it does, and where", NULL},
    {0},
};

const struct belfry_plugin belfry_plugin = {
    .abi = BELFRY_PLUGIN_ABI,
    .name = "hostile",
    .help = "does harm to itself",
    .params = params,
    .init = init,
    .run = run,
    .fini = fini,
};
