/*
 * Internet addresses as people write them, with a port to listen on, or as a
 * network to compare with. Pure: no name is looked up.
 */
#ifndef BELFRY_BASE_ADDRESS_H
#define BELFRY_BASE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"

/* "[0123:4567:89ab:cdef:0123:4567:255.255.255.255]:65535" and a NUL. */
#define ADDRESS_TEXT_MAX 64

struct address {
	struct sockaddr_storage sa; /* AF_INET or AF_INET6 */
	socklen_t len;
};

/*
 * "127.0.0.1:8080", "[::1]:8080", "localhost:8080" (127.0.0.1) or "8080" (of
 * localhost); the port is 1 to 65535. 0, or -1 with err.
 */
int address_parse(const char *text, struct address *a_r, struct err *err);

/* The same form; the text is in buf. */
const char *address_format(const struct address *a, char buf[ADDRESS_TEXT_MAX]);

/* Without the port: "127.0.0.1", "::1". */
const char *
address_format_host(const struct address *a, char buf[ADDRESS_TEXT_MAX]);

/* A network, or one address. */
struct address_net {
	int family;
	unsigned char ip[16];
	unsigned bits; /* of it that count */
};

/* "10.0.0.0/8", "127.0.0.1", "fd00::/8". 0, or -1 with err. */
int
address_net_parse(const char *text, struct address_net *net_r, struct err *err);

/* Is a in it? IPv4 in IPv6 form counts as IPv4. */
bool address_net_has(const struct address_net *net, const struct address *a);

/* Are they the same, or two of an IPv6 network of 64 bits? */
bool address_is_near(const struct address *a, const struct address *b);

/* Can only this machine reach it, or have it? */
bool address_is_loopback(const struct address *a);

#endif
