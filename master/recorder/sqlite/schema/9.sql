-- Version 9: the load of each hour.

CREATE TABLE hours (
	-- Of runs that have ended: what began in an hour on a host, and how
	-- long jobs ran in it. Retention leaves it.
	hour INTEGER NOT NULL,      -- hours since 1970, UTC
	host TEXT NOT NULL,
	runs INTEGER NOT NULL,
	failures INTEGER NOT NULL,  -- of these, all that were no success
	busy_us INTEGER NOT NULL,   -- of all runs together
	PRIMARY KEY (hour, host)
) WITHOUT ROWID;

-- Of runs that ended before, all of their time counts in their first hour.
INSERT INTO hours (hour, host, runs, failures, busy_us)
	SELECT coalesce(started, created * 1000) / 3600000000, host, count(*),
	    sum(outcome <> 'success'), sum(coalesce(duration_us, 0))
	FROM runs WHERE outcome IS NOT NULL GROUP BY 1, 2;
