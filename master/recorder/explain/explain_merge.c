/*
 * Explanations of several hosts as one. Pure: JSON as explain_json() makes it,
 * from hosts that may have another version.
 */
#include <string.h>

#include "base/mem.h"
#include "recorder/explain/explain_internal.h"

static const char *
text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text != NULL ? text : "";
}

bool
explain_is_recorded(const json_t *json)
{
	static const char *const verdicts[] = {
	    "ran", "running", "skipped", "missed"};

	for (size_t i = 0; i < nitems(verdicts); i++)
		if (strcmp(text_of(json, "verdict"), verdicts[i]) == 0)
			return true;
	return false;
}

/* Of its last run; 0: it has none. */
static json_int_t
attempt_of(const json_t *json)
{
	const json_t *runs = json_object_get(json, "runs");
	size_t n = json_array_size(runs);

	return n == 0 ? 0 :
			json_integer_value(json_object_get(
			    json_array_get(runs, n - 1), "attempt"));
}

/* RFC 3339 in UTC: without a fraction "Z" stands where "." would. */
static int
compare_times(const char *a, const char *b)
{
	size_t n = strcspn(a, ".Z"), m = strcspn(b, ".Z");
	int order = strncmp(a, b, n < m ? n : m);

	if (order != 0 || (a[n] == '.') == (b[m] == '.'))
		return order != 0 ? order : strcmp(a, b);
	return a[n] == '.' ? 1 : -1;
}

/* Is it to be told rather than that one? */
static bool
is_better(const json_t *one, const json_t *other)
{
	int order = compare_times(text_of(one, "slot"), text_of(other, "slot"));

	if (!explain_is_recorded(one) || !explain_is_recorded(other))
		return explain_is_recorded(one) && !explain_is_recorded(other);
	return order != 0 ? order > 0 : attempt_of(one) > attempt_of(other);
}

static const json_t *
body_of(const json_t *answer)
{
	if (json_integer_value(json_object_get(answer, "status")) != 200)
		return NULL;
	return json_object_get(answer, "body");
}

static const json_t *
find_best(const json_t *own, const json_t *answers)
{
	const json_t *best = own, *answer, *body;
	size_t i;

	json_array_foreach(answers, i, answer)
	{
		body = body_of(answer);
		if (is_better(body, best))
			best = body;
	}
	return best;
}

static bool
has_text(const json_t *list, const char *text)
{
	const json_t *line;
	size_t i;

	json_array_foreach(list, i, line) if (json_is_string(line) &&
	    strcmp(json_string_value(line), text) == 0) return true;
	return false;
}

static bool
has_run(const json_t *list, const char *id)
{
	const json_t *run;
	size_t i;

	json_array_foreach(
	    list, i, run) if (strcmp(text_of(run, "id"), id) == 0) return true;
	return false;
}

/* Its outcome by that ledger, then what is not said yet. */
static void
add_text(json_t *list, const char *host, const json_t *from)
{
	const char *outcome = text_of(from, "outcome");
	const json_t *line;
	size_t i;

	json_array_append_new(list,
	    json_sprintf("in the ledger of %s: %s", host,
		*outcome != '\0' ? outcome : text_of(from, "verdict")));
	json_array_foreach(json_object_get(from, "text"), i, line)
	{
		if (i > 0 && json_is_string(line) &&
		    !has_text(list, json_string_value(line)))
			json_array_append(list, (json_t *)(uintptr_t)line);
	}
}

/* They are in order of their attempts, as those of one host are. */
static void
add_runs(json_t *list, const json_t *from)
{
	json_int_t attempt;
	json_t *run;
	size_t i, at;

	json_array_foreach(from, i, run)
	{
		attempt = json_integer_value(json_object_get(run, "attempt"));
		if (has_run(list, text_of(run, "id")))
			continue;
		for (at = json_array_size(list); at > 0; at--)
			if (json_integer_value(json_object_get(
				json_array_get(list, at - 1), "attempt")) <=
			    attempt)
				break;
		json_array_insert(list, at, run);
	}
}

/* What another ledger has of the same slot. */
static void
add_other(json_t *best, const char *host, const json_t *other)
{
	if (!explain_is_recorded(best) || !explain_is_recorded(other) ||
	    strcmp(text_of(best, "slot"), text_of(other, "slot")) != 0)
		return;
	add_text(json_object_get(best, "text"), host, other);
	add_runs(json_object_get(best, "runs"), json_object_get(other, "runs"));
}

static void
add_silent(json_t *best, const json_t *silent)
{
	const json_t *name;
	size_t i;

	json_object_set(best, "silent", (json_t *)(uintptr_t)silent);
	json_array_foreach(silent, i, name)
	    json_array_append_new(json_object_get(best, "text"),
		json_sprintf("host %s does not answer; what its ledger has "
			     "of it is not known here",
		    json_string_value(name)));
}

json_t *
explain_merge(json_t *own, const json_t *answers, const json_t *silent)
{
	const json_t *best = find_best(own, answers), *answer, *body;
	json_t *merged = json_deep_copy(best);
	size_t i;

	if (best != own)
		add_other(merged, "this host", own);
	json_array_foreach(answers, i, answer)
	{
		body = body_of(answer);
		if (body != best)
			add_other(merged, text_of(answer, "host"), body);
	}
	add_silent(merged, silent);
	json_decref(own);
	return merged;
}
