-- Some lessons come back only in some weeks (semaines A and B), some have
-- more teachers than one, and some are given in the holidays too.
ALTER TABLE slot ADD COLUMN alternance TEXT NOT NULL DEFAULT '';  -- code; empty: every week
ALTER TABLE slot ADD COLUMN others     TEXT NOT NULL DEFAULT '';  -- pids of further teachers, separated by spaces
ALTER TABLE slot ADD COLUMN holidays   INTEGER NOT NULL DEFAULT 0;

-- The weeks of an alternation, by their Mondays.
CREATE TABLE alternance (
    source TEXT NOT NULL,
    code   TEXT NOT NULL,
    name   TEXT NOT NULL,
    monday TEXT NOT NULL,                     -- 2026-09-07
    PRIMARY KEY (source, code, monday)
) STRICT, WITHOUT ROWID;

-- Lessons and meetings that a calendar dates one by one. recurrence tells the
-- days of one that repeats; empty for one that does not.
CREATE TABLE event (
    source     TEXT NOT NULL,
    uid        TEXT NOT NULL,
    recurrence TEXT NOT NULL,
    class      TEXT NOT NULL,
    teacher    TEXT NOT NULL,
    others     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    room       TEXT NOT NULL,
    starts     INTEGER NOT NULL,
    ends       INTEGER NOT NULL,
    cancelled  INTEGER NOT NULL,
    PRIMARY KEY (source, uid, recurrence)
) STRICT, WITHOUT ROWID;

CREATE INDEX event_by_time ON event (starts);

-- What is not as planned, one day: cancelled, given by somebody else, in
-- another room, at another hour. The day is the planned one.
CREATE TABLE change (
    lesson    BLOB PRIMARY KEY,
    day       TEXT NOT NULL,
    cancelled INTEGER NOT NULL,
    teacher   TEXT NOT NULL,                  -- the substitute, or empty
    room      TEXT NOT NULL,                  -- empty: as planned
    starts    INTEGER NOT NULL,               -- 0: as planned
    ends      INTEGER NOT NULL,
    reason    TEXT NOT NULL,
    by        TEXT NOT NULL,
    at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX change_by_day ON change (day);

ALTER TABLE lesson ADD COLUMN others    TEXT NOT NULL DEFAULT '';
ALTER TABLE lesson ADD COLUMN replaces  TEXT NOT NULL DEFAULT '';  -- pid of who is absent
ALTER TABLE lesson ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0;
CREATE INDEX lesson_by_time ON lesson (starts);

-- What can be booked: rooms and things that move.
CREATE TABLE resource (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL,                       -- room, equipment
    gone INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- One row for each thing of a booking. A cancelled one stays.
CREATE TABLE booking (
    id        BLOB NOT NULL,
    resource  TEXT NOT NULL,
    teacher   TEXT NOT NULL,
    class     TEXT NOT NULL,
    purpose   TEXT NOT NULL,
    starts    INTEGER NOT NULL,
    ends      INTEGER NOT NULL,
    by        TEXT NOT NULL,
    at        INTEGER NOT NULL,
    cancelled INTEGER NOT NULL DEFAULT 0,     -- ms since 1970
    PRIMARY KEY (id, resource)
) STRICT, WITHOUT ROWID;

CREATE INDEX booking_by_time ON booking (starts);

-- The cahier de textes: what was done in a lesson and what is to be done.
-- Every version stays; the last one counts.
CREATE TABLE logbook (
    lesson    BLOB NOT NULL,
    version   INTEGER NOT NULL,
    class     TEXT NOT NULL,
    teacher   TEXT NOT NULL,
    subject   TEXT NOT NULL,
    day       TEXT NOT NULL,
    content   TEXT NOT NULL,
    work      TEXT NOT NULL,                  -- empty: nothing to do
    due       TEXT NOT NULL,                  -- 2026-09-21, with work
    published INTEGER NOT NULL,
    by        TEXT NOT NULL,
    at        INTEGER NOT NULL,
    last      INTEGER NOT NULL,               -- 1 for the version that counts
    PRIMARY KEY (lesson, version)
) STRICT, WITHOUT ROWID;

CREATE INDEX logbook_by_class ON logbook (class, last, day);
CREATE INDEX logbook_by_due ON logbook (class, last, due);
