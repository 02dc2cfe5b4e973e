-- The school year of the last roster, by its first calendar year.
ALTER TABLE school ADD COLUMN year INTEGER;

-- mef: the pupil's formation. phone: where a responsible person is told of an
-- absence at once (R131-5); no address, no profession.
ALTER TABLE person ADD COLUMN mef TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN phone TEXT NOT NULL DEFAULT '';

-- What tells two people apart and never leaves the box: nothing but matching
-- reads this table. family is the family name where another is in use.
CREATE TABLE person_civil (
    pid    TEXT PRIMARY KEY REFERENCES person(pid) ON DELETE CASCADE,
    birth  TEXT NOT NULL,                    -- 2015-03-14, or empty
    ine    TEXT NOT NULL,
    family TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Every name by which a source has called a person. person.source and
-- person.key are the last one's: that source says when they leave.
CREATE TABLE person_key (
    source TEXT NOT NULL,
    key    TEXT NOT NULL,
    pid    TEXT NOT NULL REFERENCES person(pid) ON DELETE CASCADE,
    PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;
INSERT INTO person_key (source, key, pid) SELECT source, key, pid FROM person;
CREATE INDEX person_key_by_pid ON person_key (pid);

-- kind is division or group.
ALTER TABLE class ADD COLUMN kind TEXT NOT NULL DEFAULT 'division';

CREATE TABLE class_key (
    source TEXT NOT NULL,
    key    TEXT NOT NULL,
    class  TEXT NOT NULL REFERENCES class(id) ON DELETE CASCADE,
    PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;
INSERT INTO class_key (source, key, class) SELECT source, key, id FROM class;

-- The divisions whose pupils a group takes.
CREATE TABLE class_part (
    grp      TEXT NOT NULL REFERENCES class(id) ON DELETE CASCADE,
    division TEXT NOT NULL REFERENCES class(id) ON DELETE CASCADE,
    PRIMARY KEY (grp, division)
) STRICT, WITHOUT ROWID;

-- The nomenclatures: matières and formations, by national code.
CREATE TABLE subject (
    code  TEXT PRIMARY KEY,
    short TEXT NOT NULL,
    name  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE mef (
    code  TEXT PRIMARY KEY,
    name  TEXT NOT NULL,
    level TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who teaches what to whom.
CREATE TABLE service (
    class   TEXT NOT NULL REFERENCES class(id) ON DELETE CASCADE,
    pid     TEXT NOT NULL REFERENCES person(pid) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    PRIMARY KEY (class, pid, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX service_by_person ON service (pid);

-- Who answers for a pupil. legal: 1 and 2 in law, 0 another contact.
CREATE TABLE relation (
    guardian TEXT NOT NULL REFERENCES person(pid) ON DELETE CASCADE,
    child    TEXT NOT NULL REFERENCES person(pid) ON DELETE CASCADE,
    legal    INTEGER NOT NULL,
    PRIMARY KEY (guardian, child)
) STRICT, WITHOUT ROWID;
CREATE INDEX relation_by_child ON relation (child);
