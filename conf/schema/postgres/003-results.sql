-- What jobs leave with their runs: a JSON object of texts; NULL: nothing.
ALTER TABLE belfry.runs ADD COLUMN results text;

CREATE OR REPLACE VIEW public.belfry_runs AS
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
	    coalesce(chain, id) AS chain, parent, p.parents::json AS parents,
	    results::json AS results
	FROM belfry.runs LEFT JOIN belfry.params AS p ON p.run = id;
