#include "schedule/zone/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"

#define ZONE_FILE_MAX (1 << 20)
#define ZONE_NAME_MAX 128

/* What the system's zone is called when nobody knows its name. */
#define LOCAL_NAME "localtime"
#define LOCAL_FILE "/etc/localtime"

/* Seconds in 400 years of the Gregorian calendar. */
#define CYCLE (146097LL * 86400)

void
zone_free(struct zone *zone)
{
	if (zone == NULL)
		return;
	free(zone->name);
	free(zone->spans);
	free(zone);
}

/* tzdata's names: no dots, so no way leads out of the directory. */
static bool
name_is_valid(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > ZONE_NAME_MAX || name[0] == '/')
		return false;
	return strspn(name,
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		   "abcdefghijklmnopqrstuvwxyz0123456789+-_/") == len;
}

static int
unknown_zone(const char *name, struct err *err)
{
	return err_set(err,
	    "unknown time zone \"%.*s\"; write a name of "
	    "tzdata such as Europe/Berlin or UTC",
	    ZONE_NAME_MAX, name);
}

static int
zone_open(const char *dir, const char *name, struct stat *st, struct err *err)
{
	char path[PATH_MAX];
	int fd, n;

	if (!name_is_valid(name))
		return unknown_zone(name, err);
	if (strcmp(name, LOCAL_NAME) == 0)
		n = snprintf(path, sizeof(path), "%s", LOCAL_FILE);
	else
		n = snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return unknown_zone(name, err);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1 && (errno == ENOENT || errno == ENOTDIR))
		return unknown_zone(name, err);
	if (fd == -1)
		return err_errno(err, "cannot read the time zone %s", path);
	if (fstat(fd, st) == -1 || !S_ISREG(st->st_mode)) {
		fd_close(&fd);
		return unknown_zone(name, err);
	}
	return fd;
}

struct zone *
zone_load(const char *dir, const char *name, struct err *err)
{
	struct zone *zone;
	struct stat st;
	size_t size;
	char *data;
	int fd;

	if (strcmp(name, "UTC") == 0)
		return zone_new_utc(name);
	fd = zone_open(dir, name, &st, err);
	if (fd == -1)
		return NULL;
	data = fd_read_all(fd, ZONE_FILE_MAX, &size);
	if (data == NULL)
		err_errno(err, "cannot read the time zone %s/%s", dir, name);
	fd_close(&fd);
	if (data == NULL)
		return NULL;
	zone = zone_parse(name, data, size, err);
	free(data);
	if (zone == NULL) {
		err_prefix(err, "time zone \"%s\"", name);
		return NULL;
	}
	zone->mtime = st.st_mtim;
	zone->size = st.st_size;
	zone->inode = st.st_ino;
	return zone;
}

int
zone_refresh(struct zone *zone, const char *dir, struct err *err)
{
	struct zone *fresh, old;
	struct stat st;
	int fd;

	if (strcmp(zone->name, "UTC") == 0)
		return 0;
	fd = zone_open(dir, zone->name, &st, err);
	if (fd == -1)
		return -1;
	fd_close(&fd);
	if (st.st_mtim.tv_sec == zone->mtime.tv_sec &&
	    st.st_mtim.tv_nsec == zone->mtime.tv_nsec &&
	    st.st_size == zone->size && st.st_ino == zone->inode)
		return 0;
	fresh = zone_load(dir, zone->name, err);
	if (fresh == NULL)
		return -1;
	/* Schedules point to the zone: it stays where it is. */
	old = *zone;
	*zone = *fresh;
	*fresh = old;
	zone_free(fresh);
	return 1;
}

/* The part of a path behind "zoneinfo/", or NULL. */
static char *
name_of_path(const char *path)
{
	const char *p = strstr(path, "zoneinfo/");

	if (p == NULL)
		return NULL;
	p += strlen("zoneinfo/");
	if (strncmp(p, "posix/", 6) == 0)
		p += 6;
	return name_is_valid(p) ? xstrdup(p) : NULL;
}

static char *
name_of_link(const char *path)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n == -1)
		return NULL;
	target[n] = '\0';
	return name_of_path(target);
}

static char *
name_in_file(const char *path)
{
	char *text, *name = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return NULL;
	text = fd_read_all(fd, 4096, NULL);
	fd_close(&fd);
	if (text == NULL)
		return NULL;
	text[strcspn(text, " \t\r\n#")] = '\0';
	if (name_is_valid(text))
		name = xstrdup(text);
	free(text);
	return name;
}

char *
zone_system_name(void)
{
	const char *tz = getenv("TZ");
	char *name;

	if (tz != NULL)
		tz += *tz == ':';
	/* It may say, for speed, what holds without it. */
	if (tz != NULL && *tz != '\0' && strcmp(tz, LOCAL_FILE) != 0) {
		name = name_of_path(tz);
		return name != NULL ? name : xstrdup(tz);
	}
	name = name_of_link(LOCAL_FILE);
	if (name == NULL)
		name = name_in_file("/etc/timezone");
	if (name == NULL && access(LOCAL_FILE, R_OK) == 0)
		name = xstrdup(LOCAL_NAME);
	return name != NULL ? name : xstrdup("UTC");
}

bool
zone_name_is_utc(const char *name)
{
	static const char *const names[] = {"UTC", "UCT", "Universal", "Zulu"};

	if (strncmp(name, "Etc/", 4) == 0)
		name += 4;
	for (size_t i = 0; i < nitems(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

uint32_t
zone_search(const struct zone *zone, int64_t t)
{
	uint32_t low = 0, n = zone->count, half;

	while (n > 1) {
		half = n / 2;
		if (zone->spans[low + half].at <= t)
			low += half;
		n -= half;
	}
	return low;
}

int32_t
zone_offset_at(const struct zone *zone, int64_t t)
{
	int64_t end = zone->spans[zone->count - 1].at;

	if (zone->repeats && t >= end)
		t -= ((t - end) / CYCLE + 1) * CYCLE;
	return zone->spans[zone_find(zone, t)].offset;
}

int64_t
zone_from_local(
    const struct zone *zone, int64_t local, int32_t *gap_r, int64_t *again_r)
{
	const struct zone_span *span;
	int32_t gap = 0;
	int64_t t, again;

	/* No earlier span can show local. */
	span = &zone->spans[zone_find(zone, local - ZONE_OFFSET_MAX - 1)];
	while (local - span->offset >= span[1].at &&
	    local - span[1].offset >= span[1].at)
		span++;
	if (local - span->offset >= span[1].at) {
		t = again = span[1].at;
		gap = span[1].shift;
	} else {
		t = again = local - span->offset;
		if (span[1].at != INT64_MAX &&
		    local - span[1].offset >= span[1].at)
			again = local - span[1].offset;
	}
	if (gap_r != NULL)
		*gap_r = gap;
	if (again_r != NULL)
		*again_r = again;
	return t;
}
