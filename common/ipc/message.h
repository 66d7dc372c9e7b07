/*
 * Every message that belfry's processes exchange, declared once.
 *
 * Numbers are never reused and fields only appended: workers of an older
 * version talk to a newer master. Requests are imperative, events past tense.
 */
#ifndef BELFRY_IPC_MESSAGE_H
#define BELFRY_IPC_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_VERSION     1
#define MESSAGE_PAYLOAD_MAX 65000 /* a packet with headers is below 64 KiB */

enum role_id {
	ROLE_NONE,
	ROLE_GUARDIAN,
	ROLE_MASTER,
	ROLE_LAUNCHER,
	ROLE_RECORDER,
	ROLE_API,
	ROLE_WORKER,
	ROLE_COUNT,
};

/*
 * Launchers by index: those below are belfry-worker, one a core; this one is
 * belfry-worker-lib, and is started when there is a job or a question for it.
 */
#define LAUNCHER_LIBRARY 8
#define LAUNCHERS_MAX    9

/* Bit sets of roles, for the table. */
#define ROLE_BIT(r) (1U << (r))
#define ROLES_ALL   ((1U << ROLE_COUNT) - 2)

/*
 * number, name, from, to, least and most payload, carries a descriptor, fields
 *
 * Guardian and its roles:
 *   PEER_SET       u8 role, u8 index + fd: your channel to that process;
 *                  replaces one that was lost
 *   LISTEN_SET     u8 enum listen_kind + fd: a listening socket
 *   SETUP_DONE     the role may begin
 *   ROLE_READY     str: the role is up
 *   LOG_SET        fd: new standard error (the log was reopened)
 *   RELOAD         u64 ticket, fd: text of the configuration; read it and the
 *                  job files again
 *   RELOADED       u64 ticket, u8 ok: use this text for roles that start later
 *   RELOAD_ASK     somebody asked for a reload
 *   DRAIN          u8 now: start nothing more; now: end what runs
 *   DRAIN_ASK      somebody asked for a drain
 *   DRAINED        all runs have ended and are recorded
 *   ROLE_BAD       u8 role, u8 index, str why: it sent rubbish, restart it
 *   DRAIN_PATIENCE i64 ms that a drain may take; more, and the master hangs
 *   UPGRADE_ASK    somebody asked for an upgrade
 *   UPGRADE_STATE  u32 attempt, u8 enum upgrade_state, str version before,
 *                  str error: for the status
 *   FILE_SET       u8 enum file_kind + fd: a file that the api may not be able
 *                  to open itself; replaces the one before
 *   LIBRARY_ASK    start the launcher that has the libraries, if it is not
 *                  there
 *   LIMITS_SET     str directory of the control groups of runs, "" none,
 *                  u8 memory, u8 pids: it has the controller, u8 kill: it has
 *                  cgroup.kill
 *   ROLE_SPAWNED   u8 role, u8 index, u32 pid, u32 restarts: for the status
 * Runs:
 *   RUN_LAUNCH     struct run_spec (spec.h) + fd: the worker's channel
 *   RUN_REFUSED    str run, i32 errno: fork failed, nothing was started
 *   RUN_HELLO      str run, i64 started_us: a worker that found its master
 *                  gone connects again
 *   RUN_STARTED    str run, i64 started_us, u32 pid
 *   RUN_DONE       str run, struct run_result (result.h); also in the run file
 *   RUN_KILL       u8 enum kill_why
 *   RUN_PROGRESS   str run, i64 done, i64 total, str text
 *   PLUGIN_DESCRIBE  str name, str path, u8 set_ids, u32 uid, u32 gid + fd:
 *                  where the answer goes
 *   PLUGIN_DESCRIBED u8 1 and struct plugin_info (kind/plugin.h); u8 0 and
 *                  str, why it cannot be used
 *   NOTICE_SEND    struct notice_order (notify/order.h) + fd: where the
 *                  answer goes
 *   NOTICE_SENT    u8 sent, u8 refused: the receiver is there and wants no
 *                  such message, str why it was not sent
 *   USER_ASK       str name, str group + fd: where the answer goes
 *   USER_FOUND     struct user (user/user.h)
 * Recording, M = master, R = recorder; the message id is a sequence number
 * that RECORDED acknowledges:
 *   STATE_ASK      M: send what you know
 *   STATE_JOB      R: struct record_job, one a job
 *   STATE_RETRY    R: struct record_retry, one an unanswered retry
 *   STATE_OPEN     R: struct run_begin: never ended, one a run
 *   STATE_END      R
 *   RECORD_JOB     M: a job's state changed by hand or by loading
 *   RECORD_BEGIN   M: a run begins
 *   RECORD_END     M: a run ended; its output is in its run file
 *   RECORD_SLOT    M: slots that did not run, and why
 *   STATE_PAUSE    R: struct record_pause, one a pause
 *   RECORD_PAUSE   M: struct record_pause
 *   RECORD_PARAMS  M: str run, str JSON: what the run was begun with, str JSON:
 *                  the ends of its parents; "" for what there is not
 *   STATE_AFTER    R: struct record_after: not used up, one an end
 *   RECORD_AFTER   M: struct record_after
 *   RECORD_AUDIT   M: struct record_audit
 *   AUDIT_TELL     R and the api: struct record_audit without id, host and
 *                  forget, of what they have changed by themselves
 *   STATE_NOTICE   R: struct record_notice: not sent yet, one a notification
 *   USUAL_ASK      M: str run, str job: how long do its runs usually take?
 *   USUAL          R: str run, i64 ms beyond which it is unusual; 0: unknown
 *   STORE_STATE    R: u8 up, str why not: of a store that it does without
 *   RECORD_NOTICE  M: struct record_notice
 *   RECORDED       R: u64 all up to this sequence number is on disk
 *   STATE_NEW      R: the store is a new one: tell again what is not over
 *   GUARD_ASK      M: struct guard_ask (guard.h): may the run start?
 *   GUARD_ANSWER   R: struct guard_answer
 * Queues; submission.h:
 *   QUEUE_SUBMIT   M: struct submission, i64 how many may wait in its queue
 *   QUEUE_SUBMITTED R: u8 enum submit_result, str id, i64 due, str error
 *   QUEUE_TAKE     M: str queue, str host, u32 workers, u32 at most so many:
 *                  what is due; queue "": the ends that URLs are to be told
 *   QUEUE_TAKEN    R: struct submission
 *   QUEUE_REPLY    R: struct submission_reply
 *   QUEUE_DONE     R: str queue, i64 when the next is due, INT64_MAX: none is;
 *                  -1: the store could not be used
 *   QUEUE_KEEP     M: u8 all, str host, u32 n, n * str id: what it has of
 *                  what it took; all: and nothing else
 *   RECORD_REPLY   M: struct record_reply
 * Questions of the api process, and of master and recorder to each other for
 * those of other hosts; the message id tells them apart:
 *   ASK            str verb, str who, u32 n, n * (str key, str value), str from
 *   ASK_CANCEL     the client went away
 *   ANSWER_BEGIN   u16 HTTP status, str content type
 *   ANSWER_DATA    bytes
 *   ANSWER_END
 */
#define MESSAGE_LIST(X)                                                        \
	X(1, PEER_SET, ROLE_BIT(ROLE_GUARDIAN), ROLES_ALL, 2, 2, true)         \
	X(2, LISTEN_SET, ROLE_BIT(ROLE_GUARDIAN), ROLES_ALL, 1, 1, true)       \
	X(3, SETUP_DONE, ROLE_BIT(ROLE_GUARDIAN), ROLES_ALL, 0, 0, false)      \
	X(4, ROLE_READY, ROLES_ALL, ROLE_BIT(ROLE_GUARDIAN), 5, 512, false)    \
	X(5, LOG_SET, ROLE_BIT(ROLE_GUARDIAN), ROLES_ALL, 0, 0, true)          \
	X(6, RELOAD, ROLE_BIT(ROLE_GUARDIAN), ROLE_BIT(ROLE_MASTER), 8, 8,     \
	    true)                                                              \
	X(7, RELOADED, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_GUARDIAN), 9, 9,   \
	    false)                                                             \
	X(8, RELOAD_ASK, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_GUARDIAN), 0, 0, \
	    false)                                                             \
	X(9, DRAIN, ROLE_BIT(ROLE_GUARDIAN), ROLE_BIT(ROLE_MASTER), 1, 1,      \
	    false)                                                             \
	X(10, DRAIN_ASK, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_GUARDIAN), 0, 0, \
	    false)                                                             \
	X(11, DRAINED, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_GUARDIAN), 0, 0,   \
	    false)                                                             \
	X(12, ROLE_BAD, ROLES_ALL, ROLE_BIT(ROLE_GUARDIAN), 7, 1024, false)    \
	X(13, ROLE_SPAWNED, ROLE_BIT(ROLE_GUARDIAN), ROLE_BIT(ROLE_MASTER),    \
	    10, 10, false)                                                     \
	X(14, DRAIN_PATIENCE, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_GUARDIAN),  \
	    8, 8, false)                                                       \
	X(15, UPGRADE_ASK, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_GUARDIAN), 0,  \
	    256, false)                                                        \
	X(16, UPGRADE_STATE, ROLE_BIT(ROLE_GUARDIAN), ROLE_BIT(ROLE_MASTER),   \
	    15, 4096, false)                                                   \
	X(17, FILE_SET, ROLE_BIT(ROLE_GUARDIAN), ROLE_BIT(ROLE_API), 1, 1,     \
	    true)                                                              \
	X(19, LIBRARY_ASK, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_GUARDIAN), 0,  \
	    0, false)                                                          \
	X(20, RUN_LAUNCH, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_LAUNCHER), 32,  \
	    MESSAGE_PAYLOAD_MAX, true)                                         \
	X(21, RUN_REFUSED, ROLE_BIT(ROLE_LAUNCHER), ROLE_BIT(ROLE_MASTER), 9,  \
	    128, false)                                                        \
	X(30, RUN_HELLO, ROLE_BIT(ROLE_WORKER), ROLE_BIT(ROLE_MASTER), 13,     \
	    256, false)                                                        \
	X(31, RUN_STARTED, ROLE_BIT(ROLE_WORKER), ROLE_BIT(ROLE_MASTER), 17,   \
	    256, false)                                                        \
	X(32, RUN_DONE, ROLE_BIT(ROLE_WORKER), ROLE_BIT(ROLE_MASTER), 32,      \
	    2048, false)                                                       \
	X(33, RUN_KILL, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_WORKER), 1, 256,  \
	    false)                                                             \
	X(34, RUN_PROGRESS, ROLE_BIT(ROLE_WORKER), ROLE_BIT(ROLE_MASTER), 21,  \
	    512, false)                                                        \
	X(35, PLUGIN_DESCRIBE, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_LAUNCHER), \
	    19, 8192, true)                                                    \
	X(36, PLUGIN_DESCRIBED, ROLE_BIT(ROLE_WORKER), ROLE_BIT(ROLE_MASTER),  \
	    6, MESSAGE_PAYLOAD_MAX, false)                                     \
	X(90, NOTICE_SEND, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_LAUNCHER), 40, \
	    MESSAGE_PAYLOAD_MAX, true)                                         \
	X(91, NOTICE_SENT, ROLE_BIT(ROLE_WORKER), ROLE_BIT(ROLE_MASTER), 7,    \
	    2048, false)                                                       \
	X(40, STATE_ASK, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_RECORDER), 0,    \
	    256, false)                                                        \
	X(41, STATE_JOB, ROLE_BIT(ROLE_RECORDER), ROLE_BIT(ROLE_MASTER), 16,   \
	    MESSAGE_PAYLOAD_MAX, false)                                        \
	X(42, STATE_RETRY, ROLE_BIT(ROLE_RECORDER), ROLE_BIT(ROLE_MASTER), 16, \
	    MESSAGE_PAYLOAD_MAX, false)                                        \
	X(43, STATE_OPEN, ROLE_BIT(ROLE_RECORDER), ROLE_BIT(ROLE_MASTER), 16,  \
	    4096, false)                                                       \
	X(44, STATE_END, ROLE_BIT(ROLE_RECORDER), ROLE_BIT(ROLE_MASTER), 0,    \
	    256, false)                                                        \
	X(45, RECORD_JOB, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_RECORDER), 16,  \
	    MESSAGE_PAYLOAD_MAX, false)                                        \
	X(46, RECORD_BEGIN, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_RECORDER),    \
	    16, 4096, false)                                                   \
	X(47, RECORD_END, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_RECORDER), 16,  \
	    8192, false)                                                       \
	X(48, RECORD_SLOT, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_RECORDER), 16, \
	    4096, false)                                                       \
	X(49, RECORDED, ROLE_BIT(ROLE_RECORDER), ROLE_BIT(ROLE_MASTER), 8, 8,  \
	    false)                                                             \
	X(50, STATE_PAUSE, ROLE_BIT(ROLE_RECORDER), ROLE_BIT(ROLE_MASTER), 16, \
	    4096, false)                                                       \
	X(51, RECORD_PAUSE, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_RECORDER),    \
	    16, 4096, false)                                                   \
	X(52, RECORD_PARAMS, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_RECORDER),   \
	    16, MESSAGE_PAYLOAD_MAX, false)                                    \
	X(94, USUAL_ASK, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_RECORDER), 12,   \
	    512, false)                                                        \
	X(95, USUAL, ROLE_BIT(ROLE_RECORDER), ROLE_BIT(ROLE_MASTER), 13, 128,  \
	    false)                                                             \
	X(55, STATE_AFTER, ROLE_BIT(ROLE_RECORDER), ROLE_BIT(ROLE_MASTER), 16, \
	    MESSAGE_PAYLOAD_MAX, false)                                        \
	X(56, RECORD_AFTER, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_RECORDER),    \
	    16, MESSAGE_PAYLOAD_MAX, false)                                    \
	X(92, STATE_NOTICE, ROLE_BIT(ROLE_RECORDER), ROLE_BIT(ROLE_MASTER),    \
	    32, MESSAGE_PAYLOAD_MAX, false)                                    \
	X(93, RECORD_NOTICE, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_RECORDER),   \
	    32, MESSAGE_PAYLOAD_MAX, false)                                    \
	X(59, STATE_NEW, ROLE_BIT(ROLE_RECORDER), ROLE_BIT(ROLE_MASTER), 0, 0, \
	    false)                                                             \
	X(58, RECORD_AUDIT, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_RECORDER),    \
	    32, 32768, false)                                                  \
	X(80, QUEUE_SUBMIT, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_RECORDER),    \
	    67, MESSAGE_PAYLOAD_MAX, false)                                    \
	X(81, QUEUE_SUBMITTED, ROLE_BIT(ROLE_RECORDER), ROLE_BIT(ROLE_MASTER), \
	    19, 4096, false)                                                   \
	X(82, QUEUE_TAKE, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_RECORDER), 18,  \
	    1024, false)                                                       \
	X(83, QUEUE_TAKEN, ROLE_BIT(ROLE_RECORDER), ROLE_BIT(ROLE_MASTER), 59, \
	    MESSAGE_PAYLOAD_MAX, false)                                        \
	X(84, QUEUE_REPLY, ROLE_BIT(ROLE_RECORDER), ROLE_BIT(ROLE_MASTER), 29, \
	    MESSAGE_PAYLOAD_MAX, false)                                        \
	X(85, QUEUE_DONE, ROLE_BIT(ROLE_RECORDER), ROLE_BIT(ROLE_MASTER), 13,  \
	    256, false)                                                        \
	X(86, QUEUE_KEEP, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_RECORDER), 10,  \
	    MESSAGE_PAYLOAD_MAX, false)                                        \
	X(88, RECORD_REPLY, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_RECORDER),    \
	    18, 256, false)                                                    \
	X(60, ASK,                                                             \
	    ROLE_BIT(ROLE_API) | ROLE_BIT(ROLE_MASTER) |                       \
		ROLE_BIT(ROLE_RECORDER),                                       \
	    ROLE_BIT(ROLE_MASTER) | ROLE_BIT(ROLE_RECORDER), 14,               \
	    MESSAGE_PAYLOAD_MAX, false)                                        \
	X(61, ASK_CANCEL, ROLE_BIT(ROLE_API),                                  \
	    ROLE_BIT(ROLE_MASTER) | ROLE_BIT(ROLE_RECORDER), 0, 0, false)      \
	X(62, ANSWER_BEGIN, ROLE_BIT(ROLE_MASTER) | ROLE_BIT(ROLE_RECORDER),   \
	    ROLE_BIT(ROLE_API) | ROLE_BIT(ROLE_MASTER) |                       \
		ROLE_BIT(ROLE_RECORDER),                                       \
	    7, 512, false)                                                     \
	X(63, ANSWER_DATA, ROLE_BIT(ROLE_MASTER) | ROLE_BIT(ROLE_RECORDER),    \
	    ROLE_BIT(ROLE_API) | ROLE_BIT(ROLE_MASTER) |                       \
		ROLE_BIT(ROLE_RECORDER),                                       \
	    4, MESSAGE_PAYLOAD_MAX, false)                                     \
	X(64, ANSWER_END, ROLE_BIT(ROLE_MASTER) | ROLE_BIT(ROLE_RECORDER),     \
	    ROLE_BIT(ROLE_API) | ROLE_BIT(ROLE_MASTER) |                       \
		ROLE_BIT(ROLE_RECORDER),                                       \
	    0, 2048, false)                                                    \
	X(65, GUARD_ASK, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_RECORDER), 16,   \
	    2048, false)                                                       \
	X(66, GUARD_ANSWER, ROLE_BIT(ROLE_RECORDER), ROLE_BIT(ROLE_MASTER), 9, \
	    4096, false)                                                       \
	X(70, USER_ASK, ROLE_BIT(ROLE_MASTER), ROLE_BIT(ROLE_LAUNCHER), 10,    \
	    8192, true)                                                        \
	X(71, USER_FOUND, ROLE_BIT(ROLE_WORKER), ROLE_BIT(ROLE_MASTER), 6,     \
	    MESSAGE_PAYLOAD_MAX, false)                                        \
	X(72, LIMITS_SET, ROLE_BIT(ROLE_GUARDIAN), ROLE_BIT(ROLE_MASTER), 8,   \
	    8192, false)                                                       \
	X(97, AUDIT_TELL, ROLE_BIT(ROLE_API) | ROLE_BIT(ROLE_RECORDER),        \
	    ROLE_BIT(ROLE_MASTER), 32, 32768, false)                           \
	X(96, STORE_STATE, ROLE_BIT(ROLE_RECORDER), ROLE_BIT(ROLE_MASTER), 6,  \
	    2048, false)

enum message_type {
#define X(number, name, ...) MSG_##name = number,
	MESSAGE_LIST(X)
#undef X
};

enum listen_kind {
	LISTEN_WORKERS = 1, /* to the master: run-dir/worker.sock */
	LISTEN_API = 2,     /* to the api: the command's unix socket */
	LISTEN_API_TCP = 3, /* to the api: an address of listen; any number */
};

/* What the guardian opens for the api; in this order. */
enum file_kind {
	FILE_TOKENS = 1,
	FILE_CLIENT_CA = 2,
	FILE_CERT = 3,
	FILE_KEY = 4,      /* with which the other two take effect */
	FILE_SESSIONS = 5, /* to be written by it; when it begins */
};

/* How the last upgrade stands; numbers are on the wire. */
enum upgrade_state {
	UPGRADE_NONE = 0,
	UPGRADE_TESTING = 1,
	UPGRADE_REPLACING = 2,
	UPGRADE_DONE = 3,
	UPGRADE_FAILED = 4,
};

/* Why a run is to end. In the run's reason; numbers are on the wire. */
enum kill_why {
	KILL_OPERATOR = 1, /* a person asked */
	KILL_SHUTDOWN = 2, /* the daemon stops and its time-out has passed */
	KILL_REPLACED = 3, /* overlap = replace */
	KILL_LEASE = 4,    /* its host's session was lost */
};

/* "killed by operator" ...; for the run's reason. */
const char *kill_reason(enum kill_why why);

struct message_info {
	uint16_t type;
	const char *name;
	uint32_t from; /* ROLE_BITs */
	uint32_t to;
	uint32_t min;
	uint32_t max;
	bool fd;
};

/* What is declared of a type; NULL for a number that is none. */
const struct message_info *message_info(uint16_t type);

/* "RUN_DONE", or "?" */
const char *message_name(uint16_t type);

/* "master", "launcher" ...; and back, ROLE_NONE when it is none. */
const char *role_name(enum role_id role);
enum role_id role_parse(const char *name);

#endif
