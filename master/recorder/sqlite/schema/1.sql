-- belfry's store, schema version 1 (PRAGMA user_version).
--
-- Tables, views and columns keep their names and meaning: query them as you
-- like (sqlite3 -readonly). Write nothing here; belfryd owns the file.
-- slot, due, created, retry_ms, hwm, last_*: milliseconds since 1970, UTC.
-- started, finished: microseconds since 1970. *_us: microseconds.

CREATE TABLE runs (
	-- One row a run: one execution of one attempt of one slot.
	id TEXT PRIMARY KEY,        -- sorts by the time of its creation
	job TEXT NOT NULL,
	slot INTEGER NOT NULL,      -- its nominal fire time
	due INTEGER NOT NULL,       -- when it was to start: slot, or a retry's time
	attempt INTEGER NOT NULL,   -- from 1
	trigger TEXT NOT NULL,      -- schedule manual retry after catch-up queue
	host TEXT NOT NULL,
	outcome TEXT,               -- success failure timeout killed lost
	                            -- launch-failed; NULL while it runs
	reason TEXT,                -- one line in words; NULL nothing to say
	exit_code INTEGER,          -- NULL: ended by a signal, or never started
	signal INTEGER,             -- that ended it; NULL none
	started INTEGER,            -- NULL: never, or it runs
	finished INTEGER,
	duration_us INTEGER,        -- by the monotonic clock
	cpu_us INTEGER,             -- user and system of the whole process tree
	max_rss_kb INTEGER,         -- of its largest process
	fence INTEGER NOT NULL,
	output_bytes INTEGER,       -- what it wrote
	dropped_bytes INTEGER,      -- of these, not kept
	created INTEGER NOT NULL,
	retry_ms INTEGER            -- the next attempt is due then; NULL none waits
) WITHOUT ROWID;

CREATE INDEX runs_by_job ON runs (job, id);
-- What did not simply succeed, running ones (NULL) included: few, and what
-- people look for.
CREATE INDEX runs_by_outcome ON runs (outcome, id)
	WHERE outcome IS NOT 'success';
CREATE INDEX runs_by_job_outcome ON runs (job, outcome, id)
	WHERE outcome IS NOT 'success';
CREATE INDEX runs_retry ON runs (id) WHERE retry_ms IS NOT NULL;
CREATE INDEX runs_retry_slot ON runs (job, slot) WHERE retry_ms IS NOT NULL;

CREATE TABLE ledger (
	-- One row a slot: it ran, or why it did not.
	job TEXT NOT NULL,
	slot INTEGER NOT NULL,
	until INTEGER NOT NULL,     -- last slot of the row; slot when it is one
	count INTEGER NOT NULL,     -- slots in the row; 0 when nobody counted
	outcome TEXT,               -- of its last attempt; skipped or missed when
	                            -- it did not run; NULL while it runs
	reason TEXT,                -- a word, of what did not run: overlap late ...
	detail TEXT,                -- a sentence
	run TEXT,                   -- its last run; NULL it did not run
	attempts INTEGER NOT NULL,  -- 0 it did not run
	host TEXT,
	PRIMARY KEY (job, slot)
) WITHOUT ROWID;

CREATE INDEX ledger_by_slot ON ledger (slot, job);
CREATE INDEX ledger_by_outcome ON ledger (outcome, slot, job)
	WHERE outcome IS NOT 'success';

CREATE TABLE output (
	-- What runs wrote, in pieces of up to 64 KiB. A hole between two pieces,
	-- or between the last and runs.output_bytes, was dropped.
	run TEXT NOT NULL,
	start INTEGER NOT NULL,     -- position of the piece's first byte
	data BLOB NOT NULL,
	PRIMARY KEY (run, start)
) WITHOUT ROWID;

CREATE TABLE jobs (
	-- What is remembered of a job, also of one whose file is gone.
	job TEXT PRIMARY KEY,
	memo TEXT,                  -- the scheduler's own note
	hwm INTEGER NOT NULL DEFAULT 0,          -- the last slot decided; 0 none
	last_end INTEGER NOT NULL DEFAULT 0,     -- end of the last run
	last_run TEXT NOT NULL DEFAULT '',
	last_outcome TEXT,
	last_success INTEGER NOT NULL DEFAULT 0, -- start of the last success
	failures INTEGER NOT NULL DEFAULT 0      -- runs in a row that failed
) WITHOUT ROWID;

-- For people: times as text, in UTC.
CREATE VIEW history AS
	SELECT id, job, datetime(slot / 1000, 'unixepoch') AS slot, attempt,
	    trigger, host, coalesce(outcome, 'running') AS outcome, reason,
	    exit_code, signal,
	    datetime(started / 1000000, 'unixepoch') AS started,
	    round(duration_us / 1e6, 3) AS seconds, output_bytes
	FROM runs;
CREATE VIEW slots AS
	SELECT job, datetime(slot / 1000, 'unixepoch') AS slot,
	    datetime(until / 1000, 'unixepoch') AS until, count,
	    coalesce(outcome, 'running') AS outcome, reason, detail, run, attempts
	FROM ledger;
