#include "plugin_book.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void
forget(struct plugin_entry *entry)
{
	free(entry->bytes);
	free(entry->problem);
	entry->bytes = NULL;
	entry->problem = NULL;
	entry->good = false;
}

void
plugin_book_fini(struct plugin_book *book)
{
	for (size_t i = 0; i < book->n; i++) {
		forget(book->entries[i]);
		free(book->entries[i]->name);
		free(book->entries[i]->path);
		free(book->entries[i]);
	}
	free(book->entries);
	memset(book, 0, sizeof(*book));
}

/* The directory may have become another one. */
static struct plugin_entry *
get(struct plugin_book *book, const char *name, const char *path)
{
	struct plugin_entry *entry;

	for (size_t i = 0; i < book->n; i++)
		if (strcmp(book->entries[i]->path, path) == 0)
			return book->entries[i];
	array_reserve(
	    &book->entries, &book->cap, book->n + 1, sizeof(*book->entries));
	entry = xcalloc(1, sizeof(*entry));
	entry->name = xstrdup(name);
	entry->path = xstrdup(path);
	book->entries[book->n++] = entry;
	return entry;
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Who may write it decides what runs as any user. */
static int
check_file(const struct plugin_lookup *lookup, const struct stat *st,
    const char *path, struct err *err)
{
	if (!S_ISREG(st->st_mode))
		return err_set(err, "%s is not a regular file", path);
	if (!lookup->privileged)
		return 0;
	if ((st->st_mode & 022) != 0 || st->st_uid != 0)
		return err_set(err,
		    "%s may be written by others than root; make it root's, "
		    "mode 0644",
		    path);
	return 0;
}

static int
find_file(const struct plugin_lookup *lookup, const char *path, struct stat *st,
    struct err *err)
{
	if (stat(path, st) == -1 && errno == ENOENT)
		return err_set(err,
		    "there is no %s; plugin-dir of belfry.conf says where "
		    "plugins are",
		    path);
	if (stat(path, st) == -1)
		return err_errno(err, "cannot find %s", path);
	return check_file(lookup, st, path, err);
}

enum job_plugin
plugin_book_find(struct plugin_book *book, const struct plugin_lookup *lookup,
    const char *name, struct plugin_entry **entry_r, struct err *err)
{
	char *path = xasprintf("%s/%s.so", lookup->dir, name);
	struct plugin_entry *entry = NULL;
	struct stat st;

	if (find_file(lookup, path, &st, err) == 0) {
		entry = get(book, name, path);
		entry->is = st;
	}
	free(path);
	*entry_r = entry;
	if (entry == NULL)
		return JOB_PLUGIN_BAD;
	if (!entry->answered || !is_same(&entry->is, &entry->was))
		return JOB_PLUGIN_WAIT;
	if (entry->problem == NULL)
		return JOB_PLUGIN_KNOWN;
	err_set(err, "%s", entry->problem);
	return JOB_PLUGIN_BAD;
}

static int
decode(struct plugin_entry *entry, size_t len, struct err *err)
{
	struct wire_reader r;

	wire_reader_init(&r, entry->bytes, len);
	if (wire_get_u8(&r) == 1)
		return plugin_info_decode(&entry->info, &r, err);
	err_set(err, "%s", wire_get_str(&r));
	if (!wire_ok(&r) || err->text[0] == '\0')
		err_set(err, "what describes it sent rubbish");
	return -1;
}

void
plugin_entry_take(struct plugin_entry *entry, const void *p, size_t len)
{
	struct err err;

	forget(entry);
	entry->bytes = xmalloc(len + 1);
	memcpy(entry->bytes, p, len);
	entry->answered = true;
	entry->was = entry->is;
	entry->good = decode(entry, len, &err) == 0;
	if (!entry->good)
		entry->problem = xstrdup(err.text);
}

void
plugin_entry_refuse(struct plugin_entry *entry, const char *why)
{
	forget(entry);
	entry->answered = true;
	entry->was = entry->is;
	entry->problem = xstrdup(why);
}

void
plugin_book_retry(struct plugin_book *book)
{
	for (size_t i = 0; i < book->n; i++)
		if (book->entries[i]->problem != NULL)
			book->entries[i]->answered = false;
}
