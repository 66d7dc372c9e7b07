#include "config/config_api.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"

static int
check_listen(const char *word, struct err *err)
{
	struct address a;

	if (address_parse(word, &a, err) == -1)
		return -1;
	if (!address_is_loopback(&a))
		return err_set(err,
		    "\"%.64s\" is reached from other machines; write an "
		    "address of this one, such as 127.0.0.1:8080",
		    word);
	return 0;
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
