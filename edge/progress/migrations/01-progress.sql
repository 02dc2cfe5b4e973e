-- How far one person got with one item in one registration (one opening of
-- it). Times are ms since 1970; positions and lengths ms of the film.
CREATE TABLE progress (
    pid          TEXT NOT NULL,
    item         TEXT NOT NULL,
    registration BLOB NOT NULL,              -- 16 bytes, made by the page
    kind         TEXT NOT NULL,              -- video, quiz, document…
    length       INTEGER NOT NULL DEFAULT 0, -- the longest anybody said, never less than the notice's
    segments     TEXT NOT NULL DEFAULT '[]', -- union of what was played, [[from,to],…]
    covered      INTEGER NOT NULL DEFAULT 0, -- sum of the union
    watched      INTEGER NOT NULL DEFAULT 0, -- sum of all plays, replays too
    position     INTEGER NOT NULL DEFAULT 0, -- at the latest moment told
    position_at  INTEGER NOT NULL DEFAULT 0, -- that moment
    started      INTEGER NOT NULL,
    updated      INTEGER NOT NULL,           -- latest moment of anything
    done         INTEGER,                    -- when it was completed
    tries        INTEGER NOT NULL DEFAULT 0, -- answers given
    wrong        INTEGER NOT NULL DEFAULT 0, -- wrong ones in a row
    best         REAL,                       -- best score, 0 to 1
    PRIMARY KEY (pid, item, registration)
) STRICT, WITHOUT ROWID;

CREATE INDEX progress_recent ON progress (pid, updated);

-- What was already taken in, so that a tablet may send again. sum is the
-- content's hash: an id used for something else is refused.
CREATE TABLE progress_post (
    id  BLOB PRIMARY KEY,
    sum BLOB NOT NULL,
    at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX progress_post_by_time ON progress_post (at);

-- Time of films played, by person and school day.
CREATE TABLE watched (
    pid TEXT NOT NULL,
    day TEXT NOT NULL,                       -- 2026-09-14
    ms  INTEGER NOT NULL,
    PRIMARY KEY (pid, day)
) STRICT, WITHOUT ROWID;
