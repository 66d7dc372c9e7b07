-- Version 2: since when a job's schedule is what it is.

CREATE TABLE schedules (
	-- One row a change: of schedules, time zone, overlap, retries, enabled,
	-- and when the job went from its file or came back.
	job TEXT NOT NULL,
	since INTEGER NOT NULL,     -- slots later than this are of these schedules
	seen INTEGER NOT NULL,      -- when belfryd came to know
	memo TEXT NOT NULL,         -- as in jobs
	PRIMARY KEY (job, since)
) WITHOUT ROWID;

INSERT INTO schedules (job, since, seen, memo)
	SELECT job, hwm, hwm, memo FROM jobs WHERE memo IS NOT NULL;
