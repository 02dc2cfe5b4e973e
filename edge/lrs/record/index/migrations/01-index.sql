-- The index of the record store: a projection of the journal's learning
-- stream. n numbers its statements from 1, in the order of storing. A term is
-- the first 63 bits of the SHA-256 of one thing a statement can be found by.
--
-- n and the journal's keys run in step: a run says from where to where.
CREATE TABLE lrs_run (
    first INTEGER PRIMARY KEY,               -- n
    key   INTEGER NOT NULL UNIQUE            -- the journal's
) STRICT;

-- The open bucket: one row a statement, its terms as 8 bytes each.
CREATE TABLE lrs_tail (
    n      INTEGER PRIMARY KEY,
    stored INTEGER NOT NULL,                 -- ms
    terms  BLOB NOT NULL
) STRICT;

-- The sealed buckets: 4096 consecutive statements each.
CREATE TABLE lrs_bucket (
    bucket INTEGER PRIMARY KEY,              -- n >> 12
    stored INTEGER NOT NULL,                 -- ms, of its last statement
    gone   INTEGER NOT NULL                  -- how many were pruned
) STRICT;

-- Which statements of a bucket have a term: differences of n, as varints.
CREATE TABLE lrs_posting (
    bucket INTEGER NOT NULL,
    term   INTEGER NOT NULL,
    ns     BLOB NOT NULL,
    PRIMARY KEY (bucket, term)
) STRICT, WITHOUT ROWID;

-- Terms that came to a statement after it was indexed, because the statement
-- it refers to arrived later.
CREATE TABLE lrs_late (
    term INTEGER NOT NULL,
    n    INTEGER NOT NULL,
    PRIMARY KEY (term, n)
) STRICT, WITHOUT ROWID;

-- Who refers to whom: statement n has a StatementRef to target as its object.
CREATE TABLE lrs_ref (
    target BLOB NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (target, n)
) STRICT, WITHOUT ROWID;

-- What voiding statements name, there or not.
CREATE TABLE lrs_void (
    target BLOB PRIMARY KEY,
    n      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: the next n when the tail is empty.
CREATE TABLE lrs_state (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    next INTEGER NOT NULL
) STRICT;
INSERT INTO lrs_state (id, next) VALUES (1, 0);
