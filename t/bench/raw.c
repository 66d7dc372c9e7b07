#include "raw.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

struct request {
	uint64_t id;
	char command[248];
};

struct answer {
	uint64_t id;
	int status;
	uint32_t output;
};

#define RAW_PROCESSES_MAX 16

static char *const no_env[] = {NULL};

static uint32_t
read_all(int fd)
{
	char buf[4096];
	uint32_t total = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		total += (uint32_t)n;
	close(fd);
	return total;
}

static void
work(int sock)
{
	struct request request;
	struct answer answer = {0};
	char *argv[] = {request.command, NULL};
	posix_spawn_file_actions_t actions;
	int fds[2];
	pid_t pid;

	if (recv(sock, &request, sizeof(request), 0) <= 0 ||
	    pipe2(fds, O_CLOEXEC) == -1)
		_exit(1);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDERR_FILENO);
	if (posix_spawn(&pid, argv[0], &actions, NULL, argv, no_env) != 0)
		_exit(1);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	answer.output = read_all(fds[0]);
	waitpid(pid, &answer.status, 0);
	answer.id = request.id;
	send(sock, &answer, sizeof(answer), MSG_NOSIGNAL);
	_exit(0);
}

static void
one_worker(const char *job)
{
	struct request request = {.id = 7};
	struct answer answer;
	size_t len = strlen(job) + 1;
	int sv[2];
	pid_t pid;

	if (len > sizeof(request.command) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		fatal("socketpair");
	memcpy(request.command, job, len);
	pid = fork();
	if (pid == 0) {
		close(sv[0]);
		work(sv[1]);
	}
	close(sv[1]);
	if (pid == -1 || send(sv[0], &request, sizeof(request), 0) == -1 ||
	    recv(sv[0], &answer, sizeof(answer), 0) != sizeof(answer))
		fatal("worker");
	close(sv[0]);
	waitpid(pid, NULL, 0);
}

static void
one_vfork(const char *job)
{
	char *argv[] = {(char *)(uintptr_t)job, NULL};
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1)
		fatal("pipe");
	pid = vfork();
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		execve(job, argv, no_env);
		_exit(127);
	}
	if (pid == -1)
		fatal("vfork");
	close(fds[1]);
	read_all(fds[0]);
	waitpid(pid, NULL, 0);
}

void
raw_run(enum raw_way way, const char *job, int n, int processes)
{
	pid_t pids[RAW_PROCESSES_MAX];
	int status;

	if (processes > RAW_PROCESSES_MAX)
		fatalx("too many processes");
	for (int p = 0; p < processes; p++) {
		pids[p] = fork();
		if (pids[p] != 0)
			continue;
		for (int i = 0; i < n / processes; i++)
			way == RAW_WORKER ? one_worker(job) : one_vfork(job);
		_exit(0);
	}
	for (int p = 0; p < processes; p++)
		if (waitpid(pids[p], &status, 0) == -1 || status != 0)
			fatalx("a raw loop failed");
}
