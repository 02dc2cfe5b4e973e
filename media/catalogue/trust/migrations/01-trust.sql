-- Roots, in a chain that starts at the pinned one (anchor: its SHA-256).
CREATE TABLE catalogue_root (
  anchor  TEXT    NOT NULL,
  version INTEGER NOT NULL,
  body    BLOB    NOT NULL,
  PRIMARY KEY (anchor, version)
) STRICT, WITHOUT ROWID;

-- The last accepted metadata of the other roles, as signed.
CREATE TABLE catalogue_role (
  role TEXT PRIMARY KEY,
  body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The highest version accepted of each role. It outlives a torn body. scope
-- is the fingerprint of the keys that vouched for it (for root: the anchor):
-- with other keys numbers may start again, as TUF's recovery from a stolen
-- key needs.
CREATE TABLE catalogue_floor (
  scope   TEXT    NOT NULL,
  role    TEXT    NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (scope, role)
) STRICT, WITHOUT ROWID;

-- One row: the latest time at which a catalogue was known to be valid, when a
-- source was last asked with success, and until when its answer holds.
CREATE TABLE catalogue_time (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  floor   INTEGER NOT NULL,
  checked INTEGER NOT NULL,
  expires INTEGER NOT NULL
) STRICT;
