-- Who changed what by hand.

CREATE TABLE belfry.audit (
	id text COLLATE "C" PRIMARY KEY, -- begins with its time, as runs'
	at bigint NOT NULL,     -- ms since 1970
	host text NOT NULL,
	who text NOT NULL,      -- "uid 0 (root)", "token ci", "user ann"
	origin text NOT NULL,   -- an address; "socket"
	action text NOT NULL,   -- "pause"
	object text NOT NULL,   -- a job, a run; "" the daemon
	was text NOT NULL,      -- JSON: before it, "" nothing
	became text NOT NULL    -- JSON: after it, "" nothing
);

CREATE VIEW public.belfry_audit AS
	SELECT to_timestamp(at / 1000.0) AS time, host, who, origin, action,
	    object, nullif(was, '') AS before, nullif(became, '') AS after
	FROM belfry.audit;
