#include "config/section/config_cluster.h"

#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "config/quote.h"
#include "placement/hosts.h"
#include "redis/url.h"

/* So many servers at most, as man belfry.conf has it. */
#define CONFIG_REDIS_MAX 9

/* A session outlives so many lost heartbeats at least. */
#define HEARTBEATS_MIN 4

static int
check_tag(const char *tag, struct err *err)
{
	char quoted[QUOTE_SIZE];

	if (hosts_is_word(tag))
		return 0;
	return err_set(err,
	    "bad tag %s; a tag has letters, digits, \".\", \"_\" and \"-\"",
	    quote(quoted, tag));
}

int
config_parse_tags(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	const char *tags = setting_words(file, value, ' ', check_tag, err);

	if (tags == NULL)
		return -1;
	file->config.tags = tags;
	return 0;
}

/* Nothing here repeats the URL, which may hold a password. */
static int
check_url(const char *text, struct err *err)
{
	struct redis_url *url;

	if (strncmp(text, "redis://", 8) != 0 &&
	    strncmp(text, "unix:/", 6) != 0)
		return err_set(err,
		    "write redis://HOST:PORT or unix:/PATH, with commas "
		    "between several");
	url = redis_url_parse(text, err);
	if (url == NULL)
		return -1;
	redis_url_free(url);
	return 0;
}

static bool
is_same(const struct redis_url *a, const struct redis_url *b)
{
	if (a->path != NULL || b->path != NULL)
		return a->path != NULL && b->path != NULL &&
		    strcmp(a->path, b->path) == 0;
	return a->port == b->port && strcmp(a->host, b->host) == 0;
}

/* One that is counted twice makes a majority of fewer servers. */
static int
check_servers(const char *urls, struct err *err)
{
	struct redis_url *list[CONFIG_REDIS_MAX + 1];
	size_t n = redis_urls_parse(urls, NULL, list, nitems(list), err);
	int rc = 0;

	if (n > CONFIG_REDIS_MAX)
		rc = err_set(err, "at most %d servers", CONFIG_REDIS_MAX);
	for (size_t i = 0; i < n && rc == 0; i++)
		for (size_t j = 0; j < i && rc == 0; j++)
			if (is_same(list[i], list[j]))
				rc = err_set(err,
				    "servers %zu and %zu are the same one; "
				    "each must be one of its own",
				    j + 1, i + 1);
	while (n > 0)
		redis_url_free(list[--n]);
	return rc;
}

int
config_parse_redis(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	const char *urls = setting_words(file, value, '\n', check_url, err);

	if (urls == NULL || check_servers(urls, err) == -1)
		return -1;
	file->config.cluster.redis = urls;
	return 0;
}

int
config_parse_guard(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	static const char *const words[] = {"off", "best-effort", "strict"};

	for (size_t i = 0; i < nitems(words); i++) {
		if (strcmp(words[i], value) != 0)
			continue;
		file->config.cluster.guard = (enum cluster_guard)i;
		return 0;
	}
	return err_set(err, "write off, best-effort or strict");
}

static size_t
count_urls(const char *urls)
{
	size_t n = 1;

	for (; *urls != '\0'; urls++)
		n += *urls == '\n';
	return n;
}

int
config_cluster_check(
    const struct config *config, const char **key_r, struct err *err)
{
	const struct config_cluster *cluster = &config->cluster;
	char text[DURATION_TEXT_MAX];

	*key_r = "";
	if (cluster->redis == NULL)
		return err_set(err,
		    "[cluster] needs the key redis; write "
		    "redis = redis://HOST:6379");
	*key_r = "redis";
	if (count_urls(cluster->redis) > CLUSTER_REDIS_MAX)
		return err_set(err, "redis: at most %d servers are possible",
		    CLUSTER_REDIS_MAX);
	*key_r = "session-ttl";
	if (cluster->session_ttl_ms < HEARTBEATS_MIN * cluster->heartbeat_ms)
		return err_set(err,
		    "session-ttl is too short for this heartbeat; at least %d "
		    "times as long, %s",
		    HEARTBEATS_MIN,
		    duration_format_ms(
			text, HEARTBEATS_MIN * cluster->heartbeat_ms));
	*key_r = "guard";
	if (cluster->guard != CLUSTER_GUARD_OFF &&
	    config->store_type != STORE_POSTGRES)
		return err_set(err,
		    "guard needs PostgreSQL as the store; write guard = off, "
		    "or type = postgres in [store]");
	return 0;
}
