-- A class in session, as it must come back after a restart: its people, the
-- last number given out and what is on the screens. Rows live as long as the
-- room. The epoch is new at each start of the box, because numbers given out
-- after the last save are lost with the process; no two rooms share one.
CREATE TABLE live_room (
	id       TEXT PRIMARY KEY,
	title    TEXT NOT NULL,
	class    TEXT NOT NULL, -- its pupils' group
	teachers TEXT NOT NULL, -- JSON array of local person ids
	epoch    INTEGER NOT NULL,
	seq      INTEGER NOT NULL,
	state    TEXT NOT NULL, -- JSON, protocol.State
	started  INTEGER NOT NULL -- ms since 1970
) STRICT;
