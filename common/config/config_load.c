/* The text of belfry.conf, from a file or not, and what is told of it. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/config_setting.h"
#include "config/ini.h"

static struct config *
parse(const char *path, const char *text, size_t len,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg)
{
	size_t nerrors;
	struct setting_file *file =
	    setting_read(path, text, len, problem, arg, &nerrors);

	if (nerrors == 0)
		return &file->config;
	config_free(&file->config);
	return NULL;
}

struct first_error {
	const char *path;
	struct err *err;
	bool set;
};

static void
keep_first(void *arg, uint32_t line, const char *text)
{
	struct first_error *first = arg;

	if (first->set)
		return;
	first->set = true;
	err_set(first->err, "%s:%u: %s", first->path, line, text);
}

struct config *
config_parse(const char *path, const char *text, size_t len, struct err *err)
{
	struct first_error first = {path, err, false};

	return parse(path, text, len, keep_first, &first);
}

/* The caller frees it. NULL with err, which does not name the file. */
static char *
read_file(const char *path, size_t *len_r, struct err *err)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	char *text = NULL;

	if (fd == -1) {
		err_errno(err, "cannot open the configuration");
		return NULL;
	}
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		err_set(err,
		    "this is a directory; the configuration is a "
		    "text file");
	else if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		err_set(err, "this is not a regular file");
	else if ((text = fd_read_all(fd, INI_FILE_MAX, len_r)) == NULL)
		err_errno(err, "cannot read the configuration");
	fd_close(&fd);
	return text;
}

struct config *
config_load(const char *path, struct err *err)
{
	struct config *config;
	size_t len;
	char *text = read_file(path, &len, err);

	if (text == NULL) {
		err_prefix(err, "%s", path);
		return NULL;
	}
	config = config_parse(path, text, len, err);
	free(text);
	return config;
}

struct config *
config_check(const char *path,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg)
{
	struct config *config;
	struct err err;
	size_t len;
	char *text = read_file(path, &len, &err);

	if (text == NULL) {
		problem(arg, 0, err.text);
		return NULL;
	}
	config = parse(path, text, len, problem, arg);
	free(text);
	return config;
}

char *
config_find_socket(const char *path, struct err *err)
{
	struct first_error first = {path, err, false};
	struct setting_file *file;
	size_t len, nerrors;
	char *text = read_file(path, &len, err), *socket = NULL;

	if (text == NULL) {
		err_prefix(err, "%s", path);
		return NULL;
	}
	err->text[0] = '\0';
	file = setting_read(path, text, len, keep_first, &first, &nerrors);
	/* Without them the socket's default is not known either. */
	if (file->config.run_dir != NULL)
		socket = xstrdup(file->config.socket);
	config_free(&file->config);
	free(text);
	return socket;
}
