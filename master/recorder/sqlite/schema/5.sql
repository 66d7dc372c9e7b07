-- Version 5: up to where retention has deleted.

-- Slots and runs up to this time may be gone, of all jobs by age ...
CREATE TABLE swept (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	slot INTEGER NOT NULL
);
INSERT INTO swept (one, slot) VALUES (1, 0);
-- ... and of one by number.
ALTER TABLE jobs ADD COLUMN swept INTEGER NOT NULL DEFAULT 0;
