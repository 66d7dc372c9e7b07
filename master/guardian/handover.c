#include "handover.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/version.h"
#include "guardian.h"
#include "ipc/wire.h"

#define SIZE_MAX_READ ((size_t)64 << 10)
#define NFDS_FIXED    7
#define NFDS          (NFDS_FIXED + CONFIG_LISTEN_MAX)

/* In the order of the fields. */
static void
each_string(struct handover *h, char **strings[5])
{
	strings[0] = &h->state_dir;
	strings[1] = &h->run_dir;
	strings[2] = &h->socket;
	strings[3] = &h->user;
	strings[4] = &h->group;
}

static void
each_fd(struct handover *h, int *fds[NFDS])
{
	fds[0] = &h->listeners.workers_fd;
	fds[1] = &h->listeners.api_fd;
	fds[2] = &h->lock_fd;
	fds[3] = &h->config_fd;
	fds[4] = &h->exe_fd;
	fds[5] = &h->programs.worker_fd;
	fds[6] = &h->programs.library_fd;
	for (size_t i = NFDS_FIXED; i < NFDS; i++)
		fds[i] = &h->listeners.tcp_fds[i - NFDS_FIXED];
}

const char *
handover_listen(const struct config *config)
{
	return config->listen != NULL ? config->listen : "";
}

void
handover_init(struct handover *h)
{
	int *fds[NFDS];

	memset(h, 0, sizeof(*h));
	each_fd(h, fds);
	for (size_t i = 0; i < NFDS; i++)
		*fds[i] = -1;
}

void
handover_fini(struct handover *h)
{
	char **strings[5];
	int *fds[NFDS];

	each_string(h, strings);
	for (size_t i = 0; i < nitems(strings); i++)
		free(*strings[i]);
	free(h->from);
	free(h->self);
	free(h->error);
	free(h->listen);
	each_fd(h, fds);
	for (size_t i = 0; i < NFDS; i++)
		fd_close(fds[i]);
	handover_init(h);
}

static void
encode(const struct handover *handover, struct wire_writer *w)
{
	struct handover copy = *handover;
	char **strings[5];
	int *fds[NFDS];

	wire_put_u32(w, HANDOVER_VERSION);
	wire_put_str(w, copy.from);
	wire_put_str(w, copy.self);
	wire_put_u32(w, copy.attempt);
	wire_put_str(w, copy.error);
	wire_put_u8(w, copy.drain);
	each_string(&copy, strings);
	for (size_t i = 0; i < nitems(strings); i++)
		wire_put_str(w, *strings[i]);
	each_fd(&copy, fds);
	for (size_t i = 0; i < NFDS_FIXED; i++)
		wire_put_i32(w, *fds[i]);
	wire_put_str(w, copy.listen);
	for (size_t i = NFDS_FIXED; i < NFDS; i++)
		wire_put_i32(w, *fds[i]);
}

/* Descriptors are not checked here: numbers only. */
static void
decode(struct handover *h, struct wire_reader *r)
{
	char **strings[5];
	int *fds[NFDS];

	h->from = xstrdup(wire_get_str(r));
	h->self = xstrdup(wire_get_str(r));
	h->attempt = wire_get_u32(r);
	h->error = xstrdup(wire_get_str(r));
	h->drain = wire_get_u8(r);
	each_string(h, strings);
	for (size_t i = 0; i < nitems(strings); i++)
		*strings[i] = xstrdup(wire_get_str(r));
	each_fd(h, fds);
	for (size_t i = 0; i < NFDS_FIXED; i++)
		*fds[i] = wire_get_i32(r);
	if (r->pos == r->len) { /* of one that had no TCP */
		h->listen = xstrdup("");
		return;
	}
	h->listen = xstrdup(wire_get_str(r));
	for (size_t i = NFDS_FIXED; i < NFDS; i++)
		*fds[i] = wire_get_i32(r);
}

/* A memfd with the text of it. -1 with err. */
static int
write_down(const struct handover *handover, struct err *err)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	int fd = memfd_create("belfry-handover", MFD_CLOEXEC);

	encode(handover, &w);
	if (fd == -1 || fd_pwrite_all(fd, w.p, w.len, 0) == -1) {
		err_errno(err, "cannot write what is handed over");
		fd_close(&fd);
	}
	wire_writer_fini(&w);
	return fd;
}

static int
set_inherited(const struct handover *handover, bool inherited)
{
	struct handover copy = *handover;
	int *fds[NFDS];

	each_fd(&copy, fds);
	for (size_t i = 0; i < NFDS; i++)
		if (*fds[i] != -1 && fd_cloexec(*fds[i], !inherited) == -1)
			return -1;
	return 0;
}

/* The descriptor to be closed when nothing came of it. */
static int
leave(const struct handover *handover, struct err *err)
{
	char number[16];
	int fd = write_down(handover, err);

	if (fd == -1)
		return -1;
	snprintf(number, sizeof(number), "%d", fd);
	if (fd_cloexec(fd, 0) == -1 || set_inherited(handover, true) == -1 ||
	    setenv(HANDOVER_VARIABLE, number, 1) == -1) {
		err_errno(err, "cannot hand over");
		fd_close(&fd);
	}
	return fd;
}

int
handover_leave(const struct handover *handover, struct err *err)
{
	return leave(handover, err) == -1 ? -1 : 0;
}

static void
make_argv(const char *argv[10], const struct handover *handover,
    const char *config_path, const char *pid_path,
    const struct guardian_options *options)
{
	size_t n = 0;

	argv[n++] = handover->self;
	argv[n++] = "-c";
	argv[n++] = config_path;
	argv[n++] = "-p";
	argv[n++] = pid_path;
	if (options->foreground)
		argv[n++] = "-f";
	if (options->log_level != -1) {
		argv[n++] = "-l";
		argv[n++] = log_level_name((enum log_level)options->log_level);
	}
	argv[n] = NULL;
}

int
handover_execute(const char *program, const struct handover *handover,
    const char *config_path, const char *pid_path,
    const struct guardian_options *options, struct err *err)
{
	const char *argv[10];
	sigset_t all, old;
	int fd = leave(handover, err);

	if (fd == -1)
		return -1;
	make_argv(argv, handover, config_path, pid_path, options);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	execv(program, (char *const *)(uintptr_t)argv);
	err_errno(err, "cannot execute %s", program);
	sigprocmask(SIG_SETMASK, &old, NULL);
	unsetenv(HANDOVER_VARIABLE);
	set_inherited(handover, false);
	fd_close(&fd);
	return -1;
}

bool
handover_is_there(void)
{
	return getenv(HANDOVER_VARIABLE) != NULL;
}

static int
read_text(int fd, struct handover *h, struct err *err)
{
	struct wire_reader r;
	uint32_t version;
	size_t len;
	char *text;

	if (lseek(fd, 0, SEEK_SET) == -1 ||
	    (text = fd_read_all(fd, SIZE_MAX_READ, &len)) == NULL)
		return err_errno(err, "cannot read what is handed over");
	wire_reader_init(&r, text, len);
	version = wire_get_u32(&r);
	if (version <= HANDOVER_VERSION)
		decode(h, &r);
	free(text);
	if (version > HANDOVER_VERSION)
		return err_set(err,
		    "belfryd %s cannot take over from a newer one: handover "
		    "version %u, it knows up to %d; stop and start instead",
		    belfry_version(), version, HANDOVER_VERSION);
	if (!wire_ok(&r) || set_inherited(h, false) == -1)
		return err_set(err, "what is handed over is malformed");
	return 0;
}

int
handover_take(struct handover *h, struct err *err)
{
	const char *number = getenv(HANDOVER_VARIABLE);
	int fd = number != NULL ? (int)strtol(number, NULL, 10) : -1, rc;

	handover_init(h);
	if (fd < 3)
		return err_set(err, "nothing is handed over");
	rc = read_text(fd, h, err);
	fd_close(&fd);
	unsetenv(HANDOVER_VARIABLE);
	return rc;
}

int
handover_check(
    const struct handover *h, const struct config *config, struct err *err)
{
	const struct {
		const char *key, *was, *is;
	} fixed[] = {
	    {"state-dir", h->state_dir, config->state_dir},
	    {"run-dir", h->run_dir, config->run_dir},
	    {"socket", h->socket, config->socket},
	    {"user", h->user, config->user},
	    {"group", h->group, config->group},
	    {"listen", h->listen, handover_listen(config)},
	};

	for (size_t i = 0; i < nitems(fixed); i++)
		if (strcmp(fixed[i].was, fixed[i].is) != 0)
			return err_set(err,
			    "%s changed from \"%s\" to \"%s\": that needs a "
			    "restart",
			    fixed[i].key, fixed[i].was, fixed[i].is);
	return 0;
}

int
handover_return(struct handover *h, const char *why, const char *config_path,
    const char *pid_path, const struct guardian_options *options,
    struct err *err)
{
	char program[32];

	free(h->error);
	h->error = xstrdup(why);
	snprintf(program, sizeof(program), "/proc/self/fd/%d", h->exe_fd);
	return handover_execute(
	    program, h, config_path, pid_path, options, err);
}
