/*
 * Holds a mutex as its standard input says, one word a line, and answers each
 * with a line. Seconds are milliseconds here.
 *
 *   mutex NAME EXPIRY TRIES FAIL_FAST VALUE REDIS...
 *
 *   lock | try | extend | unlock   the result, and the fence or the error
 *   left                           ms until it is not ours; 0
 *   watch | unwatch                good; watch prints "lost" when it is
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "mutex/mutex.h"

static int lost_fd = -1;

static void
say(enum mutex_result result, const struct mutex *m, const struct err *err)
{
	if (result == MUTEX_GOOD)
		printf("good %llu\n", (unsigned long long)mutex_fence(m));
	else
		printf("%s %s\n", mutex_result_name(result), err->text);
}

static void
do_line(struct mutex *m, const char *line)
{
	struct err err = {""};
	int64_t left;

	if (strcmp(line, "lock") == 0) {
		say(mutex_lock(m, &err), m, &err);
	} else if (strcmp(line, "try") == 0) {
		say(mutex_try_lock(m, &err), m, &err);
	} else if (strcmp(line, "extend") == 0) {
		say(mutex_extend(m, &err), m, &err);
	} else if (strcmp(line, "unlock") == 0) {
		say(mutex_unlock(m, &err), m, &err);
	} else if (strcmp(line, "watch") == 0) {
		lost_fd = mutex_watch(m, &err);
		printf("%s\n", lost_fd != -1 ? "good" : err.text);
	} else if (strcmp(line, "unwatch") == 0) {
		mutex_unwatch(m);
		printf("good\n");
	} else {
		left = mutex_until_ms(m);
		left = left != 0 ? left - mutex_now_ms() : 0;
		printf("%lld\n", (long long)left);
	}
}

int
main(int argc, char **argv)
{
	struct redis_url *urls[MUTEX_SERVERS_MAX];
	struct mutex_options options = {
	    .servers = (const struct redis_url *const *)urls};
	struct pollfd fds[2] = {{.fd = 0, .events = POLLIN}};
	struct err err = {""};
	struct mutex *m;
	char line[64];

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0);
	options.name = argv[1];
	options.expiry_ms = atoi(argv[2]);
	options.tries = (unsigned)atoi(argv[3]);
	options.fail_fast = strcmp(argv[4], "1") == 0;
	options.value = argv[5][0] != '\0' ? argv[5] : NULL;
	for (int i = 6; i < argc; i++)
		urls[options.nservers++] = redis_url_parse(argv[i], &err);
	m = mutex_new(&options, &err);
	if (m == NULL) {
		printf("error %s\n", err.text);
		return 2;
	}
	for (;;) {
		fds[1] = (struct pollfd){.fd = lost_fd, .events = POLLIN};
		poll(fds, 2, -1);
		if (fds[1].revents != 0) {
			printf("lost\n");
			lost_fd = -1;
		} else if (fgets(line, sizeof(line), stdin) == NULL) {
			break;
		} else {
			line[strcspn(line, "\n")] = '\0';
			do_line(m, line);
		}
	}
	mutex_free(m);
	for (size_t i = 0; i < options.nservers; i++)
		redis_url_free(urls[i]);
	return 0;
}
