-- The one school this box serves. A roster for another is refused.
CREATE TABLE school (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    uai  TEXT NOT NULL,
    name TEXT NOT NULL
) STRICT;

-- Somebody of the school. pid is random, made here, kept for ever; (source,
-- key) is how the roster that brought the person names them. Nobody is
-- deleted by an import: closed is the moment they left the roster.
CREATE TABLE person (
    pid    TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    key    TEXT NOT NULL,
    title  TEXT NOT NULL DEFAULT '',
    given  TEXT NOT NULL,
    family TEXT NOT NULL,
    sort   TEXT NOT NULL,                    -- French order, see collate.go
    closed INTEGER,                          -- ms since 1970
    UNIQUE (source, key)
) STRICT, WITHOUT ROWID;

-- What a person is at school; one may teach and direct.
CREATE TABLE person_role (
    pid  TEXT NOT NULL REFERENCES person(pid) ON DELETE CASCADE,
    role TEXT NOT NULL,
    PRIMARY KEY (pid, role)
) STRICT, WITHOUT ROWID;

-- A division (6eA) or a teaching group (6eA Anglais 1).
CREATE TABLE class (
    id     TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    key    TEXT NOT NULL,
    name   TEXT NOT NULL,
    level  TEXT NOT NULL DEFAULT '',
    sort   TEXT NOT NULL,
    closed INTEGER,
    UNIQUE (source, key)
) STRICT, WITHOUT ROWID;

-- Who belongs to which class, as what. Rows of people who left stay, closed,
-- so that last month's register can still be read.
CREATE TABLE enrolment (
    class  TEXT NOT NULL REFERENCES class(id) ON DELETE CASCADE,
    pid    TEXT NOT NULL REFERENCES person(pid) ON DELETE CASCADE,
    role   TEXT NOT NULL,
    closed INTEGER,
    PRIMARY KEY (class, pid, role)
) STRICT, WITHOUT ROWID;

CREATE INDEX enrolment_by_person ON enrolment (pid);
