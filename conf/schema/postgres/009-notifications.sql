-- Notifications and how they stand.

CREATE TABLE belfry.notifications (
	-- One row a notification for one receiver.
	id text COLLATE "C" PRIMARY KEY, -- follows from what it is about
	receiver text NOT NULL,     -- [notify NAME]; ping
	event text NOT NULL,        -- failure recovery node-down ...
	job text COLLATE "C",       -- NULL: of the daemon or the cluster
	run text COLLATE "C",
	host text NOT NULL,         -- that sends it
	created bigint NOT NULL,    -- milliseconds since 1970
	state text NOT NULL,        -- waiting sent failed
	tries integer NOT NULL,
	next bigint NOT NULL,       -- try; 0 at once
	done bigint,                -- sent or given up; NULL not yet
	error text,                 -- of the last try; NULL none
	facts text NOT NULL         -- a JSON object: what it says
) WITH (fillfactor = 70);

CREATE INDEX notifications_by_created ON belfry.notifications (created, id);

CREATE VIEW public.belfry_notifications AS
	SELECT id, receiver, event, job, run, host,
	    to_timestamp(created / 1000.0) AS created, state, tries,
	    to_timestamp(nullif(next, 0) / 1000.0) AS next,
	    to_timestamp(done / 1000.0) AS done, error, facts::json AS facts
	FROM belfry.notifications;
