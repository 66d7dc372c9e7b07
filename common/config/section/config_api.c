#include "config/section/config_api.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/mem.h"

static int
check_listen(const char *word, struct err *err)
{
	struct address a;

	return address_parse(word, &a, err);
}

int
config_parse_listen(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	struct config *config = &file->config;
	const char *addresses;
	struct address a;

	if (strcmp(value, "off") == 0)
		return 0;
	addresses = setting_words(file, value, '\n', check_listen, err);
	if (addresses == NULL)
		return -1;
	if (*addresses == '\0')
		return err_set(err, "write ADDRESS:PORT or off");
	config->listen = addresses;
	if (config_listen_address(config, CONFIG_LISTEN_MAX, &a))
		return err_set(err, "at most %d addresses are possible",
		    CONFIG_LISTEN_MAX);
	return 0;
}

bool
config_listen_address(
    const struct config *config, unsigned i, struct address *a)
{
	const char *p = config->listen;
	char text[ADDRESS_TEXT_MAX];
	struct err err;

	for (; p != NULL && i > 0; i--)
		p = (p = strchr(p, '\n')) != NULL ? p + 1 : NULL;
	if (p == NULL || *p == '\0')
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(p, "\n"), p);
	return address_parse(text, a, &err) == 0;
}

static int
check_proxy(const char *word, struct err *err)
{
	struct address_net net;

	return address_net_parse(word, &net, err);
}

int
config_parse_proxy(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	const char *nets = setting_words(file, value, '\n', check_proxy, err);

	if (nets == NULL)
		return -1;
	if (*nets == '\0')
		return err_set(err, "write an address, such as 127.0.0.1");
	file->config.proxy = nets;
	return 0;
}

int
config_parse_header(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789-_";

	if (value[strspn(value, letters)] != '\0')
		return err_set(err,
		    "a header's name has letters, digits, \"-\" and \"_\", "
		    "such as X-Forwarded-User");
	file->config.proxy_header = setting_keep(file, xstrdup(value));
	return 0;
}

static int
check_user(const char *word, struct err *err)
{
	if (strlen(word) <= CONFIG_USER_MAX)
		return 0;
	return err_set(
	    err, "a user's name has at most %d bytes", CONFIG_USER_MAX);
}

int
config_parse_users(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err)
{
	const char **p =
	    (const char **)((char *)&file->config + setting->offset);

	*p = setting_words(file, value, ' ', check_user, err);
	return *p == NULL ? -1 : 0;
}

static bool
is_beyond_loopback(const struct config *config)
{
	struct address a;

	for (unsigned i = 0; config_listen_address(config, i, &a); i++)
		if (!address_is_loopback(&a))
			return true;
	return false;
}

int
config_api_check(
    const struct config *config, const char **key_r, struct err *err)
{
	*key_r = "listen";
	if (config->tokens == NULL && is_beyond_loopback(config))
		return err_set(err,
		    "listen: an address that other machines reach needs "
		    "tokens; write tokens = FILE and make one with \"belfry "
		    "token add\", or listen on 127.0.0.1");
	*key_r = "tls-cert";
	if (config->tls_cert != NULL && config->tls_key == NULL)
		return err_set(err, "tls-cert needs its key; write tls-key");
	*key_r = "tls-key";
	if (config->tls_key != NULL && config->tls_cert == NULL)
		return err_set(
		    err, "tls-key needs its certificate; write tls-cert");
	*key_r = "tls-client-ca";
	if (config->tls_client_ca != NULL && config->tls_cert == NULL)
		return err_set(
		    err, "tls-client-ca needs TLS; write tls-cert and tls-key");
	return 0;
}
