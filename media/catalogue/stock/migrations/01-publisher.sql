-- Items as they were added, in published form. shard is the beginning of the
-- hash of the id: packs are cut by it, so that an item stays in its pack when
-- others come.
CREATE TABLE publisher_item (
  n         INTEGER PRIMARY KEY,
  id        TEXT NOT NULL UNIQUE,
  service   TEXT NOT NULL,
  shard     TEXT NOT NULL,
  publisher TEXT NOT NULL,
  body      BLOB NOT NULL
) STRICT;
CREATE INDEX publisher_item_shard ON publisher_item (service, shard, id);

-- Where items changed since their packs were built.
CREATE TABLE publisher_changed (
  service TEXT NOT NULL,
  shard   TEXT NOT NULL,
  PRIMARY KEY (service, shard)
) STRICT, WITHOUT ROWID;

-- Packs as they were last built, whether signed or not: their files are in
-- targets/. prefix is that of the shards in it.
CREATE TABLE publisher_pack (
  service TEXT    NOT NULL,
  prefix  TEXT    NOT NULL,
  slug    TEXT    NOT NULL UNIQUE,
  version INTEGER NOT NULL,
  sha256  TEXT    NOT NULL,
  size    INTEGER NOT NULL,
  PRIMARY KEY (service, prefix)
) STRICT, WITHOUT ROWID;

-- One row: the index as it was last built.
CREATE TABLE publisher_index (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  body BLOB NOT NULL
) STRICT;

-- Notices as they came (ScoLOMFR), so that nothing of them is lost.
CREATE TABLE publisher_original (
  item TEXT PRIMARY KEY,
  mime TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;

-- Items in the deliveries of delegated publishers: an id has one publisher.
CREATE TABLE publisher_received (
  item      TEXT PRIMARY KEY,
  publisher TEXT NOT NULL
) STRICT, WITHOUT ROWID;
