-- What an adult's authenticator made for this box. The table holds public keys:
-- it opens nothing. A row ends with the account, with a new passphrase, or when
-- its holder or the school takes it back.
CREATE TABLE passkey (
    ref      TEXT PRIMARY KEY,               -- how pages and the log name it
    id       BLOB NOT NULL UNIQUE,           -- the authenticator's name for it
    pid      TEXT NOT NULL,
    name     TEXT NOT NULL,                  -- the holder's word
    host     TEXT NOT NULL,                  -- the name of the box it was made for
    key      BLOB NOT NULL,                  -- COSE_Key, as attested
    counter  INTEGER NOT NULL,               -- of signatures; 0: this authenticator does not count
    eligible INTEGER NOT NULL,               -- 1: may be copied to the holder's other devices; never changes
    created  INTEGER NOT NULL,               -- ms since 1970, as all times here
    used     INTEGER NOT NULL DEFAULT 0      -- 0: never
) STRICT, WITHOUT ROWID;

CREATE INDEX passkey_by_person ON passkey (pid, created);
