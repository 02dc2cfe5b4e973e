-- A roll as somebody took it. Rows are never edited: a correction is a new
-- row that replaces the old one, and a second roll that disagrees with the
-- first is kept aside until somebody decides.
CREATE TABLE register (
    id        BLOB PRIMARY KEY,              -- 16 bytes, made by the tablet
    lesson    BLOB NOT NULL,
    class     TEXT NOT NULL,
    teacher   TEXT NOT NULL,                 -- pid of who took it
    starts    INTEGER NOT NULL,              -- ms: when the lesson began
    at        INTEGER NOT NULL,              -- ms: when the roll was taken
    stored    INTEGER NOT NULL,
    expected  INTEGER NOT NULL,              -- pupils on the list
    state     TEXT NOT NULL CHECK (state IN ('current', 'replaced', 'reopened', 'clash', 'confirmed')),
    replaces  BLOB                           -- the register this one corrects
) STRICT, WITHOUT ROWID;

CREATE INDEX register_by_lesson ON register (lesson, state);
CREATE INDEX register_by_day ON register (starts, state);

-- One lesson has one roll that counts.
CREATE UNIQUE INDEX register_current ON register (lesson) WHERE state = 'current';

-- Who was not simply there. A pupil without a row was present.
CREATE TABLE register_mark (
    register  BLOB NOT NULL REFERENCES register(id),
    pid       TEXT NOT NULL,
    state     TEXT NOT NULL,
    minutes   INTEGER NOT NULL,
    statement BLOB NOT NULL,                 -- the journal's fact; zero bytes while the register is a clash
    PRIMARY KEY (register, pid)
) STRICT, WITHOUT ROWID;

CREATE INDEX register_mark_by_person ON register_mark (pid);
