-- A plan is a tree of blocks and activities that somebody made: a course, a
-- piece of homework, a selection, a slide show, a training module. The tree
-- is one JSON text, read and written whole; version refuses a save made over
-- somebody else's.
CREATE TABLE plan (
    id      BLOB PRIMARY KEY,                -- 16 bytes, made by the page
    kind    TEXT NOT NULL CHECK (kind IN ('parcours', 'devoir', 'selection', 'diaporama', 'module')),
    title   TEXT NOT NULL,
    owner   TEXT NOT NULL,                   -- pid
    tree    TEXT NOT NULL,                   -- JSON array of nodes, see tree.go
    version INTEGER NOT NULL,                -- 1, 2, 3…
    created INTEGER NOT NULL,                -- ms since 1970, as all times here
    updated INTEGER NOT NULL,
    closed  INTEGER                          -- put away by its owner
) STRICT, WITHOUT ROWID;

CREATE INDEX plan_by_owner ON plan (owner, updated);

-- Who is to do a plan: a class or one person, never both.
CREATE TABLE registration (
    id     BLOB PRIMARY KEY,
    plan   BLOB NOT NULL REFERENCES plan(id),
    class  TEXT NOT NULL,                    -- or nothing
    pid    TEXT NOT NULL,                    -- or nothing
    tutor  TEXT NOT NULL,                    -- pid of the adult who follows; empty for a pupil's share
    note   TEXT NOT NULL,
    opens  INTEGER NOT NULL,
    due    INTEGER,                          -- to be done by; it stays open after
    ends   INTEGER,                          -- closed after
    gate   BLOB,                             -- the case whose agreement opens it
    made   INTEGER NOT NULL,
    closed INTEGER,
    CHECK ((class = '') <> (pid = ''))
) STRICT, WITHOUT ROWID;

CREATE INDEX registration_by_plan ON registration (plan);
CREATE INDEX registration_by_class ON registration (class, opens) WHERE class <> '';
CREATE INDEX registration_by_person ON registration (pid, opens) WHERE pid <> '';

-- What an adult says of one step of one person: was at the meeting, or need
-- not do it.
CREATE TABLE validation (
    plan      BLOB NOT NULL REFERENCES plan(id),
    node      TEXT NOT NULL,
    pid       TEXT NOT NULL,
    kind      TEXT NOT NULL CHECK (kind IN ('attended', 'waived')),
    tutor     TEXT NOT NULL,
    at        INTEGER NOT NULL,
    statement BLOB NOT NULL,                 -- the journal's fact; voided when taken back
    PRIMARY KEY (plan, node, pid)
) STRICT, WITHOUT ROWID;

-- How a person likes an item, 1 to 5. Theirs alone: no average is ever shown
-- beside a name.
CREATE TABLE rating (
    pid   TEXT NOT NULL,
    item  TEXT NOT NULL,
    stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
    at    INTEGER NOT NULL,
    PRIMARY KEY (pid, item)
) STRICT, WITHOUT ROWID;
