-- Version 11: who changed what by hand.

CREATE TABLE audit (
	id TEXT PRIMARY KEY,  -- begins with its time, as those of runs
	at INTEGER NOT NULL,  -- ms since 1970
	host TEXT NOT NULL,
	who TEXT NOT NULL,    -- "uid 0 (root)", "token ci", "user ann"
	origin TEXT NOT NULL, -- an address; "socket"
	action TEXT NOT NULL, -- "pause"
	object TEXT NOT NULL, -- a job, a run; "" the daemon
	was TEXT NOT NULL,    -- JSON: before it, "" nothing
	became TEXT NOT NULL  -- JSON: after it, "" nothing
) WITHOUT ROWID;
