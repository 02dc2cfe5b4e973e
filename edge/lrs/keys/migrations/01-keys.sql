-- Who may speak xAPI. A key is an application's, made by a command; a grant is
-- a key for one person's one attempt, made for a launch and gone soon after.
-- Only SHA-256 of the secret is kept: it is 256 random bits, not a password.
CREATE TABLE lrs_key (
    id           TEXT PRIMARY KEY,           -- public half, 128 random bits in hexadecimal
    hash         BLOB NOT NULL,
    name         TEXT NOT NULL,
    scopes       TEXT NOT NULL,              -- separated by spaces
    created      INTEGER NOT NULL,           -- ms since 1970, as all times here
    ends         INTEGER,                    -- grants only
    revoked      INTEGER,
    actor        TEXT,                       -- grants: the Agent, as JSON
    registration BLOB,                       -- grants
    activity     TEXT                        -- grants: the activity launched
) STRICT, WITHOUT ROWID;

CREATE INDEX lrs_key_by_end ON lrs_key (ends) WHERE ends IS NOT NULL;
