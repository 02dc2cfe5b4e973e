-- Lists that are harvested: one row for each service, set and form. since is
-- the day from which the next harvest asks; what follows it is of a list under
-- way: started is the day on which the server began it, records and bytes are
-- what came of it.
CREATE TABLE publisher_harvest (
  n           INTEGER PRIMARY KEY,
  url         TEXT    NOT NULL,
  collection  TEXT    NOT NULL,
  prefix      TEXT    NOT NULL,
  since       TEXT    NOT NULL DEFAULT '',
  token       TEXT    NOT NULL DEFAULT '',
  asked_from  TEXT    NOT NULL DEFAULT '',
  asked_until TEXT    NOT NULL DEFAULT '',
  started     TEXT    NOT NULL DEFAULT '',
  records     INTEGER NOT NULL DEFAULT 0,
  bytes       INTEGER NOT NULL DEFAULT 0,
  UNIQUE (url, collection, prefix)
) STRICT;

-- Records that came and are not taken yet: until the list is whole, and after
-- it those with a problem. The body of a deleted record is empty.
CREATE TABLE publisher_harvested (
  harvest    INTEGER NOT NULL REFERENCES publisher_harvest (n),
  identifier TEXT    NOT NULL,
  stamp      TEXT    NOT NULL,
  deleted    INTEGER NOT NULL CHECK (deleted IN (0, 1)),
  body       BLOB    NOT NULL,
  PRIMARY KEY (harvest, identifier)
) STRICT, WITHOUT ROWID;

-- Which record an item was made from: deleted records name no item.
CREATE TABLE publisher_record (
  item       TEXT PRIMARY KEY,
  harvest    INTEGER NOT NULL REFERENCES publisher_harvest (n),
  identifier TEXT    NOT NULL,
  UNIQUE (harvest, identifier)
) STRICT, WITHOUT ROWID;
