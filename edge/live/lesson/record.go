package lesson

import (
	"context"
	"time"

	"preau"
	"preau/edge/live/protocol"
	"preau/edge/live/question"
	"preau/internal/sqlite"
)

// Room is a class in session, as its callers name it.
type Room struct {
	ID       string   // the session's id
	Title    string   // "Français"
	Group    string   // its pupils' class; they enter by belonging to it
	Teachers []string // local person ids; the first one opened it
}

// Launch is an item opened on screens: a fact for the journal.
type Launch struct {
	ID      preau.ID // of this opening
	Room    string
	Group   string
	Item    string
	To      protocol.Target
	By      Identity
	At      time.Time
	Only    int // pupils it was for; 0: all
	Screens int // of those it was for, connected at that moment, boards included
}

// Events is told what the journal keeps, in the transaction that saves the
// room: one cannot be stored without the other. Its methods must be short.
type Events interface {
	Opened(tx *sqlite.Tx, l Launch) error
	Ended(tx *sqlite.Tx, r Room, by Identity) error
}

// Questions keeps what is asked and answered, so that it outlives the room.
// Keep and End write in the transaction that saves the room.
type Questions interface {
	Keep(tx *sqlite.Tx, in question.Setting, s *question.Sheet) error
	End(tx *sqlite.Tx, in question.Setting, s *question.Sheet) error
	Answer(ctx context.Context, id string, a question.Answer) error
	Answers(ctx context.Context, id string) ([]question.Answer, error)
}

// KeepAll has questions kept as they stand, in order; nil keeps none.
func KeepAll(tx *sqlite.Tx, by Questions, due []Kept) error {
	if by == nil {
		return nil
	}
	for _, k := range due {
		write := by.Keep
		if k.Ended {
			write = by.End
		}
		if err := write(tx, k.Setting, k.Sheet); err != nil {
			return err
		}
	}
	return nil
}
