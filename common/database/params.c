#include "database/params.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* Like ssh's keys and libpq's own password file. */
static int
check_mode(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return err_errno(err, "password-file %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(
		    err, "password-file %s is no regular file", path);
	if ((st.st_mode & 077) != 0)
		return err_set(err,
		    "password-file %s can be read by others; chmod 600 it",
		    path);
	return 0;
}

static int
read_password(struct database_params *params, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n = -1;

	if (fd == -1)
		return err_errno(err, "cannot open password-file %s", path);
	if (check_mode(fd, path, err) == 0) {
		n = read(fd, params->password, sizeof(params->password) - 1);
		if (n == -1)
			err_errno(err, "cannot read password-file %s", path);
	}
	fd_close(&fd);
	if (n == -1)
		return -1;
	params->password[n] = '\0';
	params->password[strcspn(params->password, "\r\n")] = '\0';
	if (params->password[0] == '\0')
		return err_set(err,
		    "password-file %s: the first line is empty; it is to be "
		    "the password",
		    path);
	return 0;
}

int
database_params_init(struct database_params *params, const char *conninfo,
    const char *password_file, const char *application, struct err *err)
{
	size_t n = 0;

	memset(params, 0, sizeof(*params));
	params->keywords[n] = "fallback_application_name";
	params->values[n++] = application;
	/* A dead peer is found out, in a minute and not in two hours. */
	params->keywords[n] = "keepalives_idle";
	params->values[n++] = "30";
	params->keywords[n] = "keepalives_interval";
	params->values[n++] = "10";
	params->keywords[n] = "keepalives_count";
	params->values[n++] = "3";
	params->keywords[n] = "connect_timeout";
	params->values[n++] = "10";
	params->keywords[n] = "dbname";
	params->values[n++] = conninfo;
	params->keywords[n] = "client_encoding";
	params->values[n++] = "UTF8";
	if (password_file == NULL)
		return 0;
	if (read_password(params, password_file, err) == -1) {
		database_params_fini(params);
		return -1;
	}
	params->keywords[n] = "password";
	params->values[n++] = params->password;
	return 0;
}

void
database_params_fini(struct database_params *params)
{
	explicit_bzero(params->password, sizeof(params->password));
}

void
database_error(struct err *err, const char *message)
{
	static const char *const prefixes[] = {"ERROR:  ", "FATAL:  "};
	char line[sizeof(err->text)];
	size_t n = 0;

	for (size_t i = 0; i < 2; i++)
		if (strncmp(message, prefixes[i], 8) == 0)
			message += 8;
	while (*message != '\0' && n < sizeof(line) - 1) {
		char c = *message++;

		if (c == '\n' || c == '\t')
			c = ' ';
		if (c != ' ' || (n > 0 && line[n - 1] != ' '))
			line[n++] = c;
	}
	while (n > 0 && line[n - 1] == ' ')
		n--;
	line[n] = '\0';
	err_set(err, "%s", n > 0 ? line : "the server gave no reason");
}
