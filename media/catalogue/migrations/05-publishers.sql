-- Whose a pack is: '' the catalogue's own, else the publisher that signed it
-- under its delegation.
ALTER TABLE catalogue_pack ADD COLUMN publisher TEXT NOT NULL DEFAULT '';

-- What each publisher listed in a generation: the hash of its index. A
-- publisher whose newer list is refused stays with the one of the newest
-- generation that has it.
CREATE TABLE catalogue_part (
  generation   INTEGER NOT NULL REFERENCES catalogue_generation (id) ON DELETE CASCADE,
  publisher    TEXT    NOT NULL,
  index_sha256 TEXT    NOT NULL,
  PRIMARY KEY (generation, publisher)
) STRICT, WITHOUT ROWID;

-- Pages of the lists of packs, by their hash: the next list is fetched as what
-- it does not share with them.
CREATE TABLE catalogue_page (
  sha256 TEXT PRIMARY KEY,
  body   BLOB NOT NULL
) STRICT;
CREATE TABLE catalogue_generation_page (
  generation INTEGER NOT NULL REFERENCES catalogue_generation (id) ON DELETE CASCADE,
  sha256     TEXT    NOT NULL,
  PRIMARY KEY (generation, sha256)
) STRICT, WITHOUT ROWID;

-- Publishers whose part was refused at the last refresh, and why.
CREATE TABLE catalogue_refusal (
  publisher TEXT    PRIMARY KEY,
  at        INTEGER NOT NULL,
  reason    TEXT    NOT NULL,
  text      TEXT    NOT NULL,
  remedy    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
