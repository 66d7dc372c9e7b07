-- Version 4: parameters of runs.

CREATE TABLE params (
	-- Of runs that were begun with any.
	run TEXT PRIMARY KEY,
	params TEXT NOT NULL        -- a JSON object of strings
) WITHOUT ROWID;
