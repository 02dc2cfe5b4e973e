-- The week as the timetable software exports it: one row for each lesson that
-- comes back every week. from_minute counts from midnight, local time.
CREATE TABLE slot (
    source      TEXT NOT NULL,
    key         TEXT NOT NULL,
    class       TEXT NOT NULL,
    teacher     TEXT NOT NULL,                -- pid
    subject     TEXT NOT NULL,
    room        TEXT NOT NULL,
    weekday     INTEGER NOT NULL,             -- 0 Sunday … 6 Saturday
    from_minute INTEGER NOT NULL,
    minutes     INTEGER NOT NULL,
    PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;

-- Lessons that somebody started: of a slot on a date, or out of timetable.
-- Rows are what registers and rooms point at, so they stay when the slot goes.
CREATE TABLE lesson (
    id      BLOB PRIMARY KEY,                 -- 16 bytes
    class   TEXT NOT NULL,
    teacher TEXT NOT NULL,
    subject TEXT NOT NULL,
    room    TEXT NOT NULL,
    starts  INTEGER NOT NULL,                 -- ms since 1970
    ends    INTEGER NOT NULL,
    planned INTEGER NOT NULL                  -- 1 when the timetable knows it
) STRICT, WITHOUT ROWID;

CREATE INDEX lesson_by_teacher ON lesson (teacher, starts);
CREATE INDEX lesson_by_class ON lesson (class, starts);
