-- belfry's store in PostgreSQL, version 1.
--
-- What only one host must know (ends of parents that a job has not used up) is
-- in the file of that host alone.
--
-- belfryd applies these files by itself, in the order of their numbers, each
-- once, under an advisory lock. For queries of your own use the views of the
-- files that follow: their names stay. Write nothing here.
-- slot, due, created, retry_ms, hwm, last_*, until, since: milliseconds since
-- 1970, UTC. started, finished: microseconds since 1970. *_us: microseconds.

CREATE SCHEMA belfry;

CREATE TABLE belfry.migrations (
	-- One row a file that was applied.
	version integer PRIMARY KEY,
	name text NOT NULL,
	applied timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE belfry.runs (
	-- One row a run: one execution of one attempt of one slot.
	id text COLLATE "C" PRIMARY KEY, -- sorts by the time of its creation
	job text COLLATE "C" NOT NULL,
	slot bigint NOT NULL,       -- its nominal fire time
	due bigint NOT NULL,        -- when it was to start: slot, or a retry's time
	attempt integer NOT NULL,   -- from 1
	trigger text NOT NULL,      -- schedule manual retry after catch-up queue
	host text NOT NULL,
	outcome text,               -- success failure timeout killed lost
	                            -- launch-failed; NULL while it runs
	reason text,                -- one line in words; NULL nothing to say
	exit_code integer,          -- NULL: ended by a signal, or never started
	signal integer,             -- that ended it; NULL none
	started bigint,             -- NULL: never, or it runs
	finished bigint,
	duration_us bigint,         -- by the monotonic clock
	cpu_us bigint,              -- user and system of the whole process tree
	max_rss_kb bigint,          -- of its largest process
	fence bigint NOT NULL,
	output_bytes bigint,        -- what it wrote
	dropped_bytes bigint,       -- of these, not kept
	created bigint NOT NULL,
	retry_ms bigint,            -- the next attempt is due then; NULL none waits
	chain text COLLATE "C",     -- the first run of all; NULL this one
	parent text COLLATE "C",    -- the run whose end began it; NULL none
	twin boolean NOT NULL DEFAULT false -- another run has its job, slot and
	                            -- attempt: two by hand in one millisecond
) WITH (fillfactor = 85);

-- An attempt of a slot runs once. What breaks that is a twin, and is kept.
CREATE UNIQUE INDEX runs_once ON belfry.runs (job, slot, attempt)
	WHERE NOT twin;
CREATE INDEX runs_by_job ON belfry.runs (job, id);
CREATE INDEX runs_by_created ON belfry.runs USING brin (created)
	WITH (pages_per_range = 32, autosummarize = on);
-- What did not simply succeed, running ones (NULL) included: few, and what
-- people look for.
CREATE INDEX runs_by_outcome ON belfry.runs (outcome, id)
	WHERE outcome IS DISTINCT FROM 'success';
CREATE INDEX runs_by_job_outcome ON belfry.runs (job, outcome, id)
	WHERE outcome IS DISTINCT FROM 'success';
CREATE INDEX runs_by_chain ON belfry.runs (chain, id)
	WHERE chain IS NOT NULL;
CREATE INDEX runs_retry ON belfry.runs (id) WHERE retry_ms IS NOT NULL;

CREATE TABLE belfry.ledger (
	-- One row a slot: it ran, or why it did not.
	job text COLLATE "C" NOT NULL,
	slot bigint NOT NULL,
	until bigint NOT NULL,      -- last slot of the row; slot when it is one
	count bigint NOT NULL,      -- slots in the row; 0 when nobody counted
	outcome text,               -- of its last attempt; skipped or missed when
	                            -- it did not run; NULL while it runs
	reason text,                -- a word, of what did not run: overlap late ...
	detail text,                -- a sentence
	run text COLLATE "C",       -- its last run; NULL it did not run
	attempts integer NOT NULL,  -- 0 it did not run
	host text,
	PRIMARY KEY (job, slot)
) WITH (fillfactor = 85);

CREATE INDEX ledger_by_slot ON belfry.ledger (slot, job);
CREATE INDEX ledger_by_outcome ON belfry.ledger (outcome, slot, job)
	WHERE outcome IS DISTINCT FROM 'success';

CREATE TABLE belfry.output (
	-- What runs wrote, in pieces of up to 64 KiB. A hole between two pieces,
	-- or between the last and runs.output_bytes, was dropped.
	run text COLLATE "C" NOT NULL,
	start bigint NOT NULL,      -- position of the piece's first byte
	data bytea NOT NULL,
	PRIMARY KEY (run, start)
);

CREATE TABLE belfry.jobs (
	-- What is remembered of a job, also of one whose file is gone.
	job text COLLATE "C" PRIMARY KEY,
	memo text,                  -- the scheduler's own note
	hwm bigint NOT NULL DEFAULT 0,          -- the last slot decided; 0 none
	last_end bigint NOT NULL DEFAULT 0,     -- end of the last run
	last_run text NOT NULL DEFAULT '',
	last_outcome text,
	last_success bigint NOT NULL DEFAULT 0, -- start of the last success
	failures bigint NOT NULL DEFAULT 0,     -- runs in a row that failed
	swept bigint NOT NULL DEFAULT 0         -- slots up to it may be deleted
) WITH (fillfactor = 50);

CREATE TABLE belfry.schedules (
	-- One row a change: of schedules, time zone, overlap, retries, enabled,
	-- and when the job went from its file or came back.
	job text COLLATE "C" NOT NULL,
	since bigint NOT NULL,      -- slots later than this are of these schedules
	seen bigint NOT NULL,       -- when belfryd came to know
	memo text NOT NULL,         -- as in jobs
	ends bigint,                -- slots between it and since are nobody's
	PRIMARY KEY (job, since)
);

CREATE TABLE belfry.pauses (
	-- Jobs whose slots are skipped because somebody said so.
	job text COLLATE "C" PRIMARY KEY, -- * for all
	since bigint NOT NULL,
	until bigint NOT NULL,      -- ends by itself; 0 it does not
	who text NOT NULL,
	reason text NOT NULL        -- '' none was given
);

CREATE TABLE belfry.params (
	-- Of runs that were begun with any.
	run text COLLATE "C" PRIMARY KEY,
	params text NOT NULL,       -- a JSON object of strings; '' none
	parents text                -- the ends of its parents: a JSON array;
	                            -- NULL it has none
);

CREATE TABLE belfry.swept (
	-- Slots and runs up to this time may be gone, of all jobs, by age.
	one integer PRIMARY KEY CHECK (one = 1),
	slot bigint NOT NULL
);
INSERT INTO belfry.swept (one, slot) VALUES (1, 0);
