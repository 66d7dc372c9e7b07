#include "run/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"

/* u64 epoch, i64 deadline, u64 both xored: half a write shows. */
#define LEASE_SIZE 24

/* A reader that meets a write looks again. */
#define READ_TRIES 100

static void
put_u64(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static uint64_t
get_u64(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

int
lease_write(int dirfd, const struct lease *lease)
{
	int fd = openat(dirfd, LEASE_FILE,
	    O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	uint8_t b[LEASE_SIZE];
	int rc;

	if (fd == -1)
		return -1;
	put_u64(b, lease->epoch);
	put_u64(b + 8, (uint64_t)lease->deadline_us);
	put_u64(b + 16, lease->epoch ^ (uint64_t)lease->deadline_us);
	rc = fd_pwrite_all(fd, b, sizeof(b), 0);
	fd_close(&fd);
	return rc;
}

int
lease_read(int dirfd, struct lease *lease_r)
{
	int fd = openat(dirfd, LEASE_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint8_t b[LEASE_SIZE];
	int rc = -1;

	if (fd == -1)
		return -1;
	errno = EBADMSG;
	for (int i = 0; i < READ_TRIES && rc == -1; i++) {
		if (pread(fd, b, sizeof(b), 0) != sizeof(b))
			break;
		if ((get_u64(b) ^ get_u64(b + 8)) == get_u64(b + 16))
			rc = 0;
	}
	lease_r->epoch = get_u64(b);
	lease_r->deadline_us = (int64_t)get_u64(b + 8);
	fd_close(&fd);
	return rc;
}

bool
lease_holds(int dirfd, uint64_t epoch, int64_t now_us, int64_t *deadline_us)
{
	struct lease lease;

	if (now_us < *deadline_us)
		return true;
	if (lease_read(dirfd, &lease) == 0 && lease.epoch == epoch)
		*deadline_us = lease.deadline_us;
	return now_us < *deadline_us;
}
