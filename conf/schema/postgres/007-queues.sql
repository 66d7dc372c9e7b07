-- Version 7: queues of commands that people submit, to one host for all.

CREATE TABLE belfry.submissions (
	id text COLLATE "C" PRIMARY KEY, -- of its run, too
	queue text COLLATE "C" NOT NULL,
	state text NOT NULL,        -- waiting taken ended cancelled
	slot bigint NOT NULL,       -- no other's of its queue
	due bigint NOT NULL,        -- not before; milliseconds since 1970
	created bigint NOT NULL,
	command text NOT NULL,
	"user" text NOT NULL,       -- '' whose jobs run
	who text NOT NULL,
	key text COLLATE "C",       -- a second one of the user with it is this
	host text COLLATE "C",      -- took it
	lease bigint NOT NULL DEFAULT 0, -- until then it is that host's
	ended bigint,               -- or cancelled
	cancelled_by text,
	callback text,              -- URL
	callback_state text,        -- NULL not yet; due taken delivered failed
	callback_due bigint,
	callback_host text COLLATE "C",
	callback_tries integer NOT NULL DEFAULT 0
) WITH (fillfactor = 70);

CREATE UNIQUE INDEX submissions_by_slot ON belfry.submissions (queue, slot);
CREATE UNIQUE INDEX submissions_by_key ON belfry.submissions (key, "user")
	WHERE key IS NOT NULL AND state <> 'cancelled';
CREATE INDEX submissions_waiting ON belfry.submissions (queue, due, id)
	WHERE state = 'waiting';
CREATE INDEX submissions_taken ON belfry.submissions (queue)
	WHERE state = 'taken';
CREATE INDEX submissions_callback ON belfry.submissions (callback_due)
	WHERE callback_state IN ('due', 'taken');
CREATE INDEX submissions_over ON belfry.submissions (ended)
	WHERE state IN ('ended', 'cancelled');

CREATE VIEW public.belfry_queues AS
	SELECT id, queue,
	    CASE state WHEN 'taken' THEN 'running' ELSE state END AS state,
	    to_timestamp(due / 1000.0) AS due,
	    to_timestamp(created / 1000.0) AS submitted, command,
	    nullif("user", '') AS "user", who, key, host,
	    to_timestamp(ended / 1000.0) AS ended, cancelled_by, callback,
	    callback_state, callback_tries
	FROM belfry.submissions;
