-- Version 3: pauses.

CREATE TABLE pauses (
	-- Jobs whose slots are skipped because somebody said so.
	job TEXT PRIMARY KEY,       -- * for all
	since INTEGER NOT NULL,     -- milliseconds since 1970
	until INTEGER NOT NULL,     -- ends by itself; 0 it does not
	who TEXT NOT NULL,
	reason TEXT NOT NULL        -- '' none was given
) WITHOUT ROWID;
