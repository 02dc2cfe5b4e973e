-- Each question of each attempt. An answer given on two tablets, or sent
-- twice, is one attempt's: nothing is added up across attempts. Scores are 0
-- to 1; first is the first answer's, last the latest's.
CREATE TABLE answer (
    pid          TEXT NOT NULL,
    item         TEXT NOT NULL,
    registration BLOB NOT NULL,
    question     TEXT NOT NULL,
    tries        INTEGER NOT NULL,
    first        REAL NOT NULL,
    first_at     INTEGER NOT NULL,            -- ms
    last         REAL NOT NULL,
    last_at      INTEGER NOT NULL,
    best         REAL NOT NULL,
    PRIMARY KEY (item, pid, registration, question)
) STRICT, WITHOUT ROWID;

CREATE INDEX answer_by_person ON answer (pid);
CREATE INDEX progress_by_item ON progress (item, pid);

-- The minutes of each school day in which a person gave a sign of work: one
-- bit a minute, 180 bytes. Two tablets at once are the same minutes, and the
-- order in which they are told does not matter.
CREATE TABLE worked (
    pid     TEXT NOT NULL,
    day     TEXT NOT NULL,                   -- 2026-09-14
    minutes BLOB NOT NULL,
    PRIMARY KEY (pid, day)
) STRICT, WITHOUT ROWID;
