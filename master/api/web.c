/* Sends the dashboard's files. Runs in the api process. */
#include "api/web.h"

#include <string.h>

#include "base/mem.h"

#define PARTS "/ui/"

/*
 * What the page may do: load its own files and talk to its own origin. No
 * inline script or style, no frame around it, no text that becomes markup.
 */
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'";

/* The first segments of pages; those of things have one more. */
static const struct {
	const char *name;
	bool has_things;
} pages[] = {
    {"", false},
    {"jobs", true},
    {"runs", true},
    {"timeline", false},
    {"week", false},
    {"nodes", false},
    {"queue", false},
    {"ledger", false},
    {"audit", false},
};

static bool
is_page(const char *path)
{
	size_t n = strcspn(path + 1, "/"), i;
	const char *thing = path + 1 + n;

	for (i = 0; i < nitems(pages); i++)
		if (strlen(pages[i].name) == n &&
		    strncmp(pages[i].name, path + 1, n) == 0)
			break;
	if (i == nitems(pages))
		return false;
	if (*thing == '\0')
		return true;
	return pages[i].has_things && thing[1] != '\0' &&
	    strchr(thing + 1, '/') == NULL;
}

bool
web_has_path(const char *path)
{
	return is_page(path) || strncmp(path, PARTS, strlen(PARTS)) == 0;
}

static const struct web_file *
find_file(const char *name)
{
	for (size_t i = 0; i < web_files_count; i++)
		if (strcmp(web_files[i].name, name) == 0)
			return &web_files[i];
	return NULL;
}

/* The file of "/ui/HASH/FILE"; one of another version is not here. */
static const struct web_file *
find_part(const char *path)
{
	size_t n = strlen(web_hash);

	path += strlen(PARTS);
	if (strncmp(path, web_hash, n) != 0 || path[n] != '/')
		return NULL;
	return find_file(path + n + 1);
}

static void
send_file(struct http_conn *conn, const struct web_file *file, bool page)
{
	if (page) {
		http_conn_add_header(conn, "Content-Security-Policy", policy);
		http_conn_add_header(conn, "Referrer-Policy", "no-referrer");
	} else {
		http_conn_add_header(conn, "Cache-Control",
		    "public, max-age=31536000, immutable");
	}
	http_conn_reply(conn, 200, file->content_type, file->bytes, file->len);
}

static void
refuse(struct http_conn *conn, int status, const char *code, const char *text)
{
	struct http_problem problem;

	http_problem_set(&problem, status, code, "%s", text);
	http_conn_reply_problem(conn, &problem);
}

void
web_answer(struct http_conn *conn)
{
	const struct http_head *head = http_conn_head(conn);
	bool page = is_page(head->path);
	const struct web_file *file =
	    page ? find_file("index.html") : find_part(head->path);

	if (strcmp(head->method, "GET") != 0 &&
	    strcmp(head->method, "HEAD") != 0) {
		http_conn_add_header(conn, "Allow", "GET, HEAD");
		refuse(conn, 405, "method_not_allowed",
		    "a page can only be fetched");
	} else if (file != NULL) {
		send_file(conn, file, page);
	} else {
		refuse(conn, 404, "not_found",
		    "there is no such file in this version; load the page "
		    "again");
	}
}
