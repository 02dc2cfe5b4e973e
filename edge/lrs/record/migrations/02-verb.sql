-- What verbs are called, as the latest statements have it: a language map.
CREATE TABLE lrs_verb (
    iri     TEXT PRIMARY KEY,
    display TEXT NOT NULL
) STRICT, WITHOUT ROWID;
