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
	in_port_t port = 0;
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

int
address_net_parse(const char *text, struct address_net *net, struct err *err)
{
	const char *slash = strchrnul(text, '/');
	char host[ADDRESS_TEXT_MAX];
	unsigned long bits, most;
	char *end = NULL;

	memset(net, 0, sizeof(*net));
	snprintf(host, sizeof(host), "%.*s", (int)(slash - text), text);
	net->family = strchr(host, ':') != NULL ? AF_INET6 : AF_INET;
	most = net->family == AF_INET6 ? 128 : 32;
	if (inet_pton(net->family, host, net->ip) != 1)
		return err_set(err,
		    "\"%.64s\" is no address or network; write 10.1.2.3 or "
		    "10.0.0.0/8",
		    text);
	bits = most;
	if (*slash == '/')
		bits = strtoul(slash + 1, &end, 10);
	if (*slash == '/' &&
	    (slash[1] < '0' || slash[1] > '9' || *end != '\0' || bits > most))
		return err_set(err,
		    "\"%.64s\": write a number from 0 to %lu behind the \"/\"",
		    text, most);
	net->bits = (unsigned)bits;
	return 0;
}

/* Its bytes, and as which family they count. */
static const unsigned char *
bytes_of(const struct address *a, int *family_r)
{
	const unsigned char *ip;

	*family_r = AF_INET;
	if (a->sa.ss_family == AF_INET)
		return (const unsigned char *)&v4_of(a)->sin_addr;
	ip = (const unsigned char *)&v6_of(a)->sin6_addr;
	if (IN6_IS_ADDR_V4MAPPED(&v6_of(a)->sin6_addr))
		return ip + 12;
	*family_r = AF_INET6;
	return ip;
}

bool
address_net_has(const struct address_net *net, const struct address *a)
{
	const unsigned char *ip;
	unsigned whole = net->bits / 8, rest = net->bits % 8;
	int family;

	if (a->sa.ss_family != AF_INET && a->sa.ss_family != AF_INET6)
		return false;
	ip = bytes_of(a, &family);
	if (family != net->family || memcmp(ip, net->ip, whole) != 0)
		return false;
	return rest == 0 || (ip[whole] ^ net->ip[whole]) >> (8 - rest) == 0;
}

bool
address_is_near(const struct address *a, const struct address *b)
{
	const unsigned char *x, *y;
	int family, other;

	x = bytes_of(a, &family);
	y = bytes_of(b, &other);
	return family == other && memcmp(x, y, family == AF_INET ? 4 : 8) == 0;
}
