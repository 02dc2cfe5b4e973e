-- Who is to take a course: a class or one person, never both. Closed when it
-- was taken back; what was done stays.
CREATE TABLE cmi5_assignment (
    id     BLOB PRIMARY KEY,                 -- 16 bytes, made by the page
    course TEXT NOT NULL,                    -- cmi5_course.id
    class  TEXT NOT NULL,                    -- or nothing
    pid    TEXT NOT NULL,                    -- or nothing
    tutor  TEXT NOT NULL,                    -- pid of who gave it
    made   INTEGER NOT NULL,                 -- ms since 1970, as all times here
    closed INTEGER,
    CHECK ((class = '') <> (pid = ''))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX cmi5_assignment_once ON cmi5_assignment (course, class, pid) WHERE closed IS NULL;

-- One person's enrolment in a course, over all its launches: the registration
-- of the specification.
CREATE TABLE cmi5_registration (
    id     BLOB PRIMARY KEY,                 -- the UUID of the statements
    course TEXT NOT NULL,
    pid    TEXT NOT NULL,
    made   INTEGER NOT NULL,
    UNIQUE (course, pid)
) STRICT, WITHOUT ROWID;

CREATE INDEX cmi5_registration_by_person ON cmi5_registration (pid);

-- How far a registration is with an AU, by the publisher's id. What is judged
-- is said once; score is the best scaled one.
CREATE TABLE cmi5_unit (
    registration BLOB NOT NULL REFERENCES cmi5_registration (id) ON DELETE CASCADE,
    au           TEXT NOT NULL,
    completed    INTEGER NOT NULL DEFAULT 0,
    passed       INTEGER NOT NULL DEFAULT 0,
    failed       INTEGER NOT NULL DEFAULT 0, -- the last verdict was failed
    waived       TEXT NOT NULL DEFAULT '',   -- the reason, when a teacher waived it
    score        REAL,
    touched      INTEGER NOT NULL,
    PRIMARY KEY (registration, au)
) STRICT, WITHOUT ROWID;

-- Blocks and courses that were said satisfied, by the publisher's id: each
-- once in a registration.
CREATE TABLE cmi5_satisfied (
    registration BLOB NOT NULL REFERENCES cmi5_registration (id) ON DELETE CASCADE,
    node         TEXT NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (registration, node)
) STRICT, WITHOUT ROWID;

-- A launch of an AU, from launched to terminated or abandoned. The fetch
-- token opens once, and its key says as long as the session lasts.
CREATE TABLE cmi5_session (
    id           TEXT PRIMARY KEY,           -- the session id of the statements
    registration BLOB NOT NULL REFERENCES cmi5_registration (id) ON DELETE CASCADE,
    au           TEXT NOT NULL,
    mode         TEXT NOT NULL CHECK (mode IN ('Normal', 'Browse', 'Review')),
    url          TEXT NOT NULL,              -- of the AU, without the launch's parameters
    mastery      REAL,
    token        TEXT NOT NULL UNIQUE,       -- of the fetch URL
    fetched      INTEGER,
    key          TEXT,                       -- lrs_key.id, once fetched
    launched     INTEGER NOT NULL,
    heard        INTEGER,                    -- when the AU last said something
    state        TEXT NOT NULL,              -- cmi5.State as JSON
    ended        INTEGER                     -- terminated or abandoned, as state says
) STRICT, WITHOUT ROWID;

CREATE INDEX cmi5_session_by_registration ON cmi5_session (registration, launched);
CREATE UNIQUE INDEX cmi5_session_by_key ON cmi5_session (key) WHERE key IS NOT NULL;
CREATE INDEX cmi5_session_open ON cmi5_session (launched) WHERE ended IS NULL;
