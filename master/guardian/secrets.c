#include "secrets.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/fd.h"
#include "base/mem.h"
#include "token/token.h"

const char *
secrets_path(const struct config *config, enum file_kind kind)
{
	switch (kind) {
	case FILE_TOKENS:
		return config->tokens;
	case FILE_CLIENT_CA:
		return config->tls_client_ca;
	case FILE_CERT:
		return config->tls_cert;
	case FILE_KEY:
		return config->tls_key;
	case FILE_SESSIONS:
		break;
	}
	return NULL;
}

static const char *
key_of(enum file_kind kind)
{
	switch (kind) {
	case FILE_TOKENS:
		return "tokens";
	case FILE_CLIENT_CA:
		return "tls-client-ca";
	case FILE_CERT:
		return "tls-cert";
	case FILE_KEY:
		return "tls-key";
	case FILE_SESSIONS:
		return "sessions";
	}
	return "?";
}

/* A group of those who may read keys is usual, everybody is none. */
static mode_t
forbidden_mode(enum file_kind kind)
{
	if (kind == FILE_TOKENS || kind == FILE_SESSIONS)
		return 077;
	return kind == FILE_KEY ? 027 : 0;
}

/* An empty one of the daemon's user, so that it can be filled while we run. */
static int
make_tokens(int fd, const struct priv_ids *ids)
{
	struct stat st;

	if (geteuid() != 0 || fstat(fd, &st) == -1 || st.st_size > 0 ||
	    st.st_uid != 0)
		return 0;
	return fchown(fd, ids->uid, ids->gid);
}

static int
check_file(int fd, enum file_kind kind, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return err_errno(err, "%s %s", key_of(kind), path);
	if (!S_ISREG(st.st_mode))
		return err_set(
		    err, "%s %s is no regular file", key_of(kind), path);
	if ((st.st_mode & forbidden_mode(kind)) != 0)
		return err_set(err,
		    "%s %s can be read or written by others; chmod %s it",
		    key_of(kind), path, kind == FILE_KEY ? "640" : "600");
	return 0;
}

int
secrets_open(const struct config *config, enum file_kind kind,
    const struct priv_ids *ids, struct err *err)
{
	const char *path = secrets_path(config, kind);
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY, fd;

	if (kind == FILE_TOKENS)
		flags |= O_CREAT;
	fd = priv_open(path, flags, 0600, err);
	if (fd == -1)
		return err_prefix(err, "%s", key_of(kind));
	if (kind == FILE_TOKENS && make_tokens(fd, ids) == -1) {
		err_errno(err, "cannot give %s away", path);
		fd_close(&fd);
	} else if (check_file(fd, kind, path, err) == -1) {
		fd_close(&fd);
	}
	return fd;
}

int
secrets_open_sessions(const struct config *config, struct err *err)
{
	char *path = xasprintf("%s/sessions", config->state_dir);
	int fd = priv_open(path, O_RDWR | O_CREAT | O_NONBLOCK, 0600, err);

	if (fd != -1 && check_file(fd, FILE_SESSIONS, path, err) == -1)
		fd_close(&fd);
	free(path);
	return fd;
}

static void
count_bad(void *arg, unsigned line, const char *text)
{
}

static bool
has_token(int fd)
{
	char *text = fd_read_all(fd, TOKEN_FILE_MAX, NULL);
	struct token_list list = {NULL, 0, 0};
	bool has = false;

	if (text != NULL) {
		token_list_read(&list, text, count_bad, NULL);
		has = list.n > 0;
	}
	token_list_fini(&list);
	free(text);
	return has;
}

static int
check_tokens(const struct config *config, int fd, struct err *err)
{
	char text[ADDRESS_TEXT_MAX];
	struct address a;

	for (unsigned i = 0; config_listen_address(config, i, &a); i++)
		if (!address_is_loopback(&a) && !has_token(fd))
			return err_set(err,
			    "other machines reach %s, and there is no token in "
			    "%s; make one: belfry token add NAME --role admin",
			    address_format(&a, text), config->tokens);
	return 0;
}

int
secrets_check(
    const struct config *config, const struct priv_ids *ids, struct err *err)
{
	int rc = 0, fd;

	for (int kind = FILE_TOKENS; kind <= FILE_KEY && rc == 0; kind++) {
		if (secrets_path(config, (enum file_kind)kind) == NULL)
			continue;
		fd = secrets_open(config, (enum file_kind)kind, ids, err);
		if (fd == -1 ||
		    (kind == FILE_TOKENS &&
			check_tokens(config, fd, err) == -1))
			rc = -1;
		fd_close(&fd);
	}
	return rc;
}
