#include "run/runfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fd.h"

/*
 * Header: 0 magic, 8 u32 state, 16 u32 length and begin, 1024 i64 started_us
 * and i32 pid, 1040 u64 bytes of output stored so far, 1048 u64 mark of its
 * end, 1056 i64 before_ms, 2048 u32 length and result. The state is written after what it promises.
 */
#define MAGIC          "BELFRUN1"
#define STATE_OFFSET   8
#define BEGIN_OFFSET   16
#define STARTED_OFFSET 1024
#define STORED_OFFSET  1040
#define MARK_OFFSET    1048
#define BEFORE_OFFSET  1056
#define RESULT_OFFSET  2048
#define HEADER_SIZE    RUNFILE_HEADER

#define PLACE_DIGITS 3
/* A free file that is bigger gives its space back. */
#define KEPT_SIZE    65536

const char *
runfile_name(const char *id)
{
	size_t len = strlen(id);

	if (len <= PLACE_DIGITS || id[len - PLACE_DIGITS] == RUNFILE_NO_PLACE)
		return id;
	return id + len - PLACE_DIGITS;
}

int
runfile_create(int dirfd, const struct run_begin *begin)
{
	struct wire_writer w = WIRE_WRITER_INIT, body = WIRE_WRITER_INIT;
	int fd, rc, saved;

	fd = openat(dirfd, runfile_name(begin->id),
	    O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return -1;
	run_begin_encode(begin, &body);
	wire_put_u64(&w, 0); /* the magic, below */
	wire_put_u32(&w, RUNFILE_CREATED);
	wire_put_u32(&w, 0);
	wire_put_bytes(&w, body.p, body.len);
	wire_pad(&w, BEFORE_OFFSET);
	wire_put_i64(&w, begin->before_ms);
	memcpy(w.p, MAGIC, 8);
	rc = fd_pwrite_all(fd, w.p, w.len, 0);
	saved = errno;
	/* Half a header would be damage; giving up space needs none. */
	if (rc == -1 && ftruncate(fd, 0) == -1)
		saved = errno;
	wire_writer_fini(&body);
	wire_writer_fini(&w);
	fd_close(&fd);
	errno = saved;
	return rc;
}

static int
read_header(struct runfile *file, uint8_t *h)
{
	struct wire_reader r, body;
	const void *p;
	size_t n;
	int32_t pid;

	wire_reader_init(&r, h + STATE_OFFSET, RESULT_OFFSET - STATE_OFFSET);
	file->state = wire_get_u32(&r);
	wire_reader_init(&r, h + BEGIN_OFFSET, STARTED_OFFSET - BEGIN_OFFSET);
	p = wire_get_bytes(&r, &n);
	if (memcmp(h, MAGIC, 8) != 0 || p == NULL)
		return -1;
	wire_reader_init(&body, p, n);
	if (run_begin_decode(&file->begin, &body) == -1)
		return -1;
	wire_reader_init(&r, h + STARTED_OFFSET, 16);
	file->started_us = wire_get_i64(&r);
	pid = wire_get_i32(&r);
	file->pid = pid;
	wire_reader_init(&r, h + MARK_OFFSET, 16);
	file->mark = wire_get_u64(&r);
	file->begin.before_ms = wire_get_i64(&r);
	if (file->state != RUNFILE_DONE)
		return file->state < RUNFILE_DONE ? 0 : -1;
	wire_reader_init(&r, h + RESULT_OFFSET, HEADER_SIZE - RESULT_OFFSET);
	p = wire_get_bytes(&r, &n);
	if (p == NULL)
		return -1;
	wire_reader_init(&body, p, n);
	return run_result_decode(&file->result, &body);
}

int
runfile_reload(struct runfile *file, struct err *err)
{
	uint8_t h[HEADER_SIZE] = {0};
	ssize_t n = pread(file->fd, h, sizeof(h), 0);

	if (n == -1)
		return err_errno(err, "cannot read run file");
	if (n == 0) { /* whoever made it did not come to write it */
		file->state = RUNFILE_FREE;
		return 0;
	}
	if (read_header(file, h) == -1) {
		errno = EBADMSG;
		return err_set(err, "run file is damaged");
	}
	return 0;
}

static int
open_file(struct runfile *file, int dirfd, const char *name, struct err *err)
{
	memset(file, 0, sizeof(*file));
	file->fd = openat(dirfd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (file->fd == -1)
		return err_errno(err, "cannot open run file %s", name);
	return 0;
}

static int
read_opened(struct runfile *file, const char *name, struct err *err)
{
	int saved;

	if (runfile_reload(file, err) == -1) {
		saved = errno;
		err_prefix(err, "%s", name);
		runfile_close(file);
		errno = saved;
		return -1;
	}
	return 0;
}

/* The place may be another run's by now. */
static int
check_run(struct runfile *file, const char *id, struct err *err)
{
	if (file->state == RUNFILE_FREE || strcmp(file->begin.id, id) != 0) {
		runfile_close(file);
		errno = ENOENT;
		return err_set(err, "run %s has no run file any more", id);
	}
	return 0;
}

int
runfile_open_place(
    struct runfile *file, int dirfd, const char *name, struct err *err)
{
	if (open_file(file, dirfd, name, err) == -1)
		return -1;
	return read_opened(file, name, err);
}

int
runfile_open(struct runfile *file, int dirfd, const char *id, struct err *err)
{
	if (runfile_open_place(file, dirfd, runfile_name(id), err) == -1)
		return -1;
	return check_run(file, id, err);
}

int
runfile_open_locked(
    struct runfile *file, int dirfd, const char *id, struct err *err)
{
	const char *name = runfile_name(id);

	if (open_file(file, dirfd, name, err) == -1)
		return -1;
	if (runfile_lock(file) == -1) {
		err_errno(err, "cannot lock run file %s", name);
		runfile_close(file);
		return -1;
	}
	if (read_opened(file, name, err) == -1)
		return -1;
	return check_run(file, id, err);
}

/* Writes that it is free, and gives back much space. */
static int
free_file(struct runfile *file)
{
	static const uint8_t nothing[4];
	struct stat st;

	if (fstat(file->fd, &st) == 0 && st.st_size > KEPT_SIZE &&
	    ftruncate(file->fd, HEADER_SIZE) == -1)
		return -1;
	return fd_pwrite_all(file->fd, nothing, sizeof(nothing), STATE_OFFSET);
}

int
runfile_free(int dirfd, const char *id)
{
	struct runfile file;
	int rc;

	if (runfile_open(&file, dirfd, id, NULL) == -1)
		return errno == ENOENT ? 0 : -1;
	rc = runfile_name(id) == id ? -1 : free_file(&file);
	runfile_close(&file);
	/* It must not tell the next master of a run that is recorded. */
	return rc == 0 ? 0 : unlinkat(dirfd, runfile_name(id), 0);
}

int
runfile_renew_dir(int dirfd, const char *path)
{
	struct stat st;
	int fd, rc;

	if (fstat(dirfd, &st) == -1)
		return -1;
	if (st.st_nlink > 0)
		return 0;
	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	rc = dup3(fd, dirfd, O_CLOEXEC);
	fd_close(&fd);
	return rc == -1 ? -1 : 1;
}

void
runfile_close(struct runfile *file)
{
	fd_close(&file->fd);
}

int
runfile_lock(struct runfile *file)
{
	return flock(file->fd, LOCK_EX | LOCK_NB);
}

static int
set_state(struct runfile *file, enum runfile_state state)
{
	uint8_t b[4] = {(uint8_t)state, 0, 0, 0};

	if (fd_pwrite_all(file->fd, b, sizeof(b), STATE_OFFSET) == -1)
		return -1;
	file->state = state;
	return 0;
}

static int
write_at(struct runfile *file, struct wire_writer *w, off_t offset)
{
	int rc = fd_pwrite_all(file->fd, w->p, w->len, offset);

	wire_writer_fini(w);
	return rc;
}

int
runfile_set_started(struct runfile *file, int64_t started_us, pid_t pid)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	wire_put_i64(&w, started_us);
	wire_put_i32(&w, pid);
	if (write_at(file, &w, STARTED_OFFSET) == -1)
		return -1;
	file->started_us = started_us;
	file->pid = pid;
	if (file->state == RUNFILE_STARTED)
		return 0;
	return set_state(file, RUNFILE_STARTED);
}

/* Into the file of a run that another holds, perhaps. */
static int
write_into(int dirfd, const char *id, struct wire_writer *w, off_t offset)
{
	struct runfile file;
	struct err err;
	int rc;

	if (runfile_open(&file, dirfd, id, &err) == -1) {
		wire_writer_fini(w);
		return -1;
	}
	rc = write_at(&file, w, offset);
	runfile_close(&file);
	return rc;
}

int
runfile_set_mark(int dirfd, const char *id, uint64_t mark)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	wire_put_u64(&w, mark);
	return write_into(dirfd, id, &w, MARK_OFFSET);
}

int
runfile_settle(int dirfd, const char *id)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	wire_put_i64(&w, 0);
	return write_into(dirfd, id, &w, BEFORE_OFFSET);
}

int
runfile_set_done(struct runfile *file, const struct run_result *result)
{
	struct wire_writer w = WIRE_WRITER_INIT, body = WIRE_WRITER_INIT;

	run_result_encode(result, &body);
	wire_put_bytes(&w, body.p, body.len);
	wire_writer_fini(&body);
	if (write_at(file, &w, RESULT_OFFSET) == -1)
		return -1;
	fault_point(FAULT_WORKER_RESULT_WRITTEN);
	file->result = *result;
	return set_state(file, RUNFILE_DONE);
}

void
runfile_output_init(struct runfile_output *out, const struct runfile *file)
{
	memset(out, 0, sizeof(*out));
	out->fd = file->fd;
	out->head = file->begin.output_limit / 2;
	out->ring = file->begin.output_limit - out->head;
}

/* Where stream position pos is kept in the file. */
static off_t
output_offset(uint64_t head, uint64_t ring, uint64_t pos)
{
	if (pos >= head)
		pos = head + (pos - head) % ring;
	return (off_t)(HEADER_SIZE + pos);
}

/* How many bytes at pos lie behind one another in the file. */
static uint64_t
output_run(uint64_t head, uint64_t ring, uint64_t pos)
{
	if (pos < head)
		return head - pos;
	return ring - (pos - head) % ring;
}

/* Readers look at this first: what it counts is there. */
static void
write_stored(struct runfile_output *out)
{
	uint8_t b[8];

	for (int i = 0; i < 8; i++)
		b[i] = (uint8_t)(out->total >> (8 * i));
	if (fd_pwrite_all(out->fd, b, sizeof(b), STORED_OFFSET) == -1 &&
	    out->error == 0)
		out->error = errno;
}

void
runfile_output_write(struct runfile_output *out, const void *p, size_t n)
{
	const char *s = p;
	uint64_t part;

	if (out->error != 0 || out->ring == 0) {
		/* After a gap nothing behind it could be placed. */
		out->skipped += n;
		out->total += n;
		return;
	}
	while (n > 0) {
		part = output_run(out->head, out->ring, out->total);
		if (part > n)
			part = n;
		if (fd_pwrite_all(out->fd, s, part,
			output_offset(out->head, out->ring, out->total)) ==
		    -1) {
			out->error = errno;
			write_stored(out);
			out->skipped += n;
			out->total += n;
			return;
		}
		s += part;
		n -= part;
		out->total += part;
	}
	write_stored(out);
}

uint64_t
runfile_output_dropped(const struct runfile_output *out)
{
	uint64_t stored = out->total - out->skipped;
	uint64_t kept = out->head + out->ring;

	return out->skipped + (stored > kept ? stored - kept : 0);
}

static int
read_stored(const struct runfile *file, uint64_t *stored_r)
{
	uint8_t b[8];

	if (pread(file->fd, b, sizeof(b), STORED_OFFSET) != sizeof(b))
		return -1;
	*stored_r = 0;
	for (int i = 0; i < 8; i++)
		*stored_r |= (uint64_t)b[i] << (8 * i);
	return 0;
}

ssize_t
runfile_output_read(
    const struct runfile *file, uint64_t *pos, void *buf, size_t n)
{
	uint64_t head = file->begin.output_limit / 2;
	uint64_t ring = file->begin.output_limit - head;
	uint64_t total, part;
	ssize_t got;

	if (read_stored(file, &total) == -1)
		return -1;
	if (total > head + ring && *pos >= head && *pos < total - ring)
		*pos = total - ring;
	if (*pos >= total)
		return 0;
	part = output_run(head, ring, *pos);
	if (part > total - *pos)
		part = total - *pos;
	if (part > n)
		part = n;
	got = pread(file->fd, buf, part, output_offset(head, ring, *pos));
	if (got > 0)
		*pos += (uint64_t)got;
	return got;
}
