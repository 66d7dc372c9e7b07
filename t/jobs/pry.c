/*
 * pry [stop]: tries what is not its business, one "name result" a line: descriptors that
 * it was given, its worker's memory, a signal that stops its worker.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static void
tell(const char *name, int rc)
{
	printf("%s %s\n", name, rc == -1 ? strerror(errno) : "done");
}

int
main(int argc, char **argv)
{
	pid_t worker = getppid();
	char path[64];
	int open_fds = 0;

	for (int fd = 3; fd < 4096; fd++)
		open_fds += write(fd, "x", 1) == 1 || fcntl(fd, F_GETFD) != -1;
	printf("descriptors %d\n", open_fds);
	/* Before the other tries: an attached worker is a stopped one. */
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)worker);
	tell("memory", open(path, O_RDWR));
	snprintf(path, sizeof(path), "/proc/%d/fd/3", (int)worker);
	tell("channel", open(path, O_RDWR));
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)worker);
	tell("environment", open(path, O_RDONLY));
	tell("trace", (int)ptrace(PTRACE_SEIZE, worker, NULL, NULL));
	if (argc > 1 && strcmp(argv[1], "stop") == 0)
		tell("stop", kill(worker, SIGSTOP));
	return 0;
}
