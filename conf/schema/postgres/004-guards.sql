-- Version 4: what the hosts of a cluster were allowed to start, with guard =
-- best-effort or strict in [cluster].

CREATE TABLE belfry.guards (
	-- One row a start: whoever comes second does not run it.
	job text COLLATE "C" NOT NULL,
	slot bigint NOT NULL,       -- as in runs
	attempt integer NOT NULL,
	copy text COLLATE "C" NOT NULL, -- of several that a slot has: its
	                            -- number, or @HOST; '' it has one
	run text COLLATE "C" NOT NULL,
	host text NOT NULL,
	since timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (job, slot, attempt, copy)
);
-- They come about in order of their slots, and go as old ones.
CREATE INDEX guards_by_slot ON belfry.guards USING brin (slot)
	WITH (pages_per_range = 32, autosummarize = on);
