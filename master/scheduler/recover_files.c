#include "scheduler/recover_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "scheduler/master.h"

static void
add_file(struct recover_files *files, const struct runfile *file)
{
	array_reserve(
	    &files->all, &files->cap, files->n + 1, sizeof(*files->all));
	files->all[files->n++] =
	    (struct recover_file){.begin = file->begin, .mark = file->mark};
	if (file->begin.created_ms > files->alive_ms)
		files->alive_ms = file->begin.created_ms;
	if (file->started_us / 1000 > files->alive_ms)
		files->alive_ms = file->started_us / 1000;
}

static void
read_place(struct recover_files *files, struct master *m, const char *name)
{
	int place = strlen(name) == 3 ? run_id_place(name) : -1;
	struct runfile file;
	struct err err = {""};

	if (runfile_open_place(&file, m->runs_dir, name, &err) == -1) {
		/* Not ours to guess about: the place is left alone. */
		log_error("%s", err.text);
		if (place != -1)
			places_mark(&m->places, place);
		return;
	}
	if (file.state != RUNFILE_FREE) {
		if (place != -1)
			places_mark(&m->places, place);
		if (strcmp(runfile_name(file.begin.id), name) == 0)
			add_file(files, &file);
		else
			log_error("run file %s holds another run: %s", name,
			    file.begin.id);
	}
	runfile_close(&file);
}

/* By its place, or by its own id. */
static bool
is_run_file(const char *name)
{
	if (strlen(name) == RUN_ID_SIZE - 1)
		return submission_is_id(name) && strchr(name, '.') == NULL;
	return strlen(name) == 3 && run_id_place(name) != -1;
}

static int
compare_files(const void *a, const void *b)
{
	const struct run_begin *x = &((const struct recover_file *)a)->begin;
	const struct run_begin *y = &((const struct recover_file *)b)->begin;

	if (x->slot_ms != y->slot_ms)
		return x->slot_ms < y->slot_ms ? -1 : 1;
	return strcmp(x->id, y->id);
}

void
recover_files_read(struct recover_files *files, struct master *m)
{
	DIR *dir = fdopendir(fcntl(m->runs_dir, F_DUPFD_CLOEXEC, 0));
	const struct dirent *entry;

	if (dir == NULL)
		fatal("cannot read the directory of run files");
	rewinddir(dir);
	while ((entry = readdir(dir)) != NULL)
		if (is_run_file(entry->d_name))
			read_place(files, m, entry->d_name);
	closedir(dir);
	if (files->n > 0)
		qsort(files->all, files->n, sizeof(*files->all), compare_files);
}

void
recover_files_fini(struct recover_files *files)
{
	free(files->all);
	memset(files, 0, sizeof(*files));
}

/* The first of a slot at or after slot_ms. */
static size_t
first_of(const struct recover_files *files, int64_t slot_ms)
{
	size_t low = 0, high = files->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (files->all[middle].begin.slot_ms < slot_ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
recover_files_have(
    const struct recover_files *files, const struct run_begin *begin)
{
	for (size_t i = first_of(files, begin->slot_ms); i < files->n; i++) {
		const struct run_begin *b = &files->all[i].begin;

		if (b->slot_ms != begin->slot_ms)
			break;
		if (strcmp(b->id, begin->id) == 0)
			return true;
	}
	return false;
}

bool
recover_files_attempt(const struct recover_files *files, const char *job,
    int64_t slot_ms, int32_t attempt)
{
	for (size_t i = first_of(files, slot_ms); i < files->n; i++) {
		const struct run_begin *b = &files->all[i].begin;

		if (b->slot_ms != slot_ms)
			break;
		if (b->attempt >= attempt && strcmp(b->job, job) == 0)
			return true;
	}
	return false;
}

bool
recover_files_child(
    const struct recover_files *files, const char *job, const char *parent)
{
	for (size_t i = 0; i < files->n; i++)
		if (strcmp(files->all[i].begin.parent, parent) == 0 &&
		    strcmp(files->all[i].begin.job, job) == 0)
			return true;
	return false;
}
