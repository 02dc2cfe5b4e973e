-- Why a half-day was missed, apart from the entry itself (a roll is never
-- edited by a reason that comes later). reason is a code of the list in
-- reasons.go; nothing else is kept of it, and never anything about health.
CREATE TABLE absence_reason (
    pid    TEXT NOT NULL,
    day    TEXT NOT NULL,                    -- 2026-09-14, at school
    half   INTEGER NOT NULL,                 -- 0 morning, 1 afternoon
    reason TEXT NOT NULL,
    by     TEXT NOT NULL,                    -- pid
    at     INTEGER NOT NULL,                 -- ms
    statement BLOB NOT NULL,                 -- the journal's fact
    PRIMARY KEY (pid, day, half)
) STRICT, WITHOUT ROWID;

-- What is to be told to a responsible person: an absence without a reason is
-- signalled at once (R131-5). It waits here and in the journal's message
-- stream until the line is there; an entry corrected in time takes it back.
CREATE TABLE absence_notice (
    statement BLOB PRIMARY KEY,              -- the absence it is about
    message   BLOB NOT NULL,                 -- the message's own statement
    pid       TEXT NOT NULL,
    guardian  TEXT NOT NULL,                 -- pid
    lesson    BLOB NOT NULL,
    at        INTEGER NOT NULL,
    taken_back INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX absence_notice_by_time ON absence_notice (at);
CREATE INDEX absence_notice_by_person ON absence_notice (pid, at);

-- Rolls that disagree and wait for somebody to decide.
CREATE INDEX register_clash ON register (stored) WHERE state = 'clash';
