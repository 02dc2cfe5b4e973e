-- How many lines a film's picture has (0: none, or not said): a box may be
-- asked to hold small renditions only.
ALTER TABLE catalogue_asset ADD COLUMN height INTEGER NOT NULL DEFAULT 0;
UPDATE catalogue_asset SET height = coalesce((
  SELECT max(json_extract(e.value, '$.height'))
  FROM catalogue_item i, json_each(CAST(i.body AS TEXT), '$.assets') e
  WHERE i.id = catalogue_asset.item AND json_extract(e.value, '$.sha256') = lower(hex(catalogue_asset.sha256))), 0)
WHERE role IN ('main', 'rendition');

-- The version of the signed snapshot that a generation came with (0: from a
-- release that did not note it).
ALTER TABLE catalogue_generation ADD COLUMN version INTEGER NOT NULL DEFAULT 0;

-- The generation that a technician went back from. While there is a row, no
-- generation is staged that is not newer. At most one row.
CREATE TABLE catalogue_bar (
  id           INTEGER PRIMARY KEY CHECK (id = 1),
  version      INTEGER NOT NULL,
  made         TEXT    NOT NULL,
  index_sha256 TEXT    NOT NULL,
  at           INTEGER NOT NULL
) STRICT;

-- Versions of items that somebody has open: kept through every switch until
-- the lease ends. holder names a lesson or a reader's hour, never a person.
CREATE TABLE catalogue_lease (
  item   INTEGER NOT NULL, -- a row of catalogue_item: one version
  holder TEXT    NOT NULL,
  until  INTEGER NOT NULL,
  PRIMARY KEY (item, holder)
) STRICT, WITHOUT ROWID;

-- Blobs of items that were forgotten: what may be removed from the disk, if
-- nothing else uses it.
CREATE TABLE catalogue_orphan (
  sha256 BLOB PRIMARY KEY CHECK (length(sha256) = 32),
  size   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX catalogue_asset_chunks ON catalogue_asset (chunks) WHERE chunks IS NOT NULL;
