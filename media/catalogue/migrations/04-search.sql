-- Words of the items, made by package index: each is stemmed and begins with a
-- sign that says where it stands. Positions and columns are not kept
-- (detail = none), which halves the index and the time to read it.
CREATE VIRTUAL TABLE catalogue_find USING fts5 (
  words,
  content = '', contentless_delete = 1, detail = none,
  tokenize = 'ascii tokenchars ''-''', prefix = '3 4'
);

-- What a pack's items are filtered and counted by, and the words that a search
-- may have meant, packed so that 100 000 items are loaded in a moment. version
-- is that of the encoding and of the stems: a pack of another one, or without
-- a row, is indexed again from its notices.
CREATE TABLE catalogue_shelf (
  pack    INTEGER PRIMARY KEY REFERENCES catalogue_pack (id),
  version INTEGER NOT NULL,
  items   BLOB    NOT NULL,
  words   BLOB    NOT NULL
) STRICT;

-- The index of the release before. Its table stays for a box that falls back.
INSERT INTO catalogue_word (catalogue_word) VALUES ('delete-all');
