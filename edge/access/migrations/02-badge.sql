-- A pupil's badge: a printed QR code that signs in without anything to
-- remember. One a pupil; a new one ends the old. hash is SHA-256 of 160 random
-- bits: the table alone opens nothing.
CREATE TABLE badge (
    pid    TEXT PRIMARY KEY,
    hash   BLOB NOT NULL UNIQUE,
    issued INTEGER NOT NULL                  -- ms since 1970
) STRICT, WITHOUT ROWID;
