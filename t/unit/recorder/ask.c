/* Questions and answers: coding, arguments, JSON of any bytes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ask.h"
#include "base/mem.h"
#include "json_text.h"

static const struct {
	const char *bytes, *utf8;
} texts[] = {
    {"", ""},
    {"plain", "plain"},
    {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x94",
	"\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x94"},
    {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
    {"\x80", "?"},
    {"a\xff"
     "b",
	"a?b"},
    {"\xc0\xaf", "??"}, /* overlong */
    {"\xc1\xbf", "??"},
    {"\xe0\x80\xaf", "???"},
    {"\xe0\x9f\xbf", "???"},
    {"\xf0\x8f\xbf\xbf", "????"},
    {"\xed\xa0\x80", "???"},      /* a surrogate */
    {"\xf4\x90\x80\x80", "????"}, /* beyond U+10FFFF */
    {"\xf5\x80\x80\x80", "????"},
    {"\xe2\x82", "??"}, /* cut */
    {"\xe2\x82"
     "x",
	"??x"},
    {"\xf0\x9f\x94", "???"},
    {"\xc3", "?"},
};

static void
test_utf8(void **state)
{
	struct strbuf got = STRBUF_INIT, want = STRBUF_INIT;
	json_t *json;

	for (size_t i = 0; i < nitems(texts); i++) {
		strbuf_reset(&got);
		strbuf_reset(&want);
		for (const char *p = texts[i].utf8; *p != '\0'; p++)
			if (*p == '?')
				strbuf_adds(&want, "\xef\xbf\xbd");
			else
				strbuf_addch(&want, *p);
		utf8_add(&got, texts[i].bytes, strlen(texts[i].bytes));
		assert_string_equal(strbuf_str(&got), strbuf_str(&want));
		json = json_text(texts[i].bytes);
		assert_string_equal(json_string_value(json), strbuf_str(&want));
		json_decref(json);
	}
	strbuf_fini(&got);
	strbuf_fini(&want);
}

static void
test_times(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} cases[] = {
	    {0, "null"},
	    {1000000000, "\"1970-01-01T00:16:40.000Z\""},
	    {1000001000, "\"1970-01-01T00:16:40.001Z\""},
	    {1000000999, "\"1970-01-01T00:16:40.000Z\""},
	};
	char *text;

	for (size_t i = 0; i < nitems(cases); i++) {
		text = json_take_dump(json_time_us(cases[i].us));
		assert_string_equal(text, cases[i].text);
		free(text);
	}
}

/* A channel whose other end the test reads. */
static struct {
	struct event_base *base;
	struct channel_loop *loop;
	struct channel *channel;
	int fd;
	struct packet_in in;
	struct strbuf body;
	int status;
	char next[2048];
	bool ended;
	unsigned pieces;
} fx;

static void
closed(struct channel *channel, const char *why, void *arg)
{
	fail();
}

static const struct channel_dispatch no_dispatch[] = {{0, NULL}};

static int
setup(void **state)
{
	struct channel_config config = {
	    .self = ROLE_RECORDER,
	    .peer = ROLE_API,
	    .dispatch = no_dispatch,
	    .closed_cb = closed,
	};
	int fds[2];

	assert_int_equal(
	    socketpair(
		AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
	    0);
	memset(&fx, 0, sizeof(fx));
	fx.base = event_base_new();
	fx.loop = config.loop = channel_loop_new(fx.base);
	fx.channel = channel_new(&config, fds[0]);
	fx.fd = fds[1];
	packet_in_init(&fx.in);
	return 0;
}

static int
teardown(void **state)
{
	channel_free(fx.channel);
	channel_loop_free(fx.loop);
	event_base_free(fx.base);
	packet_in_fini(&fx.in);
	strbuf_fini(&fx.body);
	return close(fx.fd);
}

static void
hear(struct message *m)
{
	const void *p;
	size_t n;

	assert_int_equal(m->id, 7);
	if (m->type == MSG_ANSWER_BEGIN) {
		fx.status = wire_get_u16(&m->body);
	} else if (m->type == MSG_ANSWER_DATA) {
		p = wire_get_bytes(&m->body, &n);
		strbuf_add(&fx.body, p, n);
		fx.pieces++;
	} else {
		if (m->body.len > 0)
			snprintf(fx.next, sizeof(fx.next), "%s",
			    wire_get_str(&m->body));
		fx.ended = true;
	}
}

static void
read_answer(void)
{
	struct message m;
	struct err err = {""};
	int rc;

	for (int i = 0; i < 1000 && !fx.ended; i++) {
		event_base_loop(fx.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		if (packet_receive(fx.fd, &fx.in) != 1)
			continue;
		while ((rc = packet_next(
			    &fx.in, ROLE_RECORDER, ROLE_API, &m, &err)) == 1)
			hear(&m);
		if (rc == -1)
			fail_msg("%s", err.text);
	}
	assert_true(fx.ended);
}

static void
test_error(void **state)
{
	answer_error(
	    fx.channel, 7, 404, "not_found", "no job \"%s\"", "a\\b\"\xff\n");
	read_answer();
	assert_int_equal(fx.status, 404);
	assert_string_equal(strbuf_str(&fx.body),
	    "{\"error\":{\"code\":\"not_found\",\"message\":"
	    "\"no job \\\"a\\\\b\\\"\xef\xbf\xbd\\n\\\"\"}}");
}

static void
test_long_answer(void **state)
{
	enum {
		SIZE = 1000000
	};
	char *text = xmalloc(SIZE);

	for (int i = 0; i < SIZE; i++)
		text[i] = (char)(i % 251);
	answer_begin(fx.channel, 7, 200, "application/octet-stream");
	answer_data(fx.channel, 7, text, SIZE);
	answer_data(fx.channel, 7, text, 0);
	answer_end(fx.channel, 7, "limit=5&before=x");
	read_answer();
	assert_int_equal(fx.body.len, SIZE);
	assert_memory_equal(fx.body.s, text, SIZE);
	assert_true(fx.pieces > SIZE / MESSAGE_PAYLOAD_MAX);
	assert_string_equal(fx.next, "limit=5&before=x");
	free(text);
}

/* Rather no next page than a message that ends the channel. */
static void
test_long_next(void **state)
{
	char next[4000];

	memset(next, 'n', sizeof(next));
	next[sizeof(next) - 1] = '\0';
	answer_begin(fx.channel, 7, 200, "application/json");
	answer_end(fx.channel, 7, next);
	read_answer();
	assert_string_equal(fx.next, "");
}

static struct message
encode(struct wire_writer *w, uint32_t n)
{
	struct message m = {.type = MSG_ASK, .id = 7, .fd = -1};
	struct ask ask = {.verb = "runs", .who = "uid 0", .from = "socket"};

	ask.nargs = n < ASK_ARGS_MAX ? n : ASK_ARGS_MAX;
	for (unsigned i = 0; i < ask.nargs; i++) {
		ask.keys[i] = i == 0 ? "limit" : "k";
		ask.values[i] = i == 0 ? "5" : "v";
	}
	ask_encode(&ask, w);
	wire_reader_init(&m.body, w->p, w->len);
	return m;
}

static void
test_decode(void **state)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct message m = encode(&w, ASK_ARGS_MAX);
	struct ask ask;
	int64_t value;

	assert_int_equal(ask_decode(&ask, fx.channel, &m), 0);
	assert_int_equal(ask.id, 7);
	assert_string_equal(ask.verb, "runs");
	assert_string_equal(ask.who, "uid 0");
	assert_string_equal(ask.from, "socket");
	assert_int_equal(ask.nargs, ASK_ARGS_MAX);
	assert_string_equal(ask_arg(&ask, "limit"), "5");
	assert_null(ask_arg(&ask, "none"));
	assert_int_equal(ask_arg_int(&ask, "limit", 1, 5, 9, &value), 0);
	assert_int_equal(value, 5);
	assert_int_equal(ask_arg_int(&ask, "none", 1, 5, 9, &value), 0);
	assert_int_equal(value, 9);
	wire_writer_fini(&w);
}

static void
test_malformed(void **state)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct message m = encode(&w, 3);
	struct ask ask;

	/* Cut anywhere, or with something left over. */
	for (size_t n = 0; n < w.len; n++) {
		wire_reader_init(&m.body, w.p, n);
		assert_int_equal(ask_decode(&ask, fx.channel, &m), -1);
	}
	wire_put_u8(&w, 0);
	wire_reader_init(&m.body, w.p, w.len);
	assert_int_equal(ask_decode(&ask, fx.channel, &m), -1);
	/* More arguments than there may be. */
	wire_writer_reset(&w);
	wire_put_str(&w, "runs");
	wire_put_str(&w, "uid 0");
	wire_put_u32(&w, ASK_ARGS_MAX + 1);
	for (int i = 0; i < 2 * (ASK_ARGS_MAX + 1); i++)
		wire_put_str(&w, "x");
	wire_reader_init(&m.body, w.p, w.len);
	assert_int_equal(ask_decode(&ask, fx.channel, &m), -1);
	wire_writer_fini(&w);
}

static void
test_bad_number(void **state)
{
	static const char *const bad[] = {"", "x", "0", "6", "1.5", "+1", " 1",
	    "5 ", "0x1", "99999999999999999999"};
	struct ask ask = {
	    .id = 7, .nargs = 1, .keys = {"n"}, .channel = fx.channel};
	int64_t value;

	for (size_t i = 0; i < nitems(bad); i++) {
		ask.values[0] = bad[i];
		assert_int_equal(ask_arg_int(&ask, "n", 1, 5, 1, &value), -1);
		fx.ended = false;
		strbuf_reset(&fx.body);
		read_answer();
		assert_int_equal(fx.status, 400);
		assert_non_null(strstr(
		    strbuf_str(&fx.body), "n: expected a number from 1 to 5"));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_utf8),
	    cmocka_unit_test(test_times),
	    TEST(test_error),
	    TEST(test_long_answer),
	    TEST(test_long_next),
	    TEST(test_decode),
	    TEST(test_malformed),
	    TEST(test_bad_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
