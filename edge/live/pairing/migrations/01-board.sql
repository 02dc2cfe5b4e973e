-- A whiteboard that showed its code to a teacher once, or is showing it now.
-- Its token is known here by its hash only; the row is what the box remembers
-- of it between lessons. Boards that were never claimed are swept away.
CREATE TABLE live_board (
	id        TEXT PRIMARY KEY,
	token     BLOB NOT NULL UNIQUE, -- SHA-256 of the cookie
	place     TEXT NOT NULL,        -- "Salle 204", as its last teacher called it
	room      TEXT NOT NULL,        -- the lesson it is in, or empty
	paired_by TEXT NOT NULL,        -- local person id of the last teacher
	paired_at INTEGER NOT NULL,     -- ms since 1970; 0: never
	seen      INTEGER NOT NULL      -- ms since 1970
) STRICT;

-- Codes given out: the short one on the screen and the long one in the QR
-- code. A used or expired one is kept for an hour, so that the teacher can be
-- told which it is.
CREATE TABLE live_code (
	hash    BLOB PRIMARY KEY, -- SHA-256 of salt and code
	board   TEXT NOT NULL REFERENCES live_board(id) ON DELETE CASCADE,
	expires INTEGER NOT NULL, -- ms since 1970
	used    INTEGER NOT NULL  -- 0 or 1
) STRICT;
CREATE INDEX live_code_board ON live_code(board);

-- What codes are hashed with: one row.
CREATE TABLE live_salt (salt BLOB NOT NULL) STRICT;
