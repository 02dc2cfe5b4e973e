-- A question asked in a lesson. Who was asked is not kept; how many were here
-- when it closed is. Times are ms since 1970.
CREATE TABLE asked (
	id       TEXT PRIMARY KEY,
	lesson   TEXT NOT NULL,           -- the room's id is the lesson's
	class    TEXT NOT NULL,
	by       TEXT NOT NULL,           -- local id of the teacher; empty once erased
	question TEXT NOT NULL,           -- JSON, as screens were told: kind, text, choices, what was right
	at       INTEGER NOT NULL,
	present  INTEGER NOT NULL DEFAULT 0, -- pupils here, the most there were
	ended    INTEGER                  -- null: still on the screens
) STRICT;

CREATE INDEX asked_lesson ON asked (lesson, at);
CREATE INDEX asked_at ON asked (at);

-- What each person answered last, before the question closed.
CREATE TABLE asked_answer (
	question TEXT NOT NULL REFERENCES asked (id),
	pid      TEXT NOT NULL,
	value    TEXT NOT NULL,           -- JSON: indices, a number or a text
	at       INTEGER NOT NULL,
	n        INTEGER NOT NULL,        -- grows with each answer to the question
	PRIMARY KEY (question, pid)
) STRICT, WITHOUT ROWID;

CREATE INDEX asked_answer_pid ON asked_answer (pid);
