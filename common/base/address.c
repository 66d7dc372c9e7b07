#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXAMPLES "write ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080"

static int
parse_port(const char *text, in_port_t *port_r, struct err *err)
{
	size_t len = strlen(text);
	long n = strtol(text, NULL, 10);

	if (len == 0 || len > 5 || strspn(text, "0123456789") != len || n < 1 ||
	    n > 65535)
		return err_set(
		    err, "\"%.32s\" is no port from 1 to 65535", text);
	*port_r = htons((in_port_t)n);
	return 0;
}

static int
parse_v6(const char *host, in_port_t port, struct address *a, struct err *err)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&a->sa;

	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = port;
	a->len = sizeof(*sin6);
	if (inet_pton(AF_INET6, host, &sin6->sin6_addr) == 1)
		return 0;
	return err_set(err, "\"%.64s\" is no IPv6 address; " EXAMPLES, host);
}

static int
parse_v4(const char *host, in_port_t port, struct address *a, struct err *err)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)&a->sa;

	sin->sin_family = AF_INET;
	sin->sin_port = port;
	a->len = sizeof(*sin);
	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	if (inet_pton(AF_INET, host, &sin->sin_addr) == 1)
		return 0;
	return err_set(err, "\"%.64s\" is no IP address; " EXAMPLES, host);
}

int
address_parse(const char *text, struct address *a, struct err *err)
{
	const char *colon = strrchr(text, ':');
	bool v6 = *text == '[';
	char host[ADDRESS_TEXT_MAX];
	in_port_t port;
	int len;

	memset(a, 0, sizeof(*a));
	if (colon == NULL && strspn(text, "0123456789") == strlen(text))
		return parse_port(text, &port, err) == -1 ?
		    -1 :
		    parse_v4("localhost", port, a, err);
	if (colon == NULL || colon - text >= ADDRESS_TEXT_MAX ||
	    (v6 && colon[-1] != ']'))
		return err_set(err, "\"%.64s\" is no address; " EXAMPLES, text);
	if (parse_port(colon + 1, &port, err) == -1)
		return -1;
	len = (int)(colon - text) - (v6 ? 2 : 0);
	snprintf(host, sizeof(host), "%.*s", len, text + (v6 ? 1 : 0));
	return v6 ? parse_v6(host, port, a, err) : parse_v4(host, port, a, err);
}

static const struct sockaddr_in *
v4_of(const struct address *a)
{
	return (const struct sockaddr_in *)&a->sa;
}

static const struct sockaddr_in6 *
v6_of(const struct address *a)
{
	return (const struct sockaddr_in6 *)&a->sa;
}

const char *
address_format_host(const struct address *a, char buf[ADDRESS_TEXT_MAX])
{
	const void *ip = a->sa.ss_family == AF_INET ?
	    (const void *)&v4_of(a)->sin_addr :
	    (const void *)&v6_of(a)->sin6_addr;

	if (inet_ntop(a->sa.ss_family, ip, buf, ADDRESS_TEXT_MAX) == NULL)
		snprintf(buf, ADDRESS_TEXT_MAX, "?");
	return buf;
}

const char *
address_format(const struct address *a, char buf[ADDRESS_TEXT_MAX])
{
	char host[ADDRESS_TEXT_MAX];

	address_format_host(a, host);
	if (a->sa.ss_family == AF_INET)
		snprintf(buf, ADDRESS_TEXT_MAX, "%.45s:%u", host,
		    ntohs(v4_of(a)->sin_port));
	else
		snprintf(buf, ADDRESS_TEXT_MAX, "[%.45s]:%u", host,
		    ntohs(v6_of(a)->sin6_port));
	return buf;
}

bool
address_is_loopback(const struct address *a)
{
	if (a->sa.ss_family == AF_INET)
		return ntohl(v4_of(a)->sin_addr.s_addr) >> 24 == 127;
	return a->sa.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_LOOPBACK(&v6_of(a)->sin6_addr);
}
