-- What a person signs in with: four pictures for a pupil, a passphrase for an
-- adult. Only a keyed or slow hash is kept; failures and not_before slow down
-- whoever guesses, also across a restart.
CREATE TABLE credential (
    pid        TEXT PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('code', 'passphrase')),
    login      TEXT UNIQUE,                  -- adults only
    salt       BLOB NOT NULL,
    hash       BLOB NOT NULL,
    issued     INTEGER NOT NULL,             -- ms since 1970, as all times here
    failures   INTEGER NOT NULL DEFAULT 0,   -- since the last success
    not_before INTEGER NOT NULL DEFAULT 0    -- codes only: no try before this
) STRICT, WITHOUT ROWID;

-- One row a signed-in browser or board. hash is SHA-256 of the cookie: the
-- table alone opens nothing.
CREATE TABLE session (
    hash    BLOB PRIMARY KEY,
    pid     TEXT NOT NULL,                   -- empty for boards and passing technicians
    role    TEXT NOT NULL,
    name    TEXT NOT NULL,
    class   TEXT NOT NULL,
    device  TEXT NOT NULL,
    created INTEGER NOT NULL,
    seen    INTEGER NOT NULL,                -- refreshed every few minutes
    idle    INTEGER NOT NULL,                -- ms without a sign of life that end it
    ends    INTEGER NOT NULL                 -- ends anyway
) STRICT, WITHOUT ROWID;

CREATE INDEX session_by_person ON session (pid, created);
CREATE INDEX session_by_end ON session (ends);

-- Devices on which somebody signed in: they keep a reserve of tries of their
-- own, so that guessing from elsewhere never locks a class out. Each person
-- vouches for the last few only.
CREATE TABLE known_device (
    pid    TEXT NOT NULL,
    device BLOB NOT NULL,                    -- SHA-256 of the device cookie
    at     INTEGER NOT NULL,
    PRIMARY KEY (pid, device)
) STRICT, WITHOUT ROWID;

CREATE INDEX known_device_by_device ON known_device (device);

-- Tokens that open one session and are then spent: a technician's first.
CREATE TABLE one_use (
    hash BLOB PRIMARY KEY,
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    ends INTEGER NOT NULL,
    used INTEGER
) STRICT, WITHOUT ROWID;
