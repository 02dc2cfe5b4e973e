-- Attachments of somebody who is being erased, until no statement needs them:
-- their own may wait for a receipt, and others may have handed in the same.
CREATE TABLE lrs_erasing (
    sha BLOB NOT NULL,
    pid TEXT NOT NULL,
    PRIMARY KEY (sha, pid)
) STRICT, WITHOUT ROWID;
