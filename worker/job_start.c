#include "job_start.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/mem.h"
#include "exec_path.h"
#include "job_limit.h"

/* Of ioprio_set(2), for which libc has no header. */
#define IOPRIO_WHO_PROCESS 1

/* libc's own would tell other threads; there is one, in two processes. */
static int
set_ids(struct job_start *start)
{
	const struct run_spec *spec = start->spec;
	uid_t uid = spec->uid;
	gid_t gid = spec->gid;

	start->step = START_GROUPS;
	if (syscall(SYS_setgroups, (size_t)spec->ngroups, spec->groups) == -1)
		return -1;
	start->step = START_GROUP;
	if (syscall(SYS_setresgid, gid, gid, gid) == -1)
		return -1;
	start->step = START_USER;
	if (syscall(SYS_setresuid, uid, uid, uid) == -1)
		return -1;
	return 0;
}

/* Proves that what was given up is gone. */
static int
check_ids(struct job_start *start)
{
	const struct run_spec *spec = start->spec;

	start->step = START_REGAIN;
	errno = EPERM;
	if (spec->uid == 0)
		return 0;
	if (syscall(SYS_setresuid, -1, 0, -1) != -1)
		return -1;
	if (spec->gid != 0 && syscall(SYS_setresgid, -1, 0, -1) != -1)
		return -1;
	return 0;
}

/* The job must not outlive a worker that was killed: nobody would see it. */
static int
tie_to_worker(struct job_start *start)
{
	start->step = START_TIE;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		return -1;
	if (syscall(SYS_getppid) != start->worker) {
		errno = ESRCH;
		return -1;
	}
	return 0;
}

static int
set_files(struct job_start *start)
{
	start->step = START_FILES;
	if (start->input != -1 && dup2(start->input, STDIN_FILENO) == -1)
		return -1;
	if (dup2(start->output, STDOUT_FILENO) == -1 ||
	    dup2(start->errors, STDERR_FILENO) == -1)
		return -1;
	return 0;
}

/* A file without a magic number is a shell script. */
static void
exec_shell(struct job_start *start, char *const *env)
{
	const struct run_spec *spec = start->spec;
	char *const *argv = (char *const *)(uintptr_t)start->shell_argv;

	if (spec->shell[0] == '\0')
		return;
	start->shell_argv[0] = spec->shell;
	start->shell_argv[1] = start->path;
	for (uint32_t i = 1; i <= spec->argc; i++)
		start->shell_argv[i + 1] = spec->argv[i];
	execve(spec->shell, argv, env);
}

/* As execvpe(3): a file that may not be executed counts more than none. */
static int
exec_job(struct job_start *start)
{
	char *const *argv = (char *const *)(uintptr_t)start->spec->argv;
	char *const *env = (char *const *)(uintptr_t)start->env;
	struct exec_path search;
	bool denied = false;

	start->step = START_EXEC;
	exec_path_init(&search, start->spec->argv[0], exec_path_of(start->env));
	errno = ENOENT;
	while (exec_path_next(&search, start->path, sizeof(start->path))) {
		execve(start->path, argv, env);
		if (errno == ENOEXEC)
			exec_shell(start, env);
		if (errno == EACCES)
			denied = true;
		else if (errno != ENOENT && errno != ENOTDIR)
			return -1;
	}
	if (denied)
		errno = EACCES;
	return -1;
}

static int
set_priority(struct job_start *start)
{
	const struct run_spec *spec = start->spec;

	start->step = START_NICE;
	if (spec->nice != 0 && setpriority(PRIO_PROCESS, 0, spec->nice) == -1)
		return -1;
	start->step = START_IONICE;
	if (spec->ionice != 0 &&
	    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, spec->ionice) == -1)
		return -1;
	return 0;
}

int
job_start_enter(struct job_start *start)
{
	const struct run_spec *spec = start->spec;
	sigset_t none;

	start->step = START_SESSION;
	if (setsid() == -1)
		return -1;
	/* What takes privileges stands before the user is changed. */
	if (job_limit_apply(start) == -1 || set_priority(start) == -1)
		return -1;
	if (spec->set_ids && (set_ids(start) == -1 || check_ids(start) == -1))
		return -1;
	start->step = START_NO_NEW_PRIVILEGES;
	if (spec->no_new_privileges &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	if (tie_to_worker(start) == -1 || set_files(start) == -1)
		return -1;
	start->step = START_DIRECTORY;
	if (spec->directory[0] != '\0' && chdir(spec->directory) == -1)
		return -1;
	if (spec->umask != -1)
		umask((mode_t)spec->umask);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	fault_point(FAULT_JOB_BORN);
	return 0;
}

static int
child_main(void *arg)
{
	struct job_start *start = arg;

	if (job_start_enter(start) == 0)
		exec_job(start);
	start->error = errno;
	_exit(127);
}

/* A person's view of what execve(2) said. */
static int
exec_error(const struct job_start *start, struct err *err)
{
	const char *name = start->spec->argv[0], *path;
	struct stat st;

	errno = start->error;
	if (strchr(name, '/') == NULL) {
		path = exec_path_of(start->env);
		return err_set(err, "cannot execute %s: %s (PATH is %s)", name,
		    strerror(start->error),
		    path != NULL ? path : EXEC_PATH_DEFAULT);
	}
	if (stat(name, &st) == 0) {
		if (start->error == EACCES && S_ISDIR(st.st_mode))
			errno = EISDIR;
		else if (start->error == ENOENT)
			return err_set(err,
			    "cannot execute %s: its interpreter is missing",
			    name);
	}
	return err_errno(err, "cannot execute %s", name);
}

int
job_start_error(const struct job_start *start, struct err *err)
{
	const struct run_spec *spec = start->spec;

	errno = start->error;
	switch (start->step) {
	case START_EXEC:
		return exec_error(start, err);
	case START_DIRECTORY:
		return err_errno(
		    err, "cannot enter directory %s", spec->directory);
	case START_NICE:
		return err_errno(err, "cannot set nice to %d", (int)spec->nice);
	case START_IONICE:
		return err_errno(err, "cannot set ionice");
	case START_CGROUP:
		return err_errno(err, "cannot enter its control group");
	case START_LIMIT_CPU:
	case START_LIMIT_MEMORY:
	case START_LIMIT_FILES:
	case START_LIMIT_PROCESSES:
		return job_limit_error(start, err);
	case START_NO_NEW_PRIVILEGES:
		return err_errno(err, "cannot set no-new-privileges");
	case START_GROUPS:
		return err_errno(err, "cannot set supplementary groups");
	case START_GROUP:
		return err_errno(err, "cannot change to group %u", spec->gid);
	case START_USER:
		return err_errno(err, "cannot change to user %u", spec->uid);
	case START_REGAIN:
		return err_set(err,
		    "cannot give up root for user %u: it could be regained",
		    spec->uid);
	case START_SESSION:
		return err_errno(err, "cannot begin a session");
	case START_FILES:
		return err_errno(err, "cannot set up its input and output");
	case START_FORK:
		return err_errno(err, "cannot start a process");
	case START_TIE:
	case START_NONE:
	case START_COUNT:
		break;
	}
	return err_errno(err, "cannot start");
}

pid_t
job_start(struct job_start *start, struct err *err)
{
	char *top = start->stack + sizeof(start->stack);
	pid_t pid;

	start->worker = getpid();
	start->step = START_FORK;
	start->error = 0;
	start->shell_argv =
	    xcalloc((size_t)start->spec->argc + 2, sizeof(const char *));
	pid = clone(child_main, top, CLONE_VM | CLONE_VFORK | SIGCHLD, start);
	if (pid == -1)
		start->error = errno;
	free(start->shell_argv);
	if (start->error == 0)
		return pid;
	if (pid != -1)
		waitpid(pid, NULL, 0); /* it is in _exit() */
	job_start_error(start, err);
	return -1;
}
