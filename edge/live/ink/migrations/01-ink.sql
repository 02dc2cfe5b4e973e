-- What was drawn over what a class was shown, one row a stroke. Rows bring
-- the layers of the stages on screen back after a restart, and are what is
-- kept of them for whoever drew: an annotation is the rows of one launch and
-- one owner. They live until their owner deletes them, or leaves.
CREATE TABLE ink_stroke (
	launch TEXT NOT NULL,    -- opening of the item
	target TEXT NOT NULL,    -- all, boards, pupils
	page   INTEGER NOT NULL, -- from 1; 0: what has no pages
	id     TEXT NOT NULL,    -- made by whoever drew
	n      INTEGER NOT NULL, -- order of drawing within the launch
	owner  TEXT NOT NULL,    -- local person id of the teacher
	item   TEXT NOT NULL,
	at     INTEGER NOT NULL, -- ms since 1970, of the last change
	stroke TEXT NOT NULL,    -- JSON, protocol.Stroke
	PRIMARY KEY (launch, target, page, id)
) STRICT;
CREATE INDEX ink_stroke_owner ON ink_stroke (owner, item, launch, at);
