/* Who asks for the description of a plugin: the master, or "belfry check". */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "host.h"
#include "ipc/packet.h"
#include "kinds/kind.h"

/* Children are to be waited for, which the launcher has switched off. */
static void
set_signals(void)
{
	struct sigaction sa = {.sa_handler = SIG_DFL};

	sigaction(SIGCHLD, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

_Noreturn void
kind_describe(struct message *message, int fd)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct plugin_ask ask;

	setpgid(0, 0);
	prctl(PR_SET_NAME, "plugin", 0, 0, 0);
	set_signals();
	ask.name = wire_get_str(&message->body);
	ask.path = wire_get_str(&message->body);
	ask.set_ids = wire_get_u8(&message->body);
	ask.uid = wire_get_u32(&message->body);
	ask.gid = wire_get_u32(&message->body);
	if (!wire_ok(&message->body))
		_exit(1);
	/* Nothing of the launcher's, whose ends others wait for. */
	if (dup2(fd, STDERR_FILENO + 1) == -1)
		_exit(1);
	close_range(STDERR_FILENO + 2, ~0U, 0);
	fd_cloexec(STDERR_FILENO + 1, 1);
	plugin_describe(&ask, &w);
	_exit(packet_send_one(
		  STDERR_FILENO + 1, MSG_PLUGIN_DESCRIBED, 0, &w, -1) == -1);
}

int
kind_describe_main(int argc, char **argv)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct plugin_ask ask = {0};

	if (argc != 4 && argc != 6) {
		fprintf(stderr,
		    "usage: belfry-worker-lib describe NAME PATH [UID GID]\n");
		return 2;
	}
	ask.name = argv[2];
	ask.path = argv[3];
	if (argc == 6) {
		ask.set_ids = true;
		ask.uid = (uint32_t)strtoul(argv[4], NULL, 10);
		ask.gid = (uint32_t)strtoul(argv[5], NULL, 10);
	}
	set_signals();
	plugin_describe(&ask, &w);
	fwrite(w.p, 1, w.len, stdout);
	return fflush(stdout) == EOF;
}
