/* [notify NAME] of belfry.conf: what is kept of it, and what is wrong. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "config/config.h"
#include "config/section/notify.h"

static void
test_good(void **state)
{
	static const char text[] = "[notify ops]\n"
				   "type = webhook\n"
				   "url = https://example.org/{job}\n"
				   "header = A: 1\n"
				   "header = B: {event}\n"
				   "body = {\"text\": \"{subject}\"}\n"
				   "rate-limit = 3/10s\n"
				   "retry-delay = 2s\n"
				   "events = node-down store-down\n"
				   "[notify mail]\n"
				   "type = mail\n"
				   "to = a@example.org, b@example.org\n"
				   "password-file = x\n"
				   "user = me\n"
				   "smtp = smtps://mail.example.org:465\n"
				   "[defaults]\n"
				   "notify = ops mail\n";
	const struct notify_section *ops;
	struct config *c;
	struct err err = {""};

	c = config_parse("/etc/belfry.conf", text, strlen(text), &err);
	assert_string_equal(err.text, "");
	assert_non_null(c);
	assert_string_equal(c->notify_names, "ops mail");
	ops = config_notify_find(c, "ops");
	assert_non_null(ops);
	assert_int_equal(ops->type, NOTIFY_WEBHOOK);
	assert_int_equal(ops->nsettings, 4);
	assert_string_equal(ops->settings[2].value, "B: {event}");
	assert_int_equal(ops->rate, 3);
	assert_int_equal(ops->rate_ms, 10000);
	assert_int_equal(ops->retry_ms, 2000);
	assert_int_equal(ops->retry_for_ms, 86400000);
	assert_int_equal(ops->events, NOTIFY_NODE_DOWN | NOTIFY_STORE_DOWN);
	assert_string_equal(
	    config_notify_find(c, "mail")->settings[1].value, "/etc/x");
	assert_null(config_notify_find(c, "nobody"));
	config_free(c);
}

static const struct {
	const char *text, *error;
} bad[] = {
    {"[notify]\ntype = mail\n", "c:1: column 2: a receiver without a name"},
    {"[notify a b]\n", "c:1: column 2: bad name of a receiver"},
    {"[notify none]\n", "c:1: column 2: a receiver cannot be called none"},
    {"[notify ping]\n", "c:1: column 2: a receiver cannot be called ping"},
    {"[notify a]\ntype = command\ncommand = x\n[notify a]\n",
	"c:4: column 2: [notify a] is given twice; the first is in line 1"},
    {"[notify a]\n", "c:1: type is missing"},
    {"[notify a]\ntype = fax\n", "c:2: type \"fax\": write mail, webhook"},
    {"[notify a]\ntype = mail\n", "c:1: to is missing"},
    {"[notify a]\ntype = mail\nto = -x@y\n", "c:3: to \"-x@y\": column 1"},
    {"[notify a]\ntype = mail\nto = a@b c d<\n",
	"c:3: to \"a@b c d<\": column 7"},
    {"[notify a]\ntype = mail\nto = a@b\nuser = u\nsmtp = smtp://h\n",
	"c:4: user needs password-file"},
    {"[notify a]\ntype = mail\nto = a@b\ntls = off\n",
	"c:4: user, tls and ca-file need smtp"},
    {"[notify a]\ntype = mail\nto = a@b\nsmtp = smtp://u:secret@h\n",
	"c:4: smtp"},
    {"[notify a]\ntype = webhook\n", "c:1: url is missing"},
    {"[notify a]\ntype = webhook\nurl = ftp://secret\n",
	"c:3: url: write a URL without blanks"},
    {"[notify a]\ntype = webhook\nurl = http://h/{secrets}\n",
	"c:3: url: column 10: there is nothing called {secrets}"},
    {"[notify a]\ntype = webhook\nurl = http://h/\nheader = secret\n",
	"c:4: header: write NAME: VALUE"},
    {"[notify a]\ntype = webhook\nurl = http://h/\nexpect-body = (\n",
	"c:4: expect-body \"(\": no extended regular expression"},
    {"[notify a]\ntype = webhook\nurl = http://h/\nrate-limit = 5\n",
	"c:4: rate-limit \"5\": write NUMBER/DURATION"},
    {"[notify a]\ntype = webhook\nurl = http://h/\nretry-for = 30d\n",
	"c:4: retry-for \"30d\": write a duration from 1s to 1w"},
    {"[notify a]\ntype = webhook\nurl = http://h/\nevents = node-dwon\n",
	"c:4: events \"node-dwon\": write all, none, or some of"},
    {"[notify a]\ntype = command\ncommand = x\nurl = http://h/\n",
	"c:4: url has no meaning in a receiver of type command"},
    {"[notify a]\ntype = command\n", "c:1: command is missing"},
    {"[notify a]\ntype = command\ncommand = x\ncomand = x\n",
	"c:4: unknown key \"comand\" in [notify]; did you mean command?"},
    {"[notify a]\ntype = command\ncommand = x\ntype = mail\n",
	"c:4: type is given twice; the first is in line 2"},
    {"[notify ops]\ntype = command\ncommand = x\n[defaults]\nnotify = osp\n",
	"c:5: notify: belfry.conf has no [notify osp]; did you mean ops?"},
    {"[defaults]\nnotify-on = failures\n",
	"c:2: notify-on \"failures\": column 1: write some of start"},
    {"[defaults]\nnotify-repeat = often\n",
	"c:2: notify-repeat \"often\": write change, every"},
    {"[defaults]\nnotify-too-long = 0\n",
	"c:2: notify-too-long \"0\": write auto"},
    {"[defaults]\nping-start = example.org/secret\n",
	"c:2: ping-start: write a URL"},
};

static void
test_bad(void **state)
{
	struct config *c;
	struct err err;

	for (size_t i = 0; i < nitems(bad); i++) {
		c = config_parse("c", bad[i].text, strlen(bad[i].text), &err);
		assert_null(c);
		if (strncmp(err.text, bad[i].error, strlen(bad[i].error)) != 0)
			fail_msg("%s: %s", bad[i].error, err.text);
		if (strstr(bad[i].text, "@h") == NULL)
			assert_null(strstr(err.text, "secret\""));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
