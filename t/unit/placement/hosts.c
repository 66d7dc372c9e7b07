/* The key hosts: what it means, and what is said about one that is wrong. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "placement/hosts.h"

/* Hosts web1 (tags web old), web2 (web), db1 (db), in the bits 1, 2 and 4. */
static const struct hosts_host hosts[] = {
    {"web1", "web old"},
    {"web2", " web"},
    {"db1", "db"},
};

static void
expressions_choose_hosts(void **state)
{
	static const struct {
		const char *text;
		uint32_t count;
		unsigned match;
	} rows[] = {
	    {"any", 1, 7},
	    {"all", HOSTS_ALL, 7},
	    {" all ", HOSTS_ALL, 7},
	    {"web1", 1, 1},
	    {"web1 db1", 1, 5},
	    {"web1, db1", 1, 5},
	    {"web1|db1", 1, 5},
	    {"web", 1, 0},
	    {"web11", 1, 0},
	    {"tag:web", 1, 3},
	    {"tag:we", 1, 0},
	    {"tag:old", 1, 1},
	    {"tag:web & !tag:old", 1, 2},
	    {"!tag:web", 1, 4},
	    {"!!tag:web", 1, 3},
	    {"tag:db | tag:web & tag:old", 1, 5},
	    {"(tag:db | tag:web) & tag:old", 1, 1},
	    {"!(tag:db|tag:old)", 1, 2},
	    {"any & !db1", 1, 3},
	    {"2 of tag:web", 2, 3},
	    {"2  of any", 2, 7},
	    {"all of tag:web", HOSTS_ALL, 3},
	    {"3 of web1 web2", 3, 3},
	    {"1000 of any", 1000, 7},
	    {"of", 1, 0},
	    {"2 offer", 1, 0},
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		unsigned match = 0;
		struct err err = {""};

		if (hosts_check(rows[i].text, &err) != 0)
			fail_msg("%s: %s", rows[i].text, err.text);
		for (size_t h = 0; h < nitems(hosts); h++)
			if (hosts_match(rows[i].text, &hosts[h]))
				match |= 1U << h;
		if (hosts_count(rows[i].text) != rows[i].count ||
		    match != rows[i].match)
			fail_msg("%s: %u of %u", rows[i].text,
			    hosts_count(rows[i].text), match);
	}
}

static void
errors_name_the_column(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
	    {"", "column 1: expected a host's name"},
	    {"tag:", "column 5: a tag is missing"},
	    {"tag: web", "column 5: a tag is missing"},
	    {"tags:web", "column 1: only \"tag:\""},
	    {"web1 &", "column 7: expected a host's name"},
	    {"web1 tag:web", "column 6: expected \"&\" or \"|\""},
	    {"tag:web web1", "column 9: expected \"&\" or \"|\""},
	    {"tag:web !tag:old", "column 9: expected \"&\" or \"|\""},
	    {"(web1", "column 6: expected \")\""},
	    {"web1)", "column 5: expected \"&\" or \"|\""},
	    {"0 of any", "column 1: a slot runs on 1 to 1000"},
	    {"1001 of any", "column 1: a slot runs on 1 to 1000"},
	    {"99999999999 of any", "column 1: a slot runs on 1 to 1000"},
	    {"2 of", "column 5: expected a host's name"},
	    {"all & tag:web", "column 1: write \"all of\""},
	    {"((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))"
	     "))))",
		"column 34: too many parentheses"},
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct err err = {""};

		if (hosts_check(rows[i].text, &err) != -1 ||
		    strncmp(err.text, rows[i].error, strlen(rows[i].error)) !=
			0)
			fail_msg("%s: %s", rows[i].text, err.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(expressions_choose_hosts),
	    cmocka_unit_test(errors_name_the_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
