-- Version 5: of a slot that several hosts run (hosts = all, 2 of ...), which
-- one a run is, as in guards.

ALTER TABLE belfry.runs ADD COLUMN copy text COLLATE "C" NOT NULL DEFAULT '';
-- An attempt of a slot runs once, each copy of it.
DROP INDEX belfry.runs_once;
CREATE UNIQUE INDEX runs_once ON belfry.runs (job, slot, attempt, copy)
	WHERE NOT twin;
