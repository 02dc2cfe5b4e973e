-- Boards that the school agreed to know by the place they hang in. A table of
-- its own: the release before reads and writes live_board as it was.
CREATE TABLE live_place (
	board TEXT PRIMARY KEY REFERENCES live_board(id) ON DELETE CASCADE,
	place TEXT NOT NULL,   -- "Salle 204", as the office approved it
	at    INTEGER NOT NULL -- ms since 1970
) STRICT;

-- Who paired a board was written down and never read.
UPDATE live_board SET paired_by = '';
