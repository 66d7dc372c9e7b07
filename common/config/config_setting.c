#include "config/config_setting.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "config/config_value.h"
#include "config/section/config_api.h"
#include "config/section/config_cluster.h"
#include "config/section/conninfo.h"

static void *
field(struct setting_file *file, const struct setting *setting)
{
	return (char *)&file->config + setting->offset;
}

const char *
setting_keep(struct setting_file *file, char *s)
{
	array_reserve(&file->strings, &file->cap, file->nstrings + 1,
	    sizeof(*file->strings));
	file->strings[file->nstrings++] = s;
	return s;
}

const char *
setting_words(struct setting_file *file, const char *value, char between,
    int (*check)(const char *word, struct err *err), struct err *err)
{
	static const char separators[] = ", \t";
	struct strbuf b = STRBUF_INIT;
	size_t len, start;

	for (const char *p = value + strspn(value, separators); *p != '\0';
	     p += len, p += strspn(p, separators)) {
		len = strcspn(p, separators);
		if (b.len > 0)
			strbuf_addch(&b, between);
		start = b.len;
		strbuf_add(&b, p, len);
		if (check(strbuf_str(&b) + start, err) == -1) {
			strbuf_fini(&b);
			return NULL;
		}
	}
	if (b.len == 0)
		strbuf_adds(&b, "");
	return setting_keep(file, strbuf_take(&b));
}

static int
parse_string(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	const char **p = field(file, setting);

	*p = setting_keep(file, xstrdup(value));
	return 0;
}

static int
parse_path(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	const char **p = field(file, setting);

	*p = setting_keep(file, config_resolve(file->config.path, value));
	return 0;
}

/* A path, or none. */
static int
parse_program(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	if (strcmp(value, "none") == 0)
		return parse_string(file, setting, "", err);
	return parse_path(file, setting, value, err);
}

/* Paths with blanks between, as lines. */
static int
parse_paths(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	const char **field_p = field(file, setting);
	struct strbuf b = STRBUF_INIT;

	for (const char *p = value; *p != '\0'; p += strspn(p, " \t")) {
		size_t len = strcspn(p, " \t");
		char *word = xstrndup(p, len);
		char *path = config_resolve(file->config.path, word);

		strbuf_addf(&b, "%s%s", b.len > 0 ? "\n" : "", path);
		free(path);
		free(word);
		p += len;
	}
	*field_p = setting_keep(file, xstrdup(strbuf_str(&b)));
	strbuf_fini(&b);
	return 0;
}

static int
parse_integer(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	int64_t *p = field(file, setting);
	size_t len = strlen(value);
	int64_t n = strtoll(value, NULL, 10);

	if (strspn(value, "0123456789") != len || len > 18 ||
	    n < setting->min || n > setting->max)
		return err_set(err,
		    "write a number from %" PRId64 " to %" PRId64, setting->min,
		    setting->max);
	*p = n;
	return 0;
}

static int
parse_duration(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	return duration_parse_ms(value, field(file, setting), err);
}

/* A duration from min to max ms. */
static int
parse_span(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	int64_t *p = field(file, setting);
	char least[DURATION_TEXT_MAX], most[DURATION_TEXT_MAX];

	if (duration_parse_ms(value, p, err) == -1)
		return -1;
	if (*p >= setting->min && *p <= setting->max)
		return 0;
	return err_set(err, "write a duration from %s to %s",
	    duration_format_ms(least, setting->min),
	    duration_format_ms(most, setting->max));
}

/* A duration or none, which is 0. */
static int
parse_age(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	int64_t *p = field(file, setting);

	*p = 0;
	if (strcmp(value, "none") == 0)
		return 0;
	if (duration_parse_ms(value, p, err) == -1)
		return -1;
	if (*p == 0)
		return err_set(err,
		    "write how long, such as 30d, or none to keep for ever");
	return 0;
}

/* A number or none, which is 0. */
static int
parse_count(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	int64_t *p = field(file, setting);

	*p = 0;
	if (strcmp(value, "none") == 0)
		return 0;
	return parse_integer(file, setting, value, err);
}

/* Bytes, at most max. */
static int
parse_size(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	int64_t *p = field(file, setting);
	uint64_t n;

	if (size_parse(value, &n, err) == -1)
		return -1;
	if (n > (uint64_t)setting->max)
		return err_set(err, "too much; at most 1G");
	*p = (int64_t)n;
	return 0;
}

static int
parse_log(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	if (strcmp(value, "stderr") == 0 || strcmp(value, "syslog") == 0)
		return parse_string(file, setting, value, err);
	return parse_path(file, setting, value, err);
}

static int
parse_cgroup(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	if (*value != '/' && strcmp(value, "auto") != 0 &&
	    strcmp(value, "off") != 0)
		return err_set(err,
		    "write auto, off, or the path of a control group, like "
		    "/sys/fs/cgroup/belfry");
	return parse_string(file, setting, value, err);
}

static int
parse_level(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	int level = log_level_parse(value);

	if (level == -1)
		return err_set(err, "write error, warn, info or debug");
	file->config.log_level = (enum log_level)level;
	return 0;
}

static int
parse_log_format(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	if (strcmp(value, "text") != 0 && strcmp(value, "json") != 0)
		return err_set(err, "write text or json");
	file->config.log_json = strcmp(value, "json") == 0;
	return 0;
}

static int
parse_node_name(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";

	if (value[strspn(value, letters)] != '\0' || strlen(value) > 128)
		return err_set(err,
		    "a name has letters, digits, \".\", \"_\" "
		    "and \"-\", at most 128");
	return parse_string(file, setting, value, err);
}

static int
parse_mode(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	size_t len = strlen(value);
	unsigned long n = strtoul(value, NULL, 8);

	if (strspn(value, "01234567") != len || len > 5 || n > 0777)
		return err_set(err, "write an octal number like 0660");
	file->config.socket_mode = (mode_t)n;
	return 0;
}

static int
parse_socket_role(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	static const char *const words[] = {
	    [SOCKET_CRONTAB] = "crontab",
	    [SOCKET_VIEWER] = "viewer",
	    [SOCKET_OPERATOR] = "operator",
	};

	for (size_t i = 0; i < nitems(words); i++)
		if (strcmp(words[i], value) == 0) {
			file->config.socket_role = (enum socket_role)i;
			return 0;
		}
	return err_set(err, "write operator, viewer or crontab");
}

static int
parse_store_type(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	if (strcmp(value, "sqlite") == 0)
		file->config.store_type = STORE_SQLITE;
	else if (strcmp(value, "postgres") == 0)
		file->config.store_type = STORE_POSTGRES;
	else
		return err_set(err, "write sqlite or postgres");
	return 0;
}

static int
parse_conninfo(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	if (conninfo_check(value, err) == -1)
		return -1;
	return parse_string(file, setting, value, err);
}

#define AT(member) offsetof(struct config, member)
#define MINUTE     60000

/* Every section and key, but those of [defaults]. */
const struct setting settings[] = {
    {"master", "state-dir", parse_path, AT(state_dir), 0, 0, "/var/lib/belfry"},
    {"master", "run-dir", parse_path, AT(run_dir), 0, 0, "/run/belfry"},
    {"master", "jobs-dir", parse_path, AT(jobs_dir), 0, 0,
	"/etc/belfry/jobs.d"},
    {"master", "user", parse_string, AT(user), 0, 0, ""},
    {"master", "group", parse_string, AT(group), 0, 0, ""},
    {"master", "max-running", parse_integer, AT(max_running), 0, 1000000, "0"},
    {"master", "launch-rate", parse_integer, AT(launch_rate), 0, 1000000, "0"},
    {"master", "shutdown-timeout", parse_duration, AT(shutdown_ms), 0, 0, "3m"},
    {"master", "log", parse_log, AT(log), 0, 0, "stderr"},
    {"master", "log-level", parse_level, AT(log_level), 0, 0, "info"},
    {"master", "log-format", parse_log_format, 0, 0, 0, "text"},
    {"master", "node-name", parse_node_name, AT(node_name), 0, 0, NULL},
    {"master", "plugin-dir", parse_path, AT(plugin_dir), 0, 0,
	BELFRY_PLUGIN_DIR},
    {"master", "cgroup", parse_cgroup, AT(cgroup), 0, 0, "auto"},
    {"master", "tags", config_parse_tags, AT(tags), 0, 0, ""},
    {"api", "socket", parse_path, AT(socket), 0, 0, NULL},
    {"api", "socket-mode", parse_mode, AT(socket_mode), 0, 0, "0660"},
    {"api", "socket-role", parse_socket_role, 0, 0, 0, "operator"},
    {"api", "listen", config_parse_listen, 0, 0, 0, NULL},
    {"api", "tokens", parse_path, AT(tokens), 0, 0, NULL},
    {"api", "tls-cert", parse_path, AT(tls_cert), 0, 0, NULL},
    {"api", "tls-key", parse_path, AT(tls_key), 0, 0, NULL},
    {"api", "tls-client-ca", parse_path, AT(tls_client_ca), 0, 0, NULL},
    {"api", "proxy", config_parse_proxy, 0, 0, 0, NULL},
    {"api", "proxy-header", config_parse_header, 0, 0, 0, "X-Forwarded-User"},
    {"api", "operators", config_parse_users, AT(operators), 0, 0, ""},
    {"api", "admins", config_parse_users, AT(admins), 0, 0, ""},
    {"store", "type", parse_store_type, 0, 0, 0, "sqlite"},
    {"store", "path", parse_path, AT(store_path), 0, 0, NULL},
    {"store", "conninfo", parse_conninfo, AT(store_conninfo), 0, 0, NULL},
    {"store", "password-file", parse_path, AT(store_password_file), 0, 0, NULL},
    {"store", "keep", parse_age, AT(keep_ms), 0, 0, "30d"},
    {"store", "keep-runs", parse_count, AT(keep_runs), 1, 100000, "none"},
    {"store", "keep-failures", parse_age, AT(keep_failures_ms), 0, 0, "90d"},
    {"store", "keep-audit", parse_age, AT(keep_audit_ms), 0, 0, "365d"},
    {"store", "output-limit", parse_size, AT(output_limit), 0, 1 << 30, "1M"},
    {"cluster", "name", parse_node_name, AT(cluster.name), 0, 0, "belfry"},
    {"cluster", "redis", config_parse_redis, AT(cluster.redis), 0, 0, NULL},
    {"cluster", "password-file", parse_path, AT(cluster.password_file), 0, 0,
	NULL},
    {"cluster", "heartbeat", parse_span, AT(cluster.heartbeat_ms), 100, MINUTE,
	"2s"},
    {"cluster", "session-ttl", parse_span, AT(cluster.session_ttl_ms), 500,
	10 * MINUTE, "10s"},
    {"cluster", "lock-delay", parse_span, AT(cluster.lock_delay_ms), 0, MINUTE,
	"3s"},
    {"cluster", "rank-delay", parse_span, AT(cluster.rank_delay_ms), 10, MINUTE,
	"150ms"},
    {"cluster", "guard", config_parse_guard, 0, 0, 0, "off"},
    {"crontab", "files", parse_paths, AT(crontabs.files), 0, 0, ""},
    {"crontab", "spool", parse_path, AT(crontabs.spool), 0, 0, NULL},
    {"crontab", "allow", parse_path, AT(cron_allow), 0, 0, "/etc/cron.allow"},
    {"crontab", "deny", parse_path, AT(cron_deny), 0, 0, "/etc/cron.deny"},
    {"crontab", "sendmail", parse_program, AT(sendmail), 0, 0,
	"/usr/sbin/sendmail"},
    {"crontab", "mail", parse_string, AT(cron_mail), 0, 0, ""},
    {NULL, NULL, NULL, 0, 0, 0, NULL},
};
_Static_assert(nitems(settings) <= SETTING_MAX, "SETTING_MAX is too small");

const char *
config_plugin_dir(void)
{
	return BELFRY_PLUGIN_DIR;
}
