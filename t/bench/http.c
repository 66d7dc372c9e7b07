/*
 * http runs per second of belfry-worker-lib, against loops that do no more than
 * fork and ask the same server with libcurl.
 *
 *   bench-http BELFRY-WORKER-LIB DIR [ROUNDS [RUNS [IN-FLIGHT]]]
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "ways.h"
#include "workers.h"

#define PROCESSES 2 /* of a raw loop, and of the server */

static void
answer(int fd)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n"
				   "Connection: close\r\n\r\nhello\n";
	char request[4096];

	if (read(fd, request, sizeof(request)) > 0 &&
	    write(fd, text, sizeof(text) - 1) == -1)
		log_warn("the server cannot answer");
}

static _Noreturn void
serve(int listener)
{
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd == -1)
			continue;
		answer(fd);
		close(fd);
	}
}

/* A server that costs next to nothing; its port. */
static int
start_server(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || bind(fd, (struct sockaddr *)&sin, len) == -1 ||
	    listen(fd, 1024) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
		fatal("cannot listen");
	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0)
			serve(fd);
	fd_close(&fd);
	return ntohs(sin.sin_port);
}

static size_t
write_cb(char *p, size_t size, size_t n, void *arg)
{
	return write(STDOUT_FILENO, p, size * n) == -1 ? 0 : size * n;
}

/* What is to be done at least: a child that asks, into a pipe. */
static _Noreturn void
ask(const char *url, int output)
{
	CURL *curl = curl_easy_init();

	dup2(output, STDOUT_FILENO);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, write_cb);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, write_cb);
	_exit(curl_easy_perform(curl) == CURLE_OK ? 0 : 1);
}

static int
run_child(const char *url)
{
	char text[4096];
	int fds[2], status = 0;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1)
		fatal("pipe");
	pid = fork();
	if (pid == 0)
		ask(url, fds[1]);
	fd_close(&fds[1]);
	while (read(fds[0], text, sizeof(text)) > 0)
		;
	fd_close(&fds[0]);
	if (pid == -1 || waitpid(pid, &status, 0) == -1 || status != 0)
		fatalx("a raw run failed");
	return 0;
}

/* With a process in between, as every run of belfry has its worker. */
static void
run_worker(const char *url)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(run_child(url));
	if (pid == -1 || waitpid(pid, &status, 0) == -1 || status != 0)
		fatalx("a raw run failed");
}

static void
run_loops(const char *url, int runs, bool worker)
{
	for (int i = 0; i < PROCESSES; i++) {
		if (fork() != 0)
			continue;
		for (int n = 0; n < runs / PROCESSES; n++) {
			if (worker)
				run_worker(url);
			else
				run_child(url);
		}
		_exit(0);
	}
	for (int i = 0; i < PROCESSES; i++)
		if (wait(NULL) == -1)
			fatal("wait");
}

static void
run_raw(void *arg, int runs)
{
	run_loops(arg, runs, false);
}

static void
run_raw_worker(void *arg, int runs)
{
	run_loops(arg, runs, true);
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
	int rounds = ways_number(argv, argc, 3, 5);
	int runs = ways_number(argv, argc, 4, 1000);
	char *url = xasprintf("http://127.0.0.1:%d/", start_server());
	char *line = xasprintf("http=GET %s", url);
	const char *settings[] = {line, "http-expect-status=2xx",
	    "http-follow=0", "http-connect-timeout=10s", "http-read-timeout=1m",
	    "http-verify=yes", NULL};
	const struct way ways[] = {
	    {"belfry", run_belfry, &workers},
	    {"raw, a worker a run", run_raw_worker, url},
	    {"raw, no worker", run_raw, url},
	};

	log_init("bench", LOG_LEVEL_INFO, LOG_TARGET_STDERR);
	if (argc < 3)
		fatalx("usage: bench-http BELFRY-WORKER-LIB DIR "
		       "[ROUNDS [RUNS [IN-FLIGHT]]]");
	workers.program = argv[1];
	workers.runs_dir = argv[2];
	workers.nlaunchers = 1;
	workers.in_flight = ways_number(argv, argc, 5, 16);
	workers.spec.kind = KIND_HTTP;
	workers.spec.settings = settings;
	workers.spec.settingc = nitems(settings) - 1;
	workers_start(&workers);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	printf("http runs per second, a library launcher, output captured, "
	       "%d rounds of %d, %d in flight\n",
	    rounds, runs, workers.in_flight);
	ways_measure(ways, 3, rounds, runs);
	workers_stop(&workers);
	free(line);
	free(url);
	return 0;
}
