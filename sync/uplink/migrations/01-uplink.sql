-- Segments that were sealed and are on their way. A row exists only once its
-- bytes are in the spool, synced; it says where they go and what they hash to.
-- Rows of a stream leave in the order of id. Receipted rows go, but for the
-- newest of each stream, which the next head links to.
CREATE TABLE uplink_segment (
    id       INTEGER PRIMARY KEY,
    stream   TEXT NOT NULL,
    epoch    INTEGER NOT NULL,
    first    INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    head_key TEXT NOT NULL,
    head_sha TEXT NOT NULL,
    objects  TEXT NOT NULL,                 -- JSON [{key, sha256}], in order of delivery
    state    TEXT NOT NULL CHECK (state IN ('sealed', 'delivered', 'receipted')),
    made     INTEGER NOT NULL,              -- ms
    sent     INTEGER NOT NULL DEFAULT 0,    -- ms; 0 until the head was read back
    UNIQUE (stream, epoch, first)
) STRICT;

CREATE INDEX uplink_segment_state ON uplink_segment (state);

-- What delivery remembers across restarts: the last receipt, the last
-- delivery, the last problem.
CREATE TABLE uplink_note (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
