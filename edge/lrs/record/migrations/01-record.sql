-- What is known of activities: their definitions, as the latest statements
-- have them.
CREATE TABLE lrs_activity (
    iri        TEXT PRIMARY KEY,
    definition TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Attachments' bytes in the folder, and the last statement that needs them.
CREATE TABLE lrs_blob (
    sha  BLOB PRIMARY KEY,
    size INTEGER NOT NULL,
    n    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: the key that signs cursors.
CREATE TABLE lrs_secret (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    secret BLOB NOT NULL
) STRICT;
