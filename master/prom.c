#include "prom.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "json_text.h"

/* Upper bounds in microseconds: from what a launch takes to a day. */
static const int64_t bounds[PROM_BUCKETS] = {1000, 2500, 5000, 10000, 25000,
    50000, 100000, 250000, 1000000, 5000000, 15000000, 60000000, 300000000,
    INT64_C(1800000000), INT64_C(7200000000), INT64_C(86400000000)};

void
prom_observe(struct prom_histogram *h, int64_t us)
{
	size_t i = 0;

	if (us < 0)
		us = 0;
	while (i < PROM_BUCKETS && us > bounds[i])
		i++;
	h->count[i]++;
	h->sum_us += us;
}

void
prom_family(
    struct strbuf *b, const char *name, const char *type, const char *help)
{
	strbuf_addf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
add_label(struct strbuf *b, const char *label, const char *value)
{
	struct strbuf text = STRBUF_INIT;
	const char *p;

	utf8_add(&text, value, strlen(value));
	strbuf_addf(b, "%s=\"", label);
	for (p = strbuf_str(&text); *p != '\0'; p++)
		if (*p == '\n')
			strbuf_adds(b, "\\n");
		else if (*p == '"' || *p == '\\')
			strbuf_addf(b, "\\%c", *p);
		else
			strbuf_addch(b, *p);
	strbuf_addch(b, '"');
	strbuf_fini(&text);
}

/* Whole numbers as such: a counter of more than a million keeps its digits. */
static void
add_number(struct strbuf *b, double v)
{
	if (v >= -9e15 && v <= 9e15 && v == (double)(int64_t)v)
		strbuf_addf(b, " %" PRId64 "\n", (int64_t)v);
	else
		strbuf_addf(b, " %.15g\n", v);
}

void
prom_sample2(struct strbuf *b, const char *name, const char *label1,
    const char *value1, const char *label2, const char *value2, double v)
{
	strbuf_adds(b, name);
	if (label1 != NULL) {
		strbuf_addch(b, '{');
		add_label(b, label1, value1);
		if (label2 != NULL) {
			strbuf_addch(b, ',');
			add_label(b, label2, value2);
		}
		strbuf_addch(b, '}');
	}
	add_number(b, v);
}

void
prom_sample(struct strbuf *b, const char *name, const char *label,
    const char *value, double v)
{
	prom_sample2(b, name, label, value, NULL, NULL, v);
}

void
prom_one(struct strbuf *b, const char *name, const char *type, const char *help,
    double v)
{
	prom_family(b, name, type, help);
	prom_sample(b, name, NULL, NULL, v);
}

void
prom_histogram(struct strbuf *b, const char *name, const char *help,
    const struct prom_histogram *h)
{
	uint64_t n = 0;

	prom_family(b, name, "histogram", help);
	for (size_t i = 0; i < PROM_BUCKETS; i++) {
		n += h->count[i];
		strbuf_addf(b, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
		    (double)bounds[i] / 1e6, n);
	}
	n += h->count[PROM_BUCKETS];
	strbuf_addf(
	    b, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum", name, n, name);
	add_number(b, (double)h->sum_us / 1e6);
	strbuf_addf(b, "%s_count %" PRIu64 "\n", name, n);
}
