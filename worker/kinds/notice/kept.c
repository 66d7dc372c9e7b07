#include "kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/strbuf.h"

/* Its head, and a little more than worker/mail.c takes of the output. */
#define MAIL_MAX (9U << 20)

/* The first line, once some have it. */
#define LEFT "X-Belfry-Left"

static char *
read_file(const char *path, size_t *len_r, time_t *when_r)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	char *text = NULL;

	if (fd != -1 && fstat(fd, &st) == 0) {
		text = fd_read_all(fd, MAIL_MAX, len_r);
		*when_r = st.st_mtime;
	}
	fd_close(&fd);
	return text;
}

/* The value of a line of the head; NULL: it is another. */
static const char *
value_of(const char *line, const char *name)
{
	size_t len = strlen(name);

	return strncmp(line, name, len) == 0 && line[len] == ':' ?
	    line + len + 1 + strspn(line + len + 1, " ") :
	    NULL;
}

static void
take_line(struct kept *kept, const char *line)
{
	const char *value;

	if ((value = value_of(line, LEFT)) != NULL) {
		kept->left = value;
		kept->head = line + strlen(line) + 1;
	} else if ((value = value_of(line, "From")) != NULL) {
		kept->from = value;
	} else if ((value = value_of(line, "To")) != NULL) {
		if (kept->left == NULL)
			kept->left = value;
	} else if ((value = value_of(line, "Content-Transfer-Encoding")) !=
	    NULL) {
		kept->encoding = value;
	}
}

int
kept_read(struct kept *kept, const char *path, struct err *err)
{
	char *line, *end;

	memset(kept, 0, sizeof(*kept));
	kept->encoding = "8bit";
	kept->text = read_file(path, &kept->len, &kept->when);
	if (kept->text == NULL)
		return err_errno(err, "cannot read the mail %s", path);
	kept->head = kept->text;
	for (line = kept->text; *line != '\n'; line = end + 1) {
		end = strchr(line, '\n');
		if (end == NULL)
			return err_set(err, "the mail %s has no head", path);
		*end = '\0';
		take_line(kept, line);
	}
	kept->output = line + 1;
	kept->output_len = kept->len - (size_t)(kept->output - kept->text);
	if (kept->from == NULL || kept->left == NULL)
		return err_set(err, "the mail %s has no From or To", path);
	return 0;
}

void
kept_fini(struct kept *kept)
{
	free(kept->text);
}

/* In the place of path, as old as the mail is. */
static int
replace(const char *path, const struct strbuf *b, time_t when)
{
	const struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};
	const char *slash = strrchr(path, '/');
	char *new = xasprintf("%.*s/.%s", (int)(slash - path), path, slash + 1);
	int fd = open(
	    new, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc = -1;

	if (fd != -1 && fd_pwrite_all(fd, b->s, b->len, 0) == 0 &&
	    futimens(fd, times) == 0)
		rc = rename(new, path);
	fd_close(&fd);
	free(new);
	return rc;
}

int
kept_set_left(const struct kept *kept, const char *path, const char *left)
{
	struct strbuf b = STRBUF_INIT;
	time_t unused;
	size_t len;
	char *text = read_file(path, &len, &unused);
	size_t skip = (size_t)(kept->head - kept->text);
	int rc;

	if (text == NULL)
		return -1;
	strbuf_addf(&b, LEFT ": %s\n", left);
	strbuf_add(&b, text + skip, len - skip);
	rc = replace(path, &b, kept->when);
	strbuf_fini(&b);
	free(text);
	return rc;
}
