-- Every process start opens an epoch under a random name. Its row names the
-- epoch before it and where that one ended: two epochs that name one
-- predecessor with different heads betray a cloned or restored card.
CREATE TABLE epoch (
    id          INTEGER PRIMARY KEY,         -- random, 63 bits
    ordinal     INTEGER NOT NULL UNIQUE,     -- 1, 2, 3…: ids are random and time may lie
    opened      INTEGER NOT NULL,             -- ms since 1970, by the box's clock
    previous    INTEGER NOT NULL,             -- 0 for the first
    prev_heads  TEXT NOT NULL                 -- JSON {stream: last seq} of previous
) STRICT;

-- How far the authority has signed for each stream of each epoch. Where the
-- stream ends is the journal's own highest number, or acked once pruned: the
-- numbers are dense, so one that cannot be found upstream is a missing record.
CREATE TABLE ack (
    stream TEXT NOT NULL,
    epoch  INTEGER NOT NULL REFERENCES epoch(id),
    acked  INTEGER NOT NULL,
    PRIMARY KEY (stream, epoch)
) STRICT, WITHOUT ROWID;

-- Verbs are few and long: each is stored once.
CREATE TABLE verb (
    id  INTEGER PRIMARY KEY,
    iri TEXT NOT NULL UNIQUE
) STRICT;

-- The journal itself. Rows are never updated, and deleted only once receipted.
CREATE TABLE journal (
    stream  TEXT NOT NULL,
    epoch   INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    id      BLOB NOT NULL UNIQUE,            -- 16 bytes, made by the client
    hlc     INTEGER NOT NULL,                -- hybrid logical clock
    clock   TEXT NOT NULL,                   -- synced, held or unsure
    actor   TEXT NOT NULL,
    verb    INTEGER NOT NULL REFERENCES verb(id),
    object  TEXT NOT NULL,
    kind    TEXT NOT NULL,
    result  TEXT,                            -- JSON object
    context TEXT,                            -- JSON object
    at      INTEGER NOT NULL,                -- ms: when it happened
    stored  INTEGER NOT NULL,                -- ms: when it was appended
    voids   BLOB,                            -- id of the statement this corrects
    PRIMARY KEY (stream, epoch, seq)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER journal_immutable BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

CREATE TRIGGER journal_receipted BEFORE DELETE ON journal
WHEN OLD.seq > coalesce((SELECT acked FROM ack WHERE stream = OLD.stream AND epoch = OLD.epoch), 0)
BEGIN SELECT RAISE(ABORT, 'not receipted yet'); END;
