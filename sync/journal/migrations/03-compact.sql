-- A year of a school is five million statements: rows of a dozen columns took
-- 1.1 kB each. Now a statement is a row only while it is young; then Pack
-- moves it, with its neighbours, into a compressed block. Bytes of both:
-- package codec.
--
-- key = ordinal of the epoch << 43 | code of the stream << 40 | seq; place =
-- key >> 40. Codes: 1 attendance, 2 case, 3 message, 4 learning, 5 content,
-- 6 telemetry.
ALTER TABLE journal RENAME TO journal_old;
DROP TRIGGER journal_immutable;
DROP TRIGGER journal_receipted;
ALTER TABLE ack RENAME TO ack_old;

-- How far the authority has signed, by place.
CREATE TABLE ack (
    place INTEGER PRIMARY KEY,
    acked INTEGER NOT NULL                    -- seq
) STRICT;

-- The young statements.
CREATE TABLE journal (
    key  INTEGER PRIMARY KEY,
    id   BLOB NOT NULL UNIQUE,                -- 16 bytes, made by the client
    data BLOB NOT NULL
) STRICT;

-- The others: consecutive statements of one place.
CREATE TABLE journal_block (
    first  INTEGER PRIMARY KEY,               -- key of the first statement
    last   INTEGER NOT NULL,                  -- and of the last
    stored INTEGER NOT NULL,                  -- ms: when the last was appended
    data   BLOB NOT NULL
) STRICT;

-- The ids of those in blocks.
CREATE TABLE journal_id (
    id  BLOB PRIMARY KEY,
    key INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What is gone: up to which seq the statements of a place were pruned, and up
-- to which their ids were swept out of journal_id. Between the two an id is
-- as good as absent.
CREATE TABLE journal_pruned (
    place INTEGER PRIMARY KEY,
    upto  INTEGER NOT NULL,
    swept INTEGER NOT NULL
) STRICT;

INSERT INTO ack SELECT (e.ordinal << 3) | CASE a.stream WHEN 'attendance' THEN 1 WHEN 'case' THEN 2 WHEN 'message' THEN 3
        WHEN 'learning' THEN 4 WHEN 'content' THEN 5 WHEN 'telemetry' THEN 6 END, a.acked
    FROM ack_old a JOIN epoch e ON e.id = a.epoch;

-- SQLite reads << and | from left to right, with one precedence.
INSERT INTO journal SELECT (e.ordinal << 43) | (CASE j.stream WHEN 'attendance' THEN 1 WHEN 'case' THEN 2 WHEN 'message' THEN 3
        WHEN 'learning' THEN 4 WHEN 'content' THEN 5 WHEN 'telemetry' THEN 6 END << 40) | j.seq, j.id,
        CAST('L' || j.hlc || '|' || j.stored || '|' || j.at || '|' || hex(j.clock) || '|' || hex(j.voids)
            || '|' || hex(j.actor) || '|' || hex(v.iri) || '|' || hex(j.object) || '|' || hex(j.kind)
            || '|' || hex(j.result) || '|' || hex(j.context) || '|' || hex(j.raw) AS BLOB)
    FROM journal_old j JOIN epoch e ON e.id = j.epoch JOIN verb v ON v.id = j.verb;

DROP TABLE journal_old;
DROP TABLE ack_old;
DROP TABLE verb;

-- An id is used once, wherever its statement now is.
CREATE TRIGGER journal_unique BEFORE INSERT ON journal
WHEN EXISTS (SELECT 1 FROM journal_id i WHERE i.id = NEW.id
    AND (i.key & 1099511627775) > coalesce((SELECT upto FROM journal_pruned WHERE place = i.key >> 40), 0))
BEGIN SELECT RAISE(IGNORE); END;

-- Nothing is updated.
CREATE TRIGGER journal_immutable BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_block_immutable BEFORE UPDATE ON journal_block
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_id_immutable BEFORE UPDATE ON journal_id
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- A row goes once a block holds it, or once receipted; a block once all of it
-- is receipted; an id once its statement is gone.
CREATE TRIGGER journal_receipted BEFORE DELETE ON journal
WHEN OLD.key > coalesce((SELECT last FROM journal_block WHERE first <= OLD.key ORDER BY first DESC LIMIT 1), 0)
    AND (OLD.key & 1099511627775) > coalesce((SELECT acked FROM ack WHERE place = OLD.key >> 40), 0)
BEGIN SELECT RAISE(ABORT, 'not receipted yet'); END;
CREATE TRIGGER journal_block_receipted BEFORE DELETE ON journal_block
WHEN (OLD.last & 1099511627775) > coalesce((SELECT acked FROM ack WHERE place = OLD.last >> 40), 0)
BEGIN SELECT RAISE(ABORT, 'not receipted yet'); END;
CREATE TRIGGER journal_id_needed BEFORE DELETE ON journal_id
WHEN (OLD.key & 1099511627775) > coalesce((SELECT upto FROM journal_pruned WHERE place = OLD.key >> 40), 0)
BEGIN SELECT RAISE(ABORT, 'its statement is still there'); END;
