-- Version 2: for people and for dashboards. Names and columns stay, columns
-- may be added at the end. They are in public, where every search path finds
-- them.

CREATE VIEW public.belfry_runs AS
	SELECT id, job, to_timestamp(slot / 1000.0) AS slot, attempt, trigger,
	    host, coalesce(outcome, 'running') AS outcome, reason, exit_code,
	    signal, to_timestamp(started / 1e6) AS started,
	    to_timestamp(finished / 1e6) AS finished,
	    duration_us / 1000.0 AS duration_ms,
	    started / 1000.0 - due AS lateness_ms, cpu_us / 1000.0 AS cpu_ms,
	    max_rss_kb, fence, output_bytes, dropped_bytes,
	    to_timestamp(created / 1000.0) AS created,
	    to_timestamp(retry_ms / 1000.0) AS retry_at, twin,
	    nullif(p.params, '')::json AS params,
	    coalesce(chain, id) AS chain, parent, p.parents::json AS parents
	FROM belfry.runs LEFT JOIN belfry.params AS p ON p.run = id;

CREATE VIEW public.belfry_ledger AS
	SELECT job, to_timestamp(slot / 1000.0) AS slot,
	    to_timestamp(until / 1000.0) AS until, count,
	    coalesce(outcome, 'running') AS outcome, reason, detail, run,
	    attempts, host
	FROM belfry.ledger;

CREATE VIEW public.belfry_jobs AS
	SELECT job, last_run, last_outcome,
	    to_timestamp(nullif(last_end, 0) / 1000.0) AS last_end,
	    to_timestamp(nullif(last_success, 0) / 1000.0) AS last_success,
	    failures, to_timestamp(nullif(hwm, 0) / 1000.0) AS decided_until
	FROM belfry.jobs;

CREATE VIEW public.belfry_output AS
	SELECT run, start, data FROM belfry.output;

CREATE VIEW public.belfry_pauses AS
	SELECT job, to_timestamp(since / 1000.0) AS since,
	    to_timestamp(nullif(until, 0) / 1000.0) AS until, who, reason
	FROM belfry.pauses;
