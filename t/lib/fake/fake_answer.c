#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/timestamp.h"

#define FILE_MAX  ((size_t)64 << 20)
#define HUGE_SIZE ((size_t)64 << 20)

/* NULL when there is no such file. */
static char *
read_file(const struct fake *fake, const char *name, size_t *len_r)
{
	char *path = xasprintf("%s/%s", fake->dir, name), *text;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	free(path);
	if (fd == -1)
		return NULL;
	text = fd_read_all(fd, FILE_MAX, len_r);
	fd_close(&fd);
	return text;
}

static void
note(const struct fake *fake, const char *line)
{
	dprintf(fake->log, "%s\n", line);
}

static void
note_ask(const struct fake *fake, const struct ask *ask)
{
	struct strbuf line = STRBUF_INIT;
	unsigned i;

	strbuf_addf(&line, "%s by %s:", ask->verb, ask->who);
	for (i = 0; i < ask->nargs; i++)
		strbuf_addf(&line, " %s=%s", ask->keys[i], ask->values[i]);
	note(fake, strbuf_str(&line));
	strbuf_fini(&line);
}

/* "@-180@" -> "2026-03-10T06:57:00Z" */
static char *
fill_times(const char *text)
{
	struct strbuf out = STRBUF_INIT;
	char stamp[TIMESTAMP_TEXT_MAX], *end;
	long seconds;

	for (; *text != '\0'; text++) {
		if (*text == '@' && (text[1] == '-' || text[1] == '+')) {
			seconds = strtol(text + 1, &end, 10);
			if (*end == '@') {
				strbuf_adds(&out,
				    timestamp_format_ms(stamp,
					((int64_t)time(NULL) + seconds) *
					    1000));
				text = end;
				continue;
			}
		}
		strbuf_addch(&out, *text);
	}
	strbuf_adds(&out, "");
	return strbuf_take(&out);
}

/*
 * "!409 code text": true when it was one and was answered, or "!slow" and is
 * not to be.
 */
static bool
answer_refusal(const struct ask *ask, char *text)
{
	char *code, *message;

	if (*text != '!')
		return false;
	if (strncmp(text, "!slow", 5) == 0)
		return true;
	code = strchr(text, ' ');
	message = code != NULL ? strchr(code + 1, ' ') : NULL;
	if (message == NULL)
		return false;
	*code++ = '\0';
	*message++ = '\0';
	message[strcspn(message, "\n")] = '\0';
	answer_error(ask->channel, ask->id, (int)strtol(text + 1, NULL, 10),
	    code, "%s", message);
	return true;
}

static size_t
page_size(const struct fake *fake, const struct ask *ask)
{
	const char *limit = ask_arg(ask, "limit");
	size_t n = limit != NULL ? strtoul(limit, NULL, 10) : 100, len;
	char *page = read_file(fake, "page", &len);

	if (page != NULL && strtoul(page, NULL, 10) < n)
		n = strtoul(page, NULL, 10);
	free(page);
	return n;
}

static bool
is_wanted(const struct ask *ask, json_t *element)
{
	static const char *const keys[] = {"job", "outcome"};
	size_t i;

	for (i = 0; i < nitems(keys); i++) {
		const char *want = ask_arg(ask, keys[i]);
		const char *have =
		    json_string_value(json_object_get(element, keys[i]));

		if (want != NULL && (have == NULL || strcmp(want, have) != 0))
			return false;
	}
	return true;
}

/* One page of a list: elements behind the one that the client has seen. */
static void
answer_page(const struct fake *fake, const struct ask *ask, json_t *list)
{
	bool by_name = strcmp(ask->verb, "jobs") == 0, skipping;
	const char *key = by_name ? "after" : "before", *id = NULL;
	const char *seen = ask_arg(ask, key), *job = ask_arg(ask, "job");
	const char *outcome = ask_arg(ask, "outcome");
	size_t max = page_size(fake, ask), i;
	json_t *page = json_array(), *element;
	char next[200] = "", *text;

	skipping = seen != NULL;
	json_array_foreach(list, i, element)
	{
		if (!skipping && is_wanted(ask, element)) {
			if (json_array_size(page) == max)
				break;
			json_array_append(page, element);
		}
		id = json_string_value(
		    json_object_get(element, by_name ? "name" : "id"));
		if (skipping && strcmp(seen, id) == 0)
			skipping = false;
	}
	if (i < json_array_size(list))
		snprintf(next, sizeof(next), "%s=%s&limit=%zu%s%s%s%s", key, id,
		    max, job != NULL ? "&job=" : "", job != NULL ? job : "",
		    outcome != NULL ? "&outcome=" : "",
		    outcome != NULL ? outcome : "");
	text = json_dumps(page, JSON_COMPACT);
	answer_begin(ask->channel, ask->id, 200, "application/json");
	answer_data(ask->channel, ask->id, text, strlen(text));
	answer_end(ask->channel, ask->id, next);
	free(text);
	json_decref(page);
}

static void
answer_file(struct fake *fake, const struct ask *ask, const char *name)
{
	bool posts =
	    strcmp(ask->verb, "run") == 0 || strcmp(ask->verb, "kill") == 0;
	char *file, *raw, *text;
	json_t *list;
	size_t len;

	file = name != NULL ? xasprintf("%s.%s.json", ask->verb, name) :
			      xasprintf("%s.json", ask->verb);
	raw = read_file(fake, file, &len);
	free(file);
	if (raw == NULL) {
		answer_error(ask->channel, ask->id, 404, "not_found",
		    "no such thing: %s", name != NULL ? name : ask->verb);
		return;
	}
	text = fill_times(raw);
	free(raw);
	list = json_loads(text, 0, NULL);
	if (answer_refusal(ask, text))
		;
	else if (name == NULL && json_is_array(list))
		answer_page(fake, ask, list);
	else
		answer_json(ask->channel, ask->id, posts ? 202 : 200, text);
	json_decref(list);
	free(text);
}

static void
answer_output(struct fake_peer *peer, const struct ask *ask, const char *run)
{
	const char *offset = ask_arg(ask, "offset");
	size_t len = 0, skip = offset ? strtoul(offset, NULL, 10) : 0;
	char *name, *text;

	name = xasprintf("output.%s", run);
	text = read_file(peer->fake, name, &len);
	free(name);
	if (text == NULL) {
		answer_error(ask->channel, ask->id, 404, "not_found",
		    "no run \"%s\"", run);
		return;
	}
	if (skip > len)
		skip = len;
	answer_begin(ask->channel, ask->id, 200, "application/octet-stream");
	if (strstr(run, "endless") != NULL || ask_arg(ask, "follow") != NULL) {
		memmove(text, text + skip, len - skip + 1);
		fake_stream_start(peer, ask->id, text, len - skip,
		    strstr(run, "endless") != NULL);
		return;
	}
	answer_data(ask->channel, ask->id, text + skip, len - skip);
	answer_end(ask->channel, ask->id, NULL);
	free(text);
}

static void
answer_huge(const struct ask *ask)
{
	char *block = xcalloc(1, (size_t)1 << 20);
	size_t i;

	answer_begin(ask->channel, ask->id, 200, "application/octet-stream");
	for (i = 0; i < HUGE_SIZE >> 20; i++)
		answer_data(ask->channel, ask->id, block, (size_t)1 << 20);
	answer_end(ask->channel, ask->id, NULL);
	free(block);
}

static void
tell_events(const struct fake_peer *peer)
{
	size_t len;
	char *text = read_file(peer->fake, "events", &len);

	if (text != NULL && peer->events != 0)
		answer_data(peer->channel, peer->events, text, len);
	free(text);
}

static bool
has(const char *name, const char *word)
{
	return name != NULL && strstr(name, word) != NULL;
}

int
fake_ask(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct fake_peer *peer = arg;
	struct ask ask;
	const char *name;

	if (ask_decode(&ask, channel, message) == -1)
		return err_set(err, "malformed");
	note_ask(peer->fake, &ask);
	name = ask_arg(&ask, "run");
	if (name == NULL && strcmp(ask.verb, "runs") != 0)
		name = ask_arg(&ask, "job");
	if (has(name, "die")) {
		answer_begin(channel, ask.id, 200, "text/plain");
		answer_data(channel, ask.id, "some", 4);
		channel_flush(channel);
		fake_die(peer);
	} else if (has(name, "rubbish")) {
		answer_data(channel, ask.id, "no begin", 8);
	} else if (has(name, "huge")) {
		answer_huge(&ask);
	} else if (strcmp(ask.verb, "output") == 0) {
		answer_output(peer, &ask, name);
	} else if (strcmp(ask.verb, "events") == 0) {
		peer->events = ask.id;
		answer_begin(channel, ask.id, 200, "text/event-stream");
	} else if (!has(name, "slow")) {
		if (strcmp(ask.verb, "status") == 0)
			tell_events(peer);
		answer_file(peer->fake, &ask, name);
	}
	return 0;
}

int
fake_cancel(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct fake_peer *peer = arg;

	note(peer->fake, "cancel");
	fake_stream_stop(peer->fake, peer, message->id);
	return 0;
}
