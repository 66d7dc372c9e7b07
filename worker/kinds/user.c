/*
 * Asks the name services who a user is, for the master. In a child of the
 * launcher of its own: they load modules, and may wait for a server that does
 * not answer.
 */
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "ipc/packet.h"
#include "kinds/kind.h"
#include "user/user.h"

/* That long they may take. */
#define PATIENCE_S 10

#define ANSWER_FD (STDERR_FILENO + 1)

/* As a program that knows nothing of us expects it. */
static void
set_signals(void)
{
	struct sigaction sa = {.sa_handler = SIG_DFL};
	sigset_t none;

	sigaction(SIGCHLD, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn void
kind_find_user(struct message *message, int fd)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	const char *name = wire_get_str(&message->body);
	const char *group = wire_get_str(&message->body);
	struct user user;

	prctl(PR_SET_NAME, "user", 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* Nothing of the launcher's, whose ends others wait for. */
	if (!wire_ok(&message->body) || dup2(fd, ANSWER_FD) == -1)
		_exit(1);
	close_range(ANSWER_FD + 1, ~0U, 0);
	fd_cloexec(ANSWER_FD, 1);
	set_signals();
	alarm(PATIENCE_S);
	user_look_up(&user, name, group);
	user_encode(&user, &w);
	_exit(packet_send_one(ANSWER_FD, MSG_USER_FOUND, 0, &w, -1) == -1);
}
