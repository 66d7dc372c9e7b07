/* Packets of messages over a real socketpair. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "ipc/packet.h"

static struct packet_in in;

struct pair {
	int a, b;
};

static struct pair
make_pair(void)
{
	int sv[2];

	assert_int_equal(
	    socketpair(
		AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sv),
	    0);
	packet_in_init(&in);
	return (struct pair){sv[0], sv[1]};
}

static void
close_pair(struct pair pair)
{
	packet_in_fini(&in);
	close(pair.a);
	close(pair.b);
}

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

static void
test_several(void **state)
{
	struct pair p = make_pair();
	struct packet *packet = packet_new();
	struct message m;
	struct err err;
	char payload[64] = "payload";
	int fd, other;

	packet_add(packet, MSG_RUN_LAUNCH, 7, payload, sizeof(payload), dup(0));
	packet_add(packet, MSG_RUN_LAUNCH, 8, payload, 32, dup(0));
	assert_int_equal(packet_send(p.a, packet), 0);
	packet_free(packet);
	assert_int_equal(packet_receive(p.b, &in), 1);
	assert_int_equal(
	    packet_next(&in, ROLE_MASTER, ROLE_LAUNCHER, &m, &err), 1);
	assert_int_equal(m.type, MSG_RUN_LAUNCH);
	assert_int_equal(m.id, 7);
	assert_int_equal(m.body.len, sizeof(payload));
	assert_string_equal((const char *)m.body.p, "payload");
	fd = message_take_fd(&in, &m);
	assert_true(is_open(fd));
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(
	    packet_next(&in, ROLE_MASTER, ROLE_LAUNCHER, &m, &err), 1);
	assert_int_equal(m.id, 8);
	assert_int_equal(m.body.len, 32);
	other = m.fd;
	assert_int_equal(
	    packet_next(&in, ROLE_MASTER, ROLE_LAUNCHER, &m, &err), 0);
	packet_in_fini(&in);
	assert_true(is_open(fd));     /* taken */
	assert_false(is_open(other)); /* not taken */
	close(fd);
	close_pair(p);
}

/* Sends bytes as they are and expects what packet_next() says of them. */
static void
expect_error(const uint8_t *bytes, size_t n, const char *text)
{
	struct pair p = make_pair();
	struct message m;
	struct err err = {""};

	assert_int_equal(send(p.a, bytes, n, 0), (ssize_t)n);
	assert_int_equal(packet_receive(p.b, &in), 1);
	assert_int_equal(
	    packet_next(&in, ROLE_MASTER, ROLE_WORKER, &m, &err), -1);
	assert_string_equal(err.text, text);
	close_pair(p);
}

static void
test_malformed(void **state)
{
	uint8_t kill[17] = {1, 0, 0, 0, MSG_RUN_KILL, 0, 1, 0};

	for (size_t n = 1; n < sizeof(kill); n++)
		expect_error(kill, n, "message is cut");
	kill[0] = 2;
	expect_error(kill, sizeof(kill), "message is cut");
	kill[3] = 0xff;
	expect_error(kill, sizeof(kill), "message is cut");
	kill[0] = kill[3] = 0;
	expect_error(kill, 16, "RUN_KILL of 0 bytes, expected 1 to 256");
	kill[0] = 1;
	kill[5] = 1;
	expect_error(kill, sizeof(kill), "unknown message type 289");
	kill[5] = 0;
	kill[4] = MSG_RUN_REFUSED;
	expect_error(kill, sizeof(kill),
	    "RUN_REFUSED does not go from master to worker");
}

static void
test_descriptor_missing(void **state)
{
	struct pair p = make_pair();
	struct wire_writer w = WIRE_WRITER_INIT;
	struct message m;
	struct err err;

	wire_put_u16(&w, 0);
	assert_int_equal(packet_send_one(p.a, MSG_PEER_SET, 0, &w, -1), 0);
	assert_int_equal(packet_receive(p.b, &in), 1);
	assert_int_equal(
	    packet_next(&in, ROLE_GUARDIAN, ROLE_LAUNCHER, &m, &err), -1);
	assert_string_equal(err.text, "PEER_SET without its descriptor");
	wire_writer_fini(&w);
	close_pair(p);
}

static void
test_ends(void **state)
{
	struct pair p = make_pair();
	static uint8_t big[PACKET_MAX + 1];

	assert_int_equal(packet_receive(p.b, &in), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(send(p.a, big, sizeof(big), 0), sizeof(big));
	assert_int_equal(packet_receive(p.b, &in), -1);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(packet_send_one(p.a, MSG_SETUP_DONE, 0, NULL, -1), 0);
	close(p.a);
	p.a = -1;
	assert_int_equal(packet_receive(p.b, &in), 1); /* what was sent stays */
	assert_int_equal(packet_receive(p.b, &in), 0);
	assert_int_equal(packet_send_one(p.b, MSG_SETUP_DONE, 0, NULL, -1), -1);
	assert_int_equal(errno, EPIPE);
	close_pair(p);
}

/* As full as a packet gets: 64 descriptors, 64 KiB. */
static void
test_full(void **state)
{
	static char payload[MESSAGE_PAYLOAD_MAX];
	struct pair p = make_pair();
	struct packet *packet = packet_new();
	struct message m;
	struct err err;
	int n = 0;

	while (packet_has_room(packet, 32, 0)) {
		packet_add(
		    packet, MSG_RUN_LAUNCH, (uint64_t)n, payload, 32, dup(0));
		n++;
	}
	assert_int_equal(n, PACKET_FDS_MAX);
	assert_false(packet_has_room(packet, MESSAGE_PAYLOAD_MAX, -1));
	assert_int_equal(packet_send(p.a, packet), 0);
	packet_free(packet);
	assert_int_equal(packet_receive(p.b, &in), 1);
	for (int i = 0; i < n; i++) {
		assert_int_equal(
		    packet_next(&in, ROLE_MASTER, ROLE_LAUNCHER, &m, &err), 1);
		assert_int_equal(m.id, i);
		assert_true(is_open(m.fd));
	}
	assert_int_equal(
	    packet_next(&in, ROLE_MASTER, ROLE_LAUNCHER, &m, &err), 0);
	packet = packet_new();
	assert_true(packet_has_room(packet, MESSAGE_PAYLOAD_MAX, -1));
	packet_add(packet, MSG_ANSWER_DATA, 1, payload, sizeof(payload), -1);
	assert_int_equal(packet_send(p.a, packet), 0);
	packet_free(packet);
	assert_int_equal(packet_receive(p.b, &in), 1);
	assert_int_equal(packet_next(&in, ROLE_MASTER, ROLE_API, &m, &err), 1);
	assert_int_equal(m.body.len, sizeof(payload));
	close_pair(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_several),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_descriptor_missing),
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
