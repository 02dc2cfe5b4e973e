-- What a room keeps besides its row, by name, as JSON: the stages of single
-- pupils ("own"). A table of its own, so that the release before, which knows
-- nothing of it, can still write rooms. Rows live as long as the room.
CREATE TABLE live_part (
	room  TEXT NOT NULL,
	name  TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (room, name)
) STRICT;
