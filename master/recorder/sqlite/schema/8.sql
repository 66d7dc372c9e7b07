-- Version 8: what jobs leave with their runs.

ALTER TABLE runs ADD COLUMN results TEXT; -- a JSON object of texts; NULL none
