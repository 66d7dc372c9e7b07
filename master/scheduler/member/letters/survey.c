/*
 * Asks the ledgers of the other hosts. Each keeps its own where they do not
 * share one; the recorder asks here, and gets, not much later than
 * SURVEY_SECONDS, what those say that answer, and who does not:
 *
 *   {"answers": [{"host": NAME, "status": HTTP STATUS, "body": JSON}],
 *    "silent": [NAME]}
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "scheduler/answer/answer.h"
#include "scheduler/member/letters/letter.h"

/* How long the other hosts may take. */
#define SURVEY_SECONDS 1

/* Questions at once, of all people together. */
#define SURVEYS_MAX 64

/* Of one host. */
#define TEXT_MAX ((size_t)1 << 20)

/* A host that was asked. */
struct survey_host {
	char name[CLUSTER_NAME_MAX + 1];
	struct strbuf text;
	int status; /* 0: there is more to come */
	bool silent;
};

struct survey {
	struct survey *next;
	struct member *member;
	uint64_t ticket;
	uint64_t ask; /* the recorder's */
	struct event *timeout;
	size_t nhosts;
	size_t left; /* hosts that are waited for */
	struct survey_host hosts[];
};

static struct survey *
survey_find(const struct member *member, uint64_t ticket)
{
	struct survey *survey = member->surveys;

	while (survey != NULL && survey->ticket != ticket)
		survey = survey->next;
	return survey;
}

static size_t
survey_count(const struct member *member)
{
	size_t n = 0;

	for (const struct survey *s = member->surveys; s != NULL; s = s->next)
		n++;
	return n;
}

static void
survey_free(struct survey *survey)
{
	struct survey **p = &survey->member->surveys;

	while (*p != survey)
		p = &(*p)->next;
	*p = survey->next;
	for (size_t i = 0; i < survey->nhosts; i++)
		strbuf_fini(&survey->hosts[i].text);
	event_free(survey->timeout);
	free(survey);
}

void
member_surveys_free(struct member *member)
{
	while (member->surveys != NULL)
		survey_free(member->surveys);
}

static json_t *
host_answer(const struct survey_host *host)
{
	json_t *body =
	    json_loadb(strbuf_str(&host->text), host->text.len, 0, NULL);

	return json_pack("{s:s, s:i, s:o}", "host", host->name, "status",
	    host->status, "body", body != NULL ? body : json_null());
}

/* With what there is. */
static void
survey_end(struct survey *survey)
{
	struct master *m = survey->member->master;
	struct ask ask = {.channel = m->recorder, .id = survey->ask};
	json_t *answers = json_array(), *silent = json_array();
	const struct survey_host *host = survey->hosts;

	for (; host < survey->hosts + survey->nhosts; host++)
		if (host->status != 0 && !host->silent)
			json_array_append_new(answers, host_answer(host));
		else
			json_array_append_new(silent, json_string(host->name));
	survey_free(survey);
	answer_object(&ask, 200,
	    json_pack("{s:o, s:o}", "answers", answers, "silent", silent));
}

static void
timeout_cb(evutil_socket_t fd, short what, void *arg)
{
	survey_end(arg);
}

static struct survey *
survey_new(struct member *member, uint64_t ask, size_t hosts_max)
{
	const struct timeval patience = {.tv_sec = SURVEY_SECONDS};
	struct survey *survey =
	    xcalloc(1, sizeof(*survey) + hosts_max * sizeof(*survey->hosts));

	survey->member = member;
	survey->ticket = ++member->tickets;
	survey->ask = ask;
	survey->timeout =
	    evtimer_new(member->master->role->base, timeout_cb, survey);
	if (survey->timeout == NULL ||
	    evtimer_add(survey->timeout, &patience) == -1)
		fatalx("cannot make a timer");
	survey->next = member->surveys;
	member->surveys = survey;
	return survey;
}

/* What is meant for this host. */
static bool
is_ours(const char *key)
{
	return strcmp(key, "verb") == 0 || strcmp(key, "only") == 0;
}

/* The question for others. */
static json_t *
question(const struct survey *survey, const struct ask *ask)
{
	json_t *args = json_object();

	for (unsigned i = 0; i < ask->nargs; i++)
		if (!is_ours(ask->keys[i]))
			json_object_set_new(
			    args, ask->keys[i], json_string(ask->values[i]));
	return json_pack("{s:s, s:I, s:s, s:o}", "do", "ask", "ticket",
	    (json_int_t)survey->ticket, "verb", ask_arg(ask, "verb"), "args",
	    args);
}

static bool
is_in(const struct survey *survey, const char *node)
{
	for (size_t i = 0; i < survey->nhosts; i++)
		if (strcmp(survey->hosts[i].name, node) == 0)
			return true;
	return false;
}

/*
 * Asks a node, if it is the only one or there is none such; without a question
 * it is one that cannot answer.
 */
static void
add_host(
    struct survey *survey, const char *only, const char *node, json_t *json)
{
	struct survey_host *host = &survey->hosts[survey->nhosts];

	if (is_in(survey, node) || (only != NULL && strcmp(only, node) != 0)) {
		json_decref(json);
		return;
	}
	survey->nhosts++;
	snprintf(host->name, sizeof(host->name), "%s", node);
	host->silent =
	    json == NULL || letter_post(survey->member, node, json) == -1;
	survey->left += !host->silent;
}

/* Those that live, and those whose sessions have run out a while ago. */
static void
ask_hosts(struct survey *survey, const struct ask *ask,
    const struct cluster_node *nodes, size_t n)
{
	const struct member *member = survey->member;
	const char *only = ask_arg(ask, "only");

	for (size_t i = 1; i < member->nhosts; i++)
		add_host(
		    survey, only, member->hosts[i].name, question(survey, ask));
	for (size_t i = 0; i < n; i++)
		if (!nodes[i].alive &&
		    member_find_host(member, nodes[i].node) == -1)
			add_host(survey, only, nodes[i].node, NULL);
}

void
member_ask_others(struct master *m, struct ask *ask)
{
	struct member *member = m->member;
	const struct cluster_node *nodes;
	struct survey *survey;
	size_t n;

	if (member == NULL) {
		answer_json(ask->channel, ask->id, 200,
		    "{\"answers\":[],\"silent\":[]}");
		return;
	}
	if (survey_count(member) >= SURVEYS_MAX) {
		answer_error(ask->channel, ask->id, 503, "busy",
		    "%d questions to other hosts are on their way already",
		    SURVEYS_MAX);
		return;
	}
	member_read_hosts(member);
	n = cluster_nodes(member->cluster, &nodes);
	survey = survey_new(member, ask->id, member->nhosts + n);
	ask_hosts(survey, ask, nodes, n);
	if (survey->left == 0)
		survey_end(survey);
}

static struct survey_host *
host_of(struct survey *survey, const char *node)
{
	for (size_t i = 0; i < survey->nhosts; i++)
		if (strcmp(survey->hosts[i].name, node) == 0)
			return &survey->hosts[i];
	return NULL;
}

void
letter_take_told(const struct letter *letter)
{
	struct survey *survey = survey_find(
	    letter->member, (uint64_t)letter_number(letter, "ticket"));
	const char *text = letter_text(letter, "text");
	int64_t at = letter_number(letter, "at");
	struct survey_host *host;

	host = survey != NULL ? host_of(survey, letter->from) : NULL;
	if (host == NULL || host->silent || host->status != 0 ||
	    at < (int64_t)host->text.len)
		return; /* too late, or a second time */
	strbuf_adds(&host->text, text);
	/* A piece is missing: the rest makes no sense. */
	host->silent = at + (int64_t)strlen(text) != (int64_t)host->text.len ||
	    host->text.len > TEXT_MAX;
	host->status = (int)letter_number(letter, "status");
	if ((host->silent || host->status != 0) && --survey->left == 0)
		survey_end(survey);
}

void
member_recorder_gone(struct master *m)
{
	if (m->member == NULL)
		return;
	member_surveys_free(m->member);
	member_witness_free(m->member);
}
