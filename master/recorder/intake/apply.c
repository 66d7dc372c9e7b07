#include "recorder/intake/apply.h"

#include "ipc/message.h"

static bool
apply_job(struct store *store, struct wire_reader *r)
{
	struct record_job job;

	if (record_job_decode(&job, r) == -1)
		return false;
	store->ops->job(store, &job);
	return true;
}

static bool
apply_slot(struct store *store, struct wire_reader *r)
{
	struct record_slot slot;

	if (record_slot_decode(&slot, r) == -1)
		return false;
	store->ops->slot(store, &slot);
	return true;
}

static bool
apply_pause(struct store *store, struct wire_reader *r)
{
	struct record_pause pause;

	if (record_pause_decode(&pause, r) == -1)
		return false;
	store->ops->pause(store, &pause);
	return true;
}

static bool
apply_audit(struct store *store, struct wire_reader *r)
{
	struct record_audit audit;

	if (record_audit_decode(&audit, r) == -1)
		return false;
	store->ops->audit(store, &audit);
	return true;
}

static bool
apply_params(struct store *store, struct wire_reader *r)
{
	const char *run = wire_get_str(r);
	const char *params = wire_get_str(r);
	const char *parents = wire_get_str(r);

	if (!wire_ok(r))
		return false;
	store->ops->params(store, run, params, parents);
	return true;
}

static bool
apply_after(struct store *store, struct wire_reader *r)
{
	struct record_after after;

	if (record_after_decode(&after, r) == -1)
		return false;
	store->ops->after(store, &after);
	return true;
}

static bool
apply_notice(struct store *store, struct wire_reader *r)
{
	struct record_notice notice;

	if (record_notice_decode(&notice, r) == -1)
		return false;
	store->ops->notice(store, &notice);
	return true;
}

static bool
apply_reply(struct store *store, struct wire_reader *r)
{
	struct record_reply reply;

	if (record_reply_decode(&reply, r) == -1)
		return false;
	store->ops->reply(store, &reply);
	return true;
}

static bool
apply_begin(struct store *store, struct wire_reader *r)
{
	struct run_begin begin;

	if (run_begin_decode(&begin, r) == -1)
		return false;
	store->ops->run_begin(store, &begin);
	return true;
}

bool
apply_record(struct store *store, uint16_t type, struct wire_reader *r,
    struct record_end *end_r)
{
	if (type == MSG_RECORD_JOB)
		return apply_job(store, r);
	if (type == MSG_RECORD_SLOT)
		return apply_slot(store, r);
	if (type == MSG_RECORD_PAUSE)
		return apply_pause(store, r);
	if (type == MSG_RECORD_AUDIT)
		return apply_audit(store, r);
	if (type == MSG_RECORD_PARAMS)
		return apply_params(store, r);
	if (type == MSG_RECORD_AFTER)
		return apply_after(store, r);
	if (type == MSG_RECORD_NOTICE)
		return apply_notice(store, r);
	if (type == MSG_RECORD_REPLY)
		return apply_reply(store, r);
	if (type == MSG_RECORD_BEGIN)
		return apply_begin(store, r);
	if (type != MSG_RECORD_END || record_end_decode(end_r, r) == -1)
		return false;
	store->ops->run_end(store, end_r);
	return true;
}
