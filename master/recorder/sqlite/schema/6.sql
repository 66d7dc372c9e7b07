-- Version 6: up to where the schedules before these were decided.

-- Slots between it and since were nobody's: belfryd was not there, and the
-- schedules were others when it came back. NULL: there are none.
ALTER TABLE schedules ADD COLUMN ends INTEGER;
