-- Packs as they were verified. A pack's items and everything below them are
-- written in batches; complete says that all of them are there. taxons is the
-- vocabulary under which its concepts were expanded: another vocabulary makes
-- another row.
CREATE TABLE catalogue_pack (
  id       INTEGER PRIMARY KEY,
  slug     TEXT    NOT NULL,
  version  INTEGER NOT NULL,
  sha256   TEXT    NOT NULL,
  taxons   TEXT    NOT NULL,
  complete INTEGER NOT NULL DEFAULT 0,
  UNIQUE (sha256, taxons)
) STRICT;

-- Vocabularies by their hash ('' for none), as signed.
CREATE TABLE catalogue_taxons (
  sha256 TEXT PRIMARY KEY,
  body   BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- A generation is a set of packs. At most one row a state: 'staging' waits for
-- its blobs, 'current' is what readers see, 'previous' is kept for lessons
-- that started with it. whole is 0 while a first fill is under way.
CREATE TABLE catalogue_generation (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  state   TEXT    NOT NULL UNIQUE CHECK (state IN ('staging', 'current', 'previous')),
  whole   INTEGER NOT NULL DEFAULT 0,
  made    TEXT    NOT NULL,
  index_sha256 TEXT NOT NULL,
  taxons  TEXT    NOT NULL REFERENCES catalogue_taxons (sha256),
  created INTEGER NOT NULL
) STRICT;

CREATE TABLE catalogue_generation_pack (
  generation INTEGER NOT NULL REFERENCES catalogue_generation (id) ON DELETE CASCADE,
  pack       INTEGER NOT NULL REFERENCES catalogue_pack (id),
  PRIMARY KEY (generation, pack)
) STRICT, WITHOUT ROWID;
CREATE INDEX catalogue_generation_pack_pack ON catalogue_generation_pack (pack);

-- Items of every pack held. live = 1: in the current generation, set in the
-- transaction that switches. sort and folded derive from the title; body is
-- the published notice without its assets of role file, counted in files.
CREATE TABLE catalogue_item (
  id         INTEGER PRIMARY KEY,
  pack       INTEGER NOT NULL REFERENCES catalogue_pack (id),
  item       TEXT    NOT NULL,
  live       INTEGER NOT NULL DEFAULT 0,
  kind       TEXT    NOT NULL,
  service    TEXT    NOT NULL,
  part_of    TEXT    NOT NULL,
  ordinal    INTEGER NOT NULL,
  sort       TEXT    NOT NULL,
  folded     TEXT    NOT NULL,
  staff      INTEGER NOT NULL,
  valid_from TEXT    NOT NULL,
  valid_to   TEXT    NOT NULL,
  files      INTEGER NOT NULL,
  body       BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX catalogue_item_live ON catalogue_item (item) WHERE live = 1;
CREATE INDEX catalogue_item_item ON catalogue_item (item);
CREATE INDEX catalogue_item_sort ON catalogue_item (sort, id) WHERE live = 1;
CREATE INDEX catalogue_item_kind ON catalogue_item (kind, sort, id) WHERE live = 1;
CREATE INDEX catalogue_item_member ON catalogue_item (part_of, ordinal, sort, id) WHERE live = 1 AND part_of <> '';
CREATE INDEX catalogue_item_pack ON catalogue_item (pack);

-- Concepts (taxons and levels) by small numbers.
CREATE TABLE catalogue_concept (
  id  INTEGER PRIMARY KEY,
  uri TEXT NOT NULL UNIQUE
) STRICT;

-- An item under each of its concepts and all those above. direct = 1: the
-- notice names it itself; role tells taxons ('t') from levels ('l').
CREATE TABLE catalogue_item_concept (
  concept INTEGER NOT NULL,
  sort    TEXT    NOT NULL,
  item    INTEGER NOT NULL,
  role    TEXT    NOT NULL,
  direct  INTEGER NOT NULL,
  PRIMARY KEY (concept, sort, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX catalogue_item_concept_item ON catalogue_item_concept (item, role, direct);

-- Every use of a blob. rank is the order of fetching.
CREATE TABLE catalogue_asset (
  item       INTEGER NOT NULL,
  n          INTEGER NOT NULL,
  role       TEXT    NOT NULL,
  lang       TEXT    NOT NULL,
  sha256     BLOB    NOT NULL CHECK (length(sha256) = 32),
  size       INTEGER NOT NULL,
  mime       TEXT    NOT NULL,
  path       TEXT    NOT NULL,
  restricted INTEGER NOT NULL,
  rank       INTEGER NOT NULL,
  PRIMARY KEY (item, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX catalogue_asset_sha256 ON catalogue_asset (sha256);
CREATE INDEX catalogue_asset_path ON catalogue_asset (item, path) WHERE path <> '';

-- Words of the items, folded before they come here; facet holds the kind and
-- the concepts as words, so that a filter narrows the search inside the index.
CREATE VIRTUAL TABLE catalogue_word USING fts5 (
  title, labels, body, facet,
  content = '', contentless_delete = 1, detail = column,
  tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
