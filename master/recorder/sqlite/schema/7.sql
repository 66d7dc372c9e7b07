-- Version 7: runs that come after others.

ALTER TABLE runs ADD COLUMN chain TEXT;  -- the first run of all; NULL this one
ALTER TABLE runs ADD COLUMN parent TEXT; -- whose end began it; NULL none
CREATE INDEX runs_by_chain ON runs (chain, id) WHERE chain IS NOT NULL;

-- The ends of its parents: a JSON array; NULL it has none. params is '' then
-- when it has no parameters.
ALTER TABLE params ADD COLUMN parents TEXT;

CREATE TABLE ends (
	-- Ends of parents that a job has not used up yet.
	job TEXT NOT NULL,
	mark INTEGER NOT NULL,      -- numbers ends
	parent TEXT NOT NULL,
	run TEXT NOT NULL,          -- the parent's
	outcome TEXT NOT NULL,
	exit_code INTEGER,
	ended INTEGER NOT NULL,     -- milliseconds since 1970
	chain TEXT NOT NULL,
	params TEXT NOT NULL,       -- as in params; '' none
	PRIMARY KEY (job, mark)
) WITHOUT ROWID;

-- Ends up to this mark are used up.
ALTER TABLE jobs ADD COLUMN joined INTEGER NOT NULL DEFAULT 0;
