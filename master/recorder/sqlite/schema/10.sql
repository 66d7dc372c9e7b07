-- Version 10: queues of commands that people submit; and what parents left
-- goes to the jobs after them.

CREATE TABLE submissions (
	id TEXT PRIMARY KEY,        -- of its run, too
	queue TEXT NOT NULL,
	state TEXT NOT NULL,        -- waiting taken ended cancelled
	slot INTEGER NOT NULL,      -- no other's of its queue
	due INTEGER NOT NULL,       -- not before; milliseconds since 1970
	created INTEGER NOT NULL,
	command TEXT NOT NULL,
	user TEXT NOT NULL,         -- '' whose jobs run
	who TEXT NOT NULL,
	key TEXT,                   -- a second one of the user with it is this
	host TEXT,                  -- took it
	ended INTEGER,              -- or cancelled
	cancelled_by TEXT,
	callback TEXT,              -- URL
	callback_state TEXT,        -- NULL not yet; due taken delivered failed
	callback_due INTEGER,
	callback_host TEXT,
	callback_tries INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE UNIQUE INDEX submissions_by_slot ON submissions (queue, slot);
CREATE UNIQUE INDEX submissions_by_key ON submissions (key, user)
	WHERE key IS NOT NULL AND state <> 'cancelled';
CREATE INDEX submissions_waiting ON submissions (queue, due, id)
	WHERE state = 'waiting';
CREATE INDEX submissions_taken ON submissions (queue) WHERE state = 'taken';
CREATE INDEX submissions_callback ON submissions (callback_due)
	WHERE callback_state IN ('due', 'taken');
CREATE INDEX submissions_cancelled ON submissions (ended)
	WHERE state = 'cancelled';

ALTER TABLE ends ADD COLUMN results TEXT; -- as in runs
