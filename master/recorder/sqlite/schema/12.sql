-- Version 12: notifications.

CREATE TABLE notifications (
	-- One row a notification for one receiver.
	id TEXT PRIMARY KEY,        -- follows from what it is about
	receiver TEXT NOT NULL,     -- [notify NAME]; ping
	event TEXT NOT NULL,        -- failure recovery node-down ...
	job TEXT,                   -- NULL: of the daemon or the cluster
	run TEXT,
	host TEXT NOT NULL,         -- that sends it
	created INTEGER NOT NULL,   -- milliseconds since 1970
	state TEXT NOT NULL,        -- waiting sent failed
	tries INTEGER NOT NULL,
	next INTEGER NOT NULL,      -- try; 0 at once
	done INTEGER,               -- sent or given up; NULL not yet
	error TEXT,                 -- of the last try; NULL none
	facts TEXT NOT NULL         -- a JSON object: what it says
) WITHOUT ROWID;

CREATE INDEX notifications_by_created ON notifications (created, id);
CREATE INDEX notifications_waiting ON notifications (id)
	WHERE state = 'waiting';
