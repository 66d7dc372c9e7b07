/* A plugin that uses all that it is given, and says so. */
#include <belfry-plugin.h>

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Waits for the end that somebody asks for. */
static int
wait_for_end(struct belfry_run *run)
{
	struct pollfd p = {.fd = belfry_cancel_fd(run), .events = POLLIN};

	belfry_log(run, BELFRY_INFO, "it waits");
	belfry_progress(run, 3, 10, "%s", "rows of some");
	while (!belfry_cancelled(run))
		poll(&p, 1, -1);
	belfry_log(
	    run, BELFRY_WARNING, "asked to end, readable: %d", poll(&p, 1, 0));
	return belfry_fail(run, "it gave up in good order");
}

static int
say(struct belfry_run *run, void *state)
{
	belfry_log(run, BELFRY_DEBUG, "text %s", belfry_text(run, "text"));
	belfry_log(run, BELFRY_INFO, "count %" PRId64,
	    belfry_integer(run, "max-count"));
	belfry_log(
	    run, BELFRY_WARNING, "share %g", belfry_number(run, "share"));
	belfry_log(run, BELFRY_ERROR, "flag %" PRId64 "\nage %" PRId64,
	    belfry_integer(run, "flag"), belfry_integer(run, "age"));
	printf("size %" PRId64 " word %s\n", belfry_integer(run, "size"),
	    belfry_text(run, "word"));
	printf("job %s run %s attempt %d fence %" PRIu64 "\n", belfry_job(run),
	    belfry_run_id(run), belfry_attempt(run), belfry_fence(run));
	belfry_result(run, "rows", "%d", 1);
	belfry_result(run, "rows", "%d", 42);
	belfry_result(run, "said", "%s", belfry_text(run, "text"));
	if (belfry_result(run, "Bad name", "x") != -1 ||
	    belfry_result(run, "big", "%01190d", 1) != -1)
		return belfry_fail(run, "what has no room was taken");
	return 0;
}

static int
run(struct belfry_run *run, void *state)
{
	if (strcmp(belfry_text(run, "word"), "wait") == 0)
		return wait_for_end(run);
	return say(run, state);
}

static const struct belfry_param params[] = {
    {"text", BELFRY_TEXT, 0, 100, NULL, "must be given", NULL},
    {"max-count", BELFRY_INTEGER, 1, 100, "7", "a number", NULL},
    {"share", BELFRY_NUMBER, 0, 1, "0.5", "a part", NULL},
    {"flag", BELFRY_FLAG, 0, 0, "yes", "or no", NULL},
    {"age", BELFRY_DURATION, 1000, 3600000, "1m", "how long", NULL},
    {"size", BELFRY_SIZE, 0, 1 << 20, "64K", "how much", NULL},
    {"word", BELFRY_WORD, 0, 0, "one", "which", "one two wait"},
    {0},
};

const struct belfry_plugin belfry_plugin = {
    .abi = BELFRY_PLUGIN_ABI,
    .name = "gentle",
    .help = "says what it is given",
    .schedule = "@every 1d",
    .params = params,
    .run = run,
};
