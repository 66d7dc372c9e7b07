/* Requests to the API by libcurl. */
#include "cli/client/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/escape.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/client/client_internal.h"
#include "config/config.h"

#define BODY_MAX  ((size_t)256 << 20)
#define TOKEN_MAX 4096

/* The api gives up after 30 s, and says so. */
#define TIMEOUT_DEFAULT_MS 40000

#define CONFIG_DEFAULT BELFRY_SYSCONFDIR "/belfry/belfry.conf"
#define SOCKET_DEFAULT "/run/belfry/belfry.sock"

/* Where the socket is: NULL with err when the configuration is bad. */
static char *
find_socket(const struct cli *cli, struct err *err)
{
	const char *path = cli->config_path;
	char *socket;

	if (cli->socket != NULL)
		return xstrdup(cli->socket);
	/* Nobody named a file, and there is none: all is at its default. */
	if (path == NULL && access(CONFIG_DEFAULT, F_OK) == -1)
		return xstrdup(SOCKET_DEFAULT);
	socket = config_find_socket(path != NULL ? path : CONFIG_DEFAULT, err);
	/* The daemon that runs has another one in force. */
	if (socket != NULL && err->text[0] != '\0')
		fprintf(stderr, "belfry: %s\n", err->text);
	return socket;
}

/* Its first line; others must not be able to read it. */
static char *
read_token(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *text = NULL;
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1)
		err_errno(err, "cannot open --token-file %s", path);
	else if (S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
		err_set(err,
		    "--token-file %s can be read by others; chmod 600 it",
		    path);
	else if ((text = fd_read_all(fd, TOKEN_MAX, NULL)) == NULL)
		err_errno(err, "cannot read --token-file %s", path);
	fd_close(&fd);
	if (text != NULL)
		text[strcspn(text, "\r\n")] = '\0';
	return text;
}

/* On the command line everybody would see it. */
static int
find_token(struct client *client, const struct cli *cli, struct err *err)
{
	const char *token = getenv("BELFRY_TOKEN");

	if (cli->token_file != NULL)
		client->token = read_token(cli->token_file, err);
	else if (token != NULL && *token != '\0')
		client->token = xstrdup(token);
	return cli->token_file != NULL && client->token == NULL ? -1 : 0;
}

struct client *
client_new(const struct cli *cli, struct err *err)
{
	struct client *client;
	char *socket = NULL;

	if (cli->url != NULL && strncmp(cli->url, "http://", 7) != 0 &&
	    strncmp(cli->url, "https://", 8) != 0) {
		err_set(err, "-H %s: not a URL; http://HOST:PORT is", cli->url);
		return NULL;
	}
	if (cli->url == NULL && (socket = find_socket(cli, err)) == NULL)
		return NULL;
	client = xcalloc(1, sizeof(*client));
	client->socket = socket;
	client->url = cli->url;
	client->ca_file = cli->ca_file;
	client->timeout_ms =
	    cli->timeout_ms > 0 ? cli->timeout_ms : TIMEOUT_DEFAULT_MS;
	if (cli->url != NULL && find_token(client, cli, err) == -1) {
		client_free(client);
		return NULL;
	}
	client->curl = curl_easy_init();
	client->multi = curl_multi_init();
	if (client->curl == NULL || client->multi == NULL) {
		err_set(err, "libcurl cannot be used");
		client_free(client);
		return NULL;
	}
	return client;
}

void
client_free(struct client *client)
{
	if (client == NULL)
		return;
	curl_easy_cleanup(client->curl);
	curl_multi_cleanup(client->multi);
	free(client->socket);
	if (client->token != NULL)
		explicit_bzero(client->token, strlen(client->token));
	free(client->token);
	free(client);
}

void
client_pause(int ms)
{
	const struct timespec ts = {ms / 1000, ms % 1000 * 1000000L};

	nanosleep(&ts, NULL);
}

char *
client_path(const char *prefix, const char *name, const char *suffix)
{
	struct strbuf path = STRBUF_INIT;

	strbuf_adds(&path, prefix);
	escape_url(&path, name, strlen(name), "");
	strbuf_adds(&path, suffix);
	return strbuf_take(&path);
}

/* </v1/runs?before=x>; rel="next" */
static void
take_link(struct client_answer *a, const char *value)
{
	size_t n;

	value += strspn(value, " ");
	n = strcspn(value, ">");
	if (*value != '<' || value[n] != '>' ||
	    strstr(value + n, "rel=\"next\"") == NULL)
		return;
	free(a->next);
	a->next = xstrndup(value + 1, n - 1);
}

static size_t
header_cb(char *text, size_t size, size_t n, void *arg)
{
	struct client_answer *a = arg;
	char *line = xstrndup(text, n);

	if (strncasecmp(line, "Link:", 5) == 0)
		take_link(a, line + 5);
	if (strncasecmp(line, "Retry-After:", 12) == 0)
		a->not_done = true;
	free(line);
	return n;
}

static size_t
body_cb(char *text, size_t size, size_t n, void *arg)
{
	struct client_answer *a = arg;

	if (a->body.len + n > BODY_MAX)
		return 0;
	strbuf_add(&a->body, text, n);
	return n;
}

void
client_answer_reset(struct client_answer *a)
{
	strbuf_reset(&a->body);
	free(a->next);
	a->next = NULL;
	a->not_done = false;
	a->status = 0;
	a->code = CURLE_OK;
	a->os_error = 0;
}

void
client_answer_fini(struct client_answer *a)
{
	client_answer_reset(a);
	strbuf_fini(&a->body);
}

void
client_prepare(struct client *client, const char *path, struct client_answer *a)
{
	CURL *curl = client->curl;
	size_t n = client->url != NULL ? strlen(client->url) : 0;
	char *url;

	while (n > 0 && client->url[n - 1] == '/')
		n--;
	url = n > 0 ? xasprintf("%.*s%s", (int)n, client->url, path) :
		      xasprintf("http://localhost%s", path);
	client_answer_reset(a);
	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, header_cb);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, a);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body_cb);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, a);
	if (client->ca_file != NULL)
		curl_easy_setopt(curl, CURLOPT_CAINFO, client->ca_file);
	if (client->token != NULL) {
		curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
		curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, client->token);
	}
	if (client->url == NULL) {
		curl_easy_setopt(
		    curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
		/* No http_proxy of the environment may come in between. */
		curl_easy_setopt(curl, CURLOPT_PROXY, "");
	}
	free(url);
}

void
client_take_result(
    struct client *client, struct client_answer *a, CURLcode code)
{
	a->code = code;
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &a->status);
	curl_easy_getinfo(client->curl, CURLINFO_OS_ERRNO, &a->os_error);
}

bool
client_may_come_back(const struct client_answer *a)
{
	return a->code == CURLE_GOT_NOTHING || a->code == CURLE_RECV_ERROR ||
	    a->code == CURLE_SEND_ERROR || a->code == CURLE_PARTIAL_FILE ||
	    (a->code == CURLE_OK && a->status == 503);
}

/*
 * More wait to be accepted than the socket holds; nothing was sent. libcurl
 * takes EAGAIN for a connection on its way, and finds no other reason later.
 */
static bool
has_no_room(const struct client_answer *a)
{
	return a->code == CURLE_COULDNT_CONNECT && a->os_error == 0;
}

static int64_t
boot_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* One try, which has ms. */
static void
ask_once(struct client *client, const char *path, const char *post, int64_t ms,
    struct client_answer *a)
{
	struct curl_slist *headers = NULL;

	/* For an empty body, too: libcurl would say that it is a form. */
	if (post != NULL)
		headers = curl_slist_append(
		    headers, "Content-Type: application/json");
	client_prepare(client, path, a);
	if (post != NULL)
		curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, post);
	curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, (long)ms);
	client_take_result(client, a, curl_easy_perform(client->curl));
	a->changes = post != NULL;
	curl_slist_free_all(headers);
}

/*
 * Waits a little for a part of the daemon that restarts. What changes
 * something is asked for again only when it surely was not done.
 */
static void
ask(struct client *client, const char *path, const char *post,
    struct client_answer *a)
{
	const int64_t end_ms = boot_ms() + client->timeout_ms;
	int64_t left_ms = client->timeout_ms;
	bool again;

	for (int tries = 0; tries <= CLIENT_RETRIES; tries++) {
		ask_once(client, path, post, left_ms, a);
		again = has_no_room(a) ||
		    (post != NULL ? a->status == 503 && a->not_done :
				    client_may_come_back(a));
		left_ms = end_ms - boot_ms() - CLIENT_PAUSE_MS;
		if (!again || left_ms <= 0)
			break;
		client_pause(CLIENT_PAUSE_MS);
	}
}

static int
parse_answer(const struct client_answer *a, json_t **json_r, struct err *err)
{
	json_error_t error;

	*json_r = json_loadb(strbuf_str(&a->body), a->body.len, 0, &error);
	if (*json_r == NULL) {
		err_set(err, "the daemon's answer is not JSON: %s", error.text);
		return CLI_REFUSED;
	}
	return CLI_GOOD;
}

/* Asks, text NULL for a GET; a is the caller's to finish whatever comes. */
static int
exchange(struct client *client, const char *path, const char *text,
    struct client_answer *a, int *http_r, struct err *err)
{
	ask(client, path, text, a);
	if (http_r != NULL)
		*http_r = (int)a->status;
	return client_judge(client, a, err);
}

static int
exchange_json(struct client *client, const char *path, const char *text,
    json_t **json_r, int *http_r, struct err *err)
{
	struct client_answer a = CLIENT_ANSWER_INIT;
	int status = exchange(client, path, text, &a, http_r, err);

	if (status == CLI_GOOD)
		status = parse_answer(&a, json_r, err);
	client_answer_fini(&a);
	return status;
}

int
client_get(struct client *client, const char *path, json_t **json_r,
    int *http_r, struct err *err)
{
	return exchange_json(client, path, NULL, json_r, http_r, err);
}

int
client_get_text(struct client *client, const char *path, char **text_r,
    int *http_r, struct err *err)
{
	struct client_answer a = CLIENT_ANSWER_INIT;
	int status = exchange(client, path, NULL, &a, http_r, err);

	if (status == CLI_GOOD)
		*text_r = xstrdup(strbuf_str(&a.body));
	client_answer_fini(&a);
	return status;
}

int
client_post(struct client *client, const char *path, json_t **json_r,
    int *http_r, struct err *err)
{
	return exchange_json(client, path, "", json_r, http_r, err);
}

int
client_post_json(struct client *client, const char *path, const json_t *body,
    json_t **json_r, struct err *err)
{
	char *text = json_dumps(body, JSON_COMPACT);
	int status;

	/* What came from the command line need not be valid text. */
	if (text == NULL) {
		err_set(err, "an argument is no valid UTF-8");
		return CLI_USAGE;
	}
	status = exchange_json(client, path, text, json_r, NULL, err);
	free(text);
	return status;
}

/* Hands on the elements of one page. False: enough. */
static bool
each_element(json_t *page, size_t max, size_t *n,
    int (*each)(void *arg, json_t *element), void *arg)
{
	json_t *element;
	size_t i;

	json_array_foreach(page, i, element)
	{
		if ((max > 0 && *n == max) || each(arg, element) != 0)
			return false;
		++*n;
	}
	return true;
}

int
client_list(struct client *client, const char *path, size_t max,
    int (*each)(void *arg, json_t *element), void *arg, bool *more_r,
    struct err *err)
{
	struct client_answer a = CLIENT_ANSWER_INIT;
	char *next = xstrdup(path);
	bool go_on = true;
	json_t *page;
	size_t n = 0;
	int status = CLI_GOOD;

	while (go_on && next != NULL && status == CLI_GOOD) {
		ask(client, next, NULL, &a);
		free(next);
		next = a.next;
		a.next = NULL;
		status = client_judge(client, &a, err);
		if (status == CLI_GOOD)
			status = parse_answer(&a, &page, err);
		if (status != CLI_GOOD)
			break;
		go_on = each_element(page, max, &n, each, arg) &&
		    (max == 0 || n < max);
		json_decref(page);
	}
	if (more_r != NULL)
		*more_r = next != NULL || !go_on;
	free(next);
	client_answer_fini(&a);
	return status;
}
