-- A block may be written again, with what it held of one person taken out:
-- edition tells its readings apart.
ALTER TABLE journal_block ADD COLUMN edition INTEGER NOT NULL DEFAULT 0;

-- People whose statements are to be forgotten and some of which still wait for
-- their receipt. A person's row goes when nothing of theirs is left.
CREATE TABLE journal_forget (
    pid   TEXT PRIMARY KEY,
    asked INTEGER NOT NULL                    -- ms
) STRICT, WITHOUT ROWID;
