-- What somebody asked the box to hold. Without a row everything is asked for.
-- scope says what name is: 'all' (no name), 'kind', 'level', 'service', 'pack'
-- or 'item'; parts is shelf.Parts as JSON. The most specific wish decides.
CREATE TABLE shelf_wish (
  scope    TEXT    NOT NULL CHECK (scope IN ('all', 'kind', 'level', 'service', 'pack', 'item')),
  name     TEXT    NOT NULL,
  priority INTEGER NOT NULL,
  parts    TEXT    NOT NULL,
  made     INTEGER NOT NULL,
  PRIMARY KEY (scope, name)
) STRICT, WITHOUT ROWID;

-- What never leaves the box: an item (with the members of a collection), a
-- pack or a service.
CREATE TABLE shelf_pin (
  scope TEXT    NOT NULL CHECK (scope IN ('service', 'pack', 'item')),
  name  TEXT    NOT NULL,
  made  INTEGER NOT NULL,
  PRIMARY KEY (scope, name)
) STRICT, WITHOUT ROWID;

-- The day (since 1970) on which a blob was last asked for; by whom is not
-- known here.
CREATE TABLE shelf_use (
  sha256 BLOB PRIMARY KEY CHECK (length(sha256) = 32),
  day    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- 'quota' (bytes as text), 'scrub' (shelf.pass as JSON).
CREATE TABLE shelf_setting (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
