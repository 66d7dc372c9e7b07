#include "run/outcome.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

static const char *const outcome_names[] = {
    [OUTCOME_NONE] = "running",
    [OUTCOME_SUCCESS] = "success",
    [OUTCOME_FAILURE] = "failure",
    [OUTCOME_TIMEOUT] = "timeout",
    [OUTCOME_KILLED] = "killed",
    [OUTCOME_LOST] = "lost",
    [OUTCOME_LAUNCH_FAILED] = "launch-failed",
    [OUTCOME_SKIPPED] = "skipped",
    [OUTCOME_MISSED] = "missed",
};
_Static_assert(nitems(outcome_names) == OUTCOME_COUNT, "outcome unnamed");

static const char *const trigger_names[] = {
    [TRIGGER_SCHEDULE] = "schedule",
    [TRIGGER_MANUAL] = "manual",
    [TRIGGER_RETRY] = "retry",
    [TRIGGER_AFTER] = "after",
    [TRIGGER_CATCH_UP] = "catch-up",
    [TRIGGER_QUEUE] = "queue",
};
_Static_assert(nitems(trigger_names) == TRIGGER_COUNT, "trigger unnamed");

const char *
outcome_name(enum outcome outcome)
{
	return outcome < OUTCOME_COUNT ? outcome_names[outcome] : "?";
}

int
outcome_parse(const char *name)
{
	for (size_t i = 0; i < nitems(outcome_names); i++)
		if (strcmp(outcome_names[i], name) == 0)
			return (int)i;
	return -1;
}

const char *
trigger_name(enum trigger trigger)
{
	return trigger < TRIGGER_COUNT ? trigger_names[trigger] : "?";
}

int
trigger_parse(const char *name)
{
	for (size_t i = 0; i < nitems(trigger_names); i++)
		if (strcmp(trigger_names[i], name) == 0)
			return (int)i;
	return -1;
}

/* Our own table: sigabbrev_np() drags locales into a static worker. */
static const struct {
	int number;
	const char *name;
} signals[] = {
    {SIGHUP, "HUP"},
    {SIGINT, "INT"},
    {SIGQUIT, "QUIT"},
    {SIGILL, "ILL"},
    {SIGTRAP, "TRAP"},
    {SIGABRT, "ABRT"},
    {SIGBUS, "BUS"},
    {SIGFPE, "FPE"},
    {SIGKILL, "KILL"},
    {SIGUSR1, "USR1"},
    {SIGSEGV, "SEGV"},
    {SIGUSR2, "USR2"},
    {SIGPIPE, "PIPE"},
    {SIGALRM, "ALRM"},
    {SIGTERM, "TERM"},
    {SIGCHLD, "CHLD"},
    {SIGCONT, "CONT"},
    {SIGSTOP, "STOP"},
    {SIGTSTP, "TSTP"},
    {SIGTTIN, "TTIN"},
    {SIGTTOU, "TTOU"},
    {SIGURG, "URG"},
    {SIGXCPU, "XCPU"},
    {SIGXFSZ, "XFSZ"},
    {SIGVTALRM, "VTALRM"},
    {SIGPROF, "PROF"},
    {SIGWINCH, "WINCH"},
    {SIGIO, "IO"},
    {SIGPWR, "PWR"},
    {SIGSYS, "SYS"},
};

const char *
signal_name(int number)
{
	for (size_t i = 0; i < nitems(signals); i++)
		if (signals[i].number == number)
			return signals[i].name;
	return "?";
}

int
signal_parse(const char *name)
{
	char *end;
	long n;

	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (size_t i = 0; i < nitems(signals); i++)
		if (strcasecmp(signals[i].name, name) == 0)
			return signals[i].number;
	n = strtol(name, &end, 10);
	if (end == name || *end != '\0' || n < 1 || n > 64)
		return -1;
	return (int)n;
}
