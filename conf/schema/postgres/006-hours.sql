-- The load of each hour, of runs that have ended.

CREATE TABLE belfry.hours (
	-- What began in an hour on a host, and how long jobs ran in it.
	-- Retention leaves it.
	hour bigint NOT NULL,       -- hours since 1970, UTC
	host text COLLATE "C" NOT NULL,
	runs bigint NOT NULL,
	failures bigint NOT NULL,   -- of these, all that were no success
	busy_us bigint NOT NULL,    -- of all runs together
	PRIMARY KEY (hour, host)
) WITH (fillfactor = 50);

-- Of runs that ended before, all of their time counts in their first hour.
INSERT INTO belfry.hours (hour, host, runs, failures, busy_us)
	SELECT coalesce(started, created * 1000) / 3600000000, host, count(*),
	    count(*) FILTER (WHERE outcome <> 'success'),
	    coalesce(sum(duration_us), 0)
	FROM belfry.runs WHERE outcome IS NOT NULL GROUP BY 1, 2;

CREATE VIEW public.belfry_hours AS
	SELECT to_timestamp(hour * 3600) AS hour, host, runs, failures,
	    busy_us / 1e6 AS busy_seconds
	FROM belfry.hours;
