-- A démarche: somebody asks, somebody decides. What it is about is a person
-- of the school; the fields are those its type asks for, as one JSON object.
CREATE TABLE case_file (
    id       BLOB PRIMARY KEY,               -- 16 bytes, made by the page
    type     TEXT NOT NULL,
    subject  TEXT NOT NULL,                  -- pid
    by       TEXT NOT NULL,                  -- pid of who opened it
    fields   TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('submitted', 'agreed', 'refused', 'withdrawn')),
    opened   INTEGER NOT NULL,               -- ms since 1970, as all times here
    changed  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX case_by_subject ON case_file (subject, opened);
CREATE INDEX case_waiting ON case_file (type, opened) WHERE state = 'submitted';

-- What happened to it, in order; never edited.
CREATE TABLE case_step (
    file  BLOB NOT NULL REFERENCES case_file(id),
    n     INTEGER NOT NULL,
    state TEXT NOT NULL,
    by    TEXT NOT NULL,
    at    INTEGER NOT NULL,
    note  TEXT NOT NULL,
    PRIMARY KEY (file, n)
) STRICT, WITHOUT ROWID;
