-- Buckets all of whose statements are gone and some of whose postings are not
-- yet: there are too many for the transaction that drops the last statement.
CREATE TABLE lrs_dropped (
    bucket INTEGER PRIMARY KEY
) STRICT;
