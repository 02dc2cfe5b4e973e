-- A statement that came from outside is kept whole, exactly as received.
ALTER TABLE journal ADD COLUMN raw TEXT;
