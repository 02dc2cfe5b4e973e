-- Which lists of a source hold a class: its pupils' (1), its staff's (2) or
-- its structures' (8), as directory.Coverage numbers them. One that no list
-- of its source holds any more, and to which nobody belongs, is closed.
CREATE TABLE class_list (
    class  TEXT NOT NULL REFERENCES class(id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    list   INTEGER NOT NULL,
    PRIMARY KEY (class, source, list)
) STRICT, WITHOUT ROWID;
INSERT INTO class_list (class, source, list) SELECT id, source, 8 FROM class WHERE closed IS NULL;
