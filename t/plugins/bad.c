/* Plugins that cannot be used: NAME and HOW are given by the build. */
#include <belfry-plugin.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CRASH     1 /* when it is loaded */
#define HANG      2
#define EXIT      3
#define CHATTER   4 /* writes where its description goes */
#define ABI       5 /* of another belfry */
#define OTHER     6 /* another name than its file's */
#define NO_PLUGIN 7
#define FALLBACK  8  /* that its own table does not allow */
#define KEY       9  /* a parameter that is a key of all jobs */
#define SCHEDULE  10 /* that is none */
#define FLOOD     11 /* writes without end */

static void __attribute__((constructor)) at_load(void)
{
	static char junk[4096];

	if (HOW == CRASH)
		raise(SIGSEGV);
	while (HOW == HANG)
		pause();
	if (HOW == EXIT)
		_exit(0);
	memset(junk, 'x', sizeof(junk));
	if (HOW == CHATTER && write(3, junk, sizeof(junk)) == -1)
		return;
	for (int i = 0; HOW == FLOOD && i < 100; i++)
		if (write(3, junk, sizeof(junk)) == -1)
			return;
}

static int
run(struct belfry_run *run, void *state)
{
	puts("it runs");
	return 0;
}

static const struct belfry_param params[] = {
    {HOW == KEY ? "timeout" : "number", BELFRY_INTEGER, 1, 9,
	HOW == FALLBACK ? "10" : "5", "a number", NULL},
    {0},
};

#if HOW == NO_PLUGIN
#define SYMBOL something_else
#else
#define SYMBOL belfry_plugin
#endif

const struct belfry_plugin SYMBOL = {
    .abi = HOW == ABI ? 4711 : BELFRY_PLUGIN_ABI,
    .name = HOW == OTHER ? "nobody" : NAME,
    .help = "cannot be used",
    .schedule = HOW == SCHEDULE ? "every now and then" : NULL,
    .params = params,
    .run = run,
};
