-- A sweep deletes millions of ids, and asked twice of each whether it may:
-- here and in its own condition. What holds statements keeps its triggers;
-- this table only says where they are.
DROP TRIGGER journal_id_needed;
