#include "scheduler/jobs/join.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const char *const whens[] = {
    [JOB_AFTER_SUCCESS] = "success",
    [JOB_AFTER_FAILURE] = "failure",
    [JOB_AFTER_ALWAYS] = "always",
};

char *
join_plan(const struct job_options *options)
{
	const char *p = options->after, *word;
	struct strbuf plan = STRBUF_INIT;
	size_t len;

	if (*p == '\0')
		return xstrdup("");
	strbuf_addf(&plan, "%s,%s", whens[options->after_when],
	    options->after_join == JOB_AFTER_ANY ? "any" : "all");
	while ((word = job_next_word(&p, &len)) != NULL)
		strbuf_addf(&plan, ",%.*s", (int)len, word);
	return strbuf_take(&plan);
}

/* Its names: behind the second comma; "" when it has none. */
static const char *
plan_names(const char *plan)
{
	const char *p = strchr(plan, ',');

	p = p != NULL ? strchr(p + 1, ',') : NULL;
	return p != NULL ? p + 1 : "";
}

static bool
plan_is_any(const char *plan)
{
	return strstr(plan, ",any,") != NULL;
}

/* The next name; *p is moved behind it. NULL: that was all. */
static const char *
next_name(const char **p, size_t *len_r)
{
	const char *name = *p;

	*len_r = strcspn(name, ",");
	*p = name + *len_r + (name[*len_r] == ',');
	return *len_r > 0 ? name : NULL;
}

struct join *
join_new(const char *plan)
{
	struct join *join = xcalloc(1, sizeof(*join));

	join->plan = xstrdup(plan);
	return join;
}

struct join_end *
join_end_free(struct join_end *end)
{
	struct join_end *next = end->next;

	free(end->params);
	free(end->results);
	free(end);
	return next;
}

static void
ends_free(struct join_end *end)
{
	while (end != NULL)
		end = join_end_free(end);
}

void
join_fire_done(struct join *join)
{
	struct join_fire *fire = join->fires;

	join->fires = fire->next;
	ends_free(fire->ends);
	free(fire);
}

void
join_free(struct join *join)
{
	if (join == NULL)
		return;
	while (join->fires != NULL)
		join_fire_done(join);
	ends_free(join->ends);
	ends_free(join->sent);
	free(join->plan);
	free(join);
}

bool
join_counts(enum job_after_when when, enum outcome outcome)
{
	return when == JOB_AFTER_ALWAYS ||
	    (outcome == OUTCOME_SUCCESS) == (when == JOB_AFTER_SUCCESS);
}

struct join_end *
join_end_new(const struct record_after *record)
{
	size_t size = strlen(record->parent) + 1;
	struct join_end *end = xcalloc(1, sizeof(*end) + size);

	end->mark = record->mark;
	end->end_ms = record->end_ms;
	end->exit_code = record->exit_code;
	end->outcome = record->outcome;
	end->moved = record->moved;
	snprintf(end->run, sizeof(end->run), "%s", record->run);
	snprintf(end->chain, sizeof(end->chain), "%s", record->chain);
	if (*record->params != '\0')
		end->params = xstrdup(record->params);
	if (record->results != NULL && *record->results != '\0')
		end->results = xstrdup(record->results);
	memcpy(end->parent, record->parent, size);
	return end;
}

struct record_after
join_end_record(const struct join_end *end)
{
	return (struct record_after){
	    .mark = end->mark,
	    .parent = end->parent,
	    .run = end->run,
	    .outcome = end->outcome,
	    .exit_code = end->exit_code,
	    .end_ms = end->end_ms,
	    .chain = end->chain,
	    .params = end->params != NULL ? end->params : "",
	    .results = end->results != NULL ? end->results : "",
	};
}

static struct join_end *
find_end(const struct join_end *end, const char *parent, size_t len)
{
	while (end != NULL &&
	    (strncmp(end->parent, parent, len) != 0 ||
		end->parent[len] != '\0'))
		end = end->next;
	return (struct join_end *)(uintptr_t)end;
}

/* Takes the end of a parent out of the open round: its mark, or 0. */
static uint64_t
drop_end(struct join *join, const char *parent)
{
	struct join_end *end = find_end(join->ends, parent, strlen(parent));
	struct join_end **p;
	uint64_t mark;

	if (end == NULL)
		return 0;
	for (p = &join->ends; *p != end; p = &(*p)->next)
		;
	*p = end->next;
	mark = end->mark;
	join_end_free(end);
	return mark;
}

static bool
is_complete(const struct join *join)
{
	const char *p = plan_names(join->plan), *name;
	size_t len;

	if (plan_is_any(join->plan))
		return join->ends != NULL;
	while ((name = next_name(&p, &len)) != NULL)
		if (find_end(join->ends, name, len) == NULL)
			return false;
	return join->ends != NULL;
}

static void
make_fire(struct join *join)
{
	struct join_fire *fire = xcalloc(1, sizeof(*fire)), **p;
	const struct join_end *end;

	fire->ends = join->ends;
	join->ends = NULL;
	for (end = fire->ends; end != NULL; end = end->next)
		fire->last = end;
	for (p = &join->fires; *p != NULL; p = &(*p)->next)
		;
	*p = fire;
}

bool
join_add(
    struct join *join, const struct record_after *record, uint64_t *replaced_r)
{
	struct join_end *end = join_end_new(record), **p;

	*replaced_r = drop_end(join, record->parent);
	for (p = &join->ends; *p != NULL; p = &(*p)->next)
		;
	*p = end;
	if (end->mark > join->seen)
		join->seen = end->mark;
	if (!is_complete(join))
		return false;
	make_fire(join);
	return true;
}

uint64_t
join_undo(struct join *join, const char *parent, uint64_t mark)
{
	join->seen = mark;
	return drop_end(join, parent);
}

void
join_set_plan(struct join *join, const char *plan,
    void (*gone)(void *arg, uint64_t mark), void *arg)
{
	const struct join_end *end;

	if (strcmp(join->plan, plan) == 0)
		return;
	for (end = join->ends; end != NULL && gone != NULL; end = end->next)
		gone(arg, end->mark);
	ends_free(join->ends);
	join->ends = NULL;
	free(join->plan);
	join->plan = xstrdup(plan);
}

void
join_use(struct join *join, uint64_t mark)
{
	struct join_end *end;

	while (join->fires != NULL && join->fires->last->mark <= mark)
		join_fire_done(join);
	while ((end = join->ends) != NULL && end->mark <= mark) {
		join->ends = end->next;
		join_end_free(end);
	}
	if (mark > join->seen)
		join->seen = mark;
}

static bool
has_run(const struct join_end *end, const char *run)
{
	while (end != NULL && strcmp(end->run, run) != 0)
		end = end->next;
	return end != NULL;
}

bool
join_has_run(const struct join *join, const char *run)
{
	const struct join_fire *fire;

	for (fire = join->fires; fire != NULL; fire = fire->next)
		if (has_run(fire->ends, run))
			return true;
	return has_run(join->ends, run);
}

int64_t
join_fire_slot(struct join *join, const struct join_fire *fire)
{
	int64_t slot_ms = fire->last->end_ms;

	if (slot_ms <= join->slot_ms)
		slot_ms = join->slot_ms + 1;
	if (slot_ms % 1000 == 0)
		slot_ms++;
	join->slot_ms = slot_ms;
	return slot_ms;
}

static json_t *
end_json(const struct join_end *end, size_t *room)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:o}", "job", end->parent,
	    "run", end->run, "outcome", outcome_name(end->outcome), "exit_code",
	    end->exit_code != -1 ? json_integer(end->exit_code) : json_null());
	size_t len = end->results != NULL ? strlen(end->results) : 0;

	if (len == 0 || len > *room)
		return json;
	*room -= len;
	json_object_set_new(json, "results", json_loads(end->results, 0, NULL));
	return json;
}

/*
 * Calls cb for its ends in the plan's order, then for those of parents that
 * the plan does not name any more.
 */
static void
each_end(const struct join *join, const struct join_fire *fire,
    void (*cb)(void *arg, const struct join_end *end), void *arg)
{
	const char *names = plan_names(join->plan), *p = names, *name;
	const struct join_end *end;
	bool named;
	size_t len;

	while ((name = next_name(&p, &len)) != NULL) {
		end = find_end(fire->ends, name, len);
		if (end != NULL)
			cb(arg, end);
	}
	for (end = fire->ends; end != NULL; end = end->next) {
		named = false;
		for (p = names; (name = next_name(&p, &len)) != NULL;)
			named |= strlen(end->parent) == len &&
			    memcmp(end->parent, name, len) == 0;
		if (!named)
			cb(arg, end);
	}
}

struct parents {
	json_t *list;
	size_t room; /* for what they left */
};

static void
add_parent(void *arg, const struct join_end *end)
{
	struct parents *parents = arg;

	json_array_append_new(parents->list, end_json(end, &parents->room));
}

char *
join_fire_parents(const struct join *join, const struct join_fire *fire)
{
	struct parents parents = {json_array(), JOIN_RESULTS_MAX};
	char *text;

	each_end(join, fire, add_parent, &parents);
	text = json_dumps(parents.list, JSON_COMPACT);
	json_decref(parents.list);
	return text;
}

struct merge {
	json_t *all;
	size_t max;
	const char *cut;
};

static void
add_params(void *arg, const struct join_end *end)
{
	struct merge *merge = arg;
	json_t *params, *both;
	char *text;

	if (end->params == NULL)
		return;
	params = json_loads(end->params, 0, NULL);
	both = json_copy(merge->all);
	json_object_update_missing(both, params);
	text = json_dumps(both, JSON_COMPACT);
	if (text != NULL && strlen(text) <= merge->max) {
		json_decref(merge->all);
		merge->all = json_incref(both);
	} else if (merge->cut == NULL) {
		merge->cut = end->parent;
	}
	free(text);
	json_decref(both);
	json_decref(params);
}

char *
join_fire_params(const struct join *join, const struct join_fire *fire,
    size_t max, const char **cut_r)
{
	struct merge merge = {.all = json_object(), .max = max};
	char *text = NULL;

	each_end(join, fire, add_params, &merge);
	*cut_r = merge.cut;
	if (json_object_size(merge.all) > 0)
		text = json_dumps(merge.all, JSON_COMPACT);
	json_decref(merge.all);
	return text;
}

static void
send_ends(struct join *join, struct join_end *ends, bool of_fire)
{
	struct join_end **p = &join->sent;

	for (struct join_end *end = ends; end != NULL; end = end->next)
		end->of_fire = of_fire;
	while (*p != NULL)
		p = &(*p)->next;
	*p = ends;
}

void
join_send_round(struct join *join)
{
	send_ends(join, join->ends, false);
	join->ends = NULL;
}

void
join_send_fire(struct join *join)
{
	send_ends(join, join->fires->ends, true);
	join->fires->ends = NULL;
	join_fire_done(join);
}

static uint64_t
take_sent(struct join_end **p)
{
	struct join_end *end = *p;
	uint64_t mark;

	if (end == NULL)
		return 0;
	*p = end->next;
	mark = end->mark;
	join_end_free(end);
	return mark;
}

uint64_t
join_sent_run(struct join *join, const char *run)
{
	struct join_end **p = &join->sent;

	while (*p != NULL && strcmp((*p)->run, run) != 0)
		p = &(*p)->next;
	return take_sent(p);
}

uint64_t
join_sent_parent(struct join *join, const char *parent)
{
	struct join_end **p = &join->sent;

	while (
	    *p != NULL && ((*p)->of_fire || strcmp((*p)->parent, parent) != 0))
		p = &(*p)->next;
	return take_sent(p);
}
