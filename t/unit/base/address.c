/* Addresses as people write them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/address.h"

static const struct {
	const char *text;
	const char *is; /* NULL: an error */
	bool loopback;
} addresses[] = {
    {"127.0.0.1:8080", "127.0.0.1:8080", true},
    {"localhost:1", "127.0.0.1:1", true},
    {"65535", "127.0.0.1:65535", true},
    {"127.255.0.9:80", "127.255.0.9:80", true},
    {"[::1]:80", "[::1]:80", true},
    {"[0:0::1]:080", "[::1]:80", true},
    {"0.0.0.0:80", "0.0.0.0:80", false},
    {"[::]:80", "[::]:80", false},
    {"128.0.0.1:80", "128.0.0.1:80", false},
    {"[::ffff:127.0.0.1]:80", "[::ffff:127.0.0.1]:80", false},
    {"", NULL, false},
    {":80", NULL, false},
    {"0", NULL, false},
    {"65536", NULL, false},
    {"127.0.0.1", NULL, false},
    {"127.0.0.1:", NULL, false},
    {"127.0.0.1:+1", NULL, false},
    {"127.1:80", NULL, false},
    {"::1:80", NULL, false},
    {"[::1]80", NULL, false},
    {"[127.0.0.1]:80", NULL, false},
    {"example.org:80", NULL, false},
};

static void
test_addresses(void **state)
{
	char buf[ADDRESS_TEXT_MAX];
	struct address a;
	struct err err;

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		int rc = address_parse(addresses[i].text, &a, &err);

		if ((rc == 0) != (addresses[i].is != NULL))
			fail_msg("\"%s\"", addresses[i].text);
		if (rc == -1)
			continue;
		assert_string_equal(address_format(&a, buf), addresses[i].is);
		assert_int_equal(
		    address_is_loopback(&a), addresses[i].loopback);
	}
}

static const struct {
	const char *net;
	const char *address;
	int has; /* -1: the network is an error */
} nets[] = {
    {"10.0.0.0/8", "10.255.1.2:1", 1},
    {"10.0.0.0/8", "11.0.0.1:1", 0},
    {"10.1.2.3", "10.1.2.3:1", 1},
    {"10.1.2.3", "10.1.2.4:1", 0},
    {"10.1.2.128/25", "10.1.2.200:1", 1},
    {"10.1.2.128/25", "10.1.2.100:1", 0},
    {"0.0.0.0/0", "192.0.2.1:1", 1},
    {"0.0.0.0/0", "[::1]:1", 0},
    {"10.0.0.0/8", "[::ffff:10.1.1.1]:1", 1},
    {"fd00::/8", "[fdff::1]:1", 1},
    {"fd00::/8", "[fe80::1]:1", 0},
    {"::1", "[::1]:1", 1},
    {"10.0.0.0/33", "", -1},
    {"10.0.0.0/", "", -1},
    {"10.0.0.0/-1", "", -1},
    {"10.0.0.0/8x", "", -1},
    {"10.0.0/8", "", -1},
    {"::/129", "", -1},
    {"", "", -1},
};

static void
test_nets(void **state)
{
	struct address_net net;
	struct address a;
	struct err err;

	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
		if ((address_net_parse(nets[i].net, &net, &err) == -1) !=
		    (nets[i].has == -1))
			fail_msg("\"%s\"", nets[i].net);
		if (nets[i].has == -1)
			continue;
		assert_int_equal(address_parse(nets[i].address, &a, &err), 0);
		if (address_net_has(&net, &a) != (nets[i].has == 1))
			fail_msg("%s %s", nets[i].net, nets[i].address);
	}
}

static void
test_near(void **state)
{
	struct address a, b, c, d;
	struct err err;

	assert_int_equal(address_parse("[fd00::1]:1", &a, &err), 0);
	assert_int_equal(address_parse("[fd00::2:0:0:9]:2", &b, &err), 0);
	assert_int_equal(address_parse("[fd00:0:0:1::1]:1", &c, &err), 0);
	assert_int_equal(address_parse("10.0.0.1:1", &d, &err), 0);
	assert_true(address_is_near(&a, &b));
	assert_false(address_is_near(&a, &c));
	assert_false(address_is_near(&a, &d));
	assert_true(address_is_near(&d, &d));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_nets),
	    cmocka_unit_test(test_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
