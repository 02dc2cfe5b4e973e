-- Courses that were imported: the structure as it was read, and which blob
-- each file of the package is.
CREATE TABLE cmi5_course (
    id        TEXT PRIMARY KEY,              -- ours, of the publisher's
    publisher TEXT NOT NULL UNIQUE,          -- the IRI in the course structure
    structure TEXT NOT NULL,                 -- course.Course as JSON
    units     INTEGER NOT NULL,
    imported  INTEGER NOT NULL               -- ms since 1970
) STRICT, WITHOUT ROWID;

CREATE TABLE cmi5_file (
    course TEXT NOT NULL REFERENCES cmi5_course (id) ON DELETE CASCADE,
    path   TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size   INTEGER NOT NULL,
    PRIMARY KEY (course, path)
) STRICT, WITHOUT ROWID;
