// Package pairing lets a whiteboard into a lesson. The board shows a code and
// a QR; a teacher claims it; from then on the board's cookie brings it back to
// its lesson after a reload, a night or a restart. It promises that a code is
// good for ten minutes and one claim, that guessing is slower than the code's
// life, and that neither codes nor tokens can be read from the disk. A board
// that the school agreed to know by its place needs no code there, and only the
// school undoes that. It refuses wrong, expired and used codes, and says which.
//
// It knows rooms only through the port Rooms.
package pairing

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"time"

	"preau"
	"preau/internal/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	codeLife   = 10 * time.Minute
	codeMemory = time.Hour // after which a dead code is unknown
	boardLife  = 400 * 24 * time.Hour
	maxWaiting = 256 // boards never claimed
	cookieName = "preau_board"
)

// Rooms are the lessons in session; the live hub is one.
type Rooms interface {
	InSession(room string) bool
	Teaches(room, person string) bool
	Move(board, room string) // brings a connected board in, or out ("")
	Unpair(board string)     // tells it to forget all
}

// Teacher is who claims: the session's person, on which device.
type Teacher struct{ Person, Device string }

// Options are what pairing needs; none may be missing.
type Options struct {
	DB    *sqlite.DB
	Clock preau.Clock
	Rooms Rooms
	// Teacher finds the teacher who asks; its error decides the answer.
	Teacher func(*http.Request) (Teacher, error)
	// ClaimPath is the page a scanned code opens; the secret follows as its
	// fragment.
	ClaimPath string
}

// Pairing keeps boards and codes. Its methods may be called from any
// goroutine.
type Pairing struct {
	o      Options
	salt   []byte
	wrong  *tries // codes that were not right, by person and device
	rooms  *tries // the same by room
	boards *tries // boards that introduced themselves
}

// Board is a paired or waiting board.
type Board struct {
	ID, Place, Room string
	IsRemembered    bool // the school agreed that its place is this one
}

// Open brings the tables up to date.
func Open(ctx context.Context, o Options) (*Pairing, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open pairing migrations: %w", err)
	}
	if err := o.DB.Migrate(ctx, "pairing", sub); err != nil {
		return nil, fmt.Errorf("open pairing: %w", err)
	}
	p := &Pairing{o: o, wrong: newTries(5, 5*time.Minute), rooms: newTries(15, 5*time.Minute), boards: newTries(20, 10*time.Minute)}
	err = o.DB.Write(ctx, func(tx *sqlite.Tx) error {
		err := tx.QueryRow(`SELECT salt FROM live_salt`).Scan(&p.salt)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		p.salt = []byte(rand.Text())
		_, err = tx.Exec(`INSERT INTO live_salt VALUES (?)`, p.salt)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open pairing salt: %w", err)
	}
	return p, nil
}

// hash is what the disk knows of a code. Thirty bits could be searched by a
// thief of the disk, but they are worth ten minutes and a teacher's session.
func (p *Pairing) hash(code string) []byte {
	sum := sha256.Sum256(append(append([]byte(nil), p.salt...), code...))
	return sum[:]
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// Board finds the board whose cookie comes with a request. Its room is empty
// when the lesson is over.
func (p *Pairing) Board(r *http.Request) (b Board, ok bool, err error) {
	c, err := r.Cookie(cookieName)
	if err != nil || len(c.Value) > 64 {
		return Board{}, false, nil //nolint:nilerr // no cookie, no board
	}
	err = p.o.DB.Read(r.Context(), func(tx *sqlite.Tx) error {
		return tx.QueryRow(`SELECT b.id, ifnull(l.place, b.place), b.room, l.board IS NOT NULL FROM live_board b LEFT JOIN live_place l ON l.board=b.id
			WHERE b.token=?`, hashToken(c.Value)).Scan(&b.ID, &b.Place, &b.Room, &b.IsRemembered)
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Board{}, false, nil
	case err != nil:
		return Board{}, false, fmt.Errorf("find board: %w", err)
	}
	if b.Room != "" && !p.o.Rooms.InSession(b.Room) {
		b.Room = ""
	}
	return b, true, nil
}

// offer is what a waiting board shows.
type offer struct {
	Code, Secret string
	Expires      time.Time
}

// offer gives a board new codes; the old ones are void. A board that asks for
// one has left its lesson: opened again, the lesson does not have it back.
func (p *Pairing) offer(ctx context.Context, board string) (o offer, err error) {
	o = offer{Code: newCode(codeLen), Secret: newCode(secretLen)}
	left := ""
	err = p.o.DB.Write(ctx, func(tx *sqlite.Tx) error {
		o.Expires = tx.Now.Add(codeLife)
		if _, err := tx.Exec(`DELETE FROM live_code WHERE (board=? AND used=0) OR expires<?`, board, tx.Now.Add(-codeMemory).UnixMilli()); err != nil {
			return err
		}
		if err := tx.QueryRow(`SELECT room FROM live_board WHERE id=?`, board).Scan(&left); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE live_board SET room='', seen=? WHERE id=?`, tx.Now.UnixMilli(), board); err != nil {
			return err
		}
		for _, code := range []string{o.Code, o.Secret} {
			if _, err := tx.Exec(`INSERT INTO live_code VALUES (?,?,?,0)`, p.hash(code), board, o.Expires.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return offer{}, fmt.Errorf("save pairing code: %w", err)
	}
	if left != "" {
		p.o.Rooms.Move(board, "")
	}
	return o, nil
}

// introduce makes a new board and its token, and sweeps away those nobody
// claimed.
func (p *Pairing) introduce(ctx context.Context) (id, token string, err error) {
	id, token = preau.NewID().String(), rand.Text()+rand.Text()
	err = p.o.DB.Write(ctx, func(tx *sqlite.Tx) error {
		old := tx.Now.Add(-codeMemory).UnixMilli()
		if _, err := tx.Exec(`DELETE FROM live_board WHERE (paired_at=0 AND seen<?) OR seen<?`, old, tx.Now.Add(-boardLife).UnixMilli()); err != nil {
			return err
		}
		var waiting int
		if err := tx.QueryRow(`SELECT count(*) FROM live_board WHERE paired_at=0`).Scan(&waiting); err != nil {
			return err
		}
		if waiting >= maxWaiting {
			return preau.E(preau.Busy, "too many boards wait to be paired", "Close the board pages that are not used and try again in an hour.", nil)
		}
		_, err := tx.Exec(`INSERT INTO live_board VALUES (?,?,'','','',0,?)`, id, hashToken(token), tx.Now.UnixMilli())
		return err
	})
	if err != nil {
		return "", "", fmt.Errorf("save board: %w", err)
	}
	return id, token, nil
}

// claim uses a code up and puts its board into a room.
func (p *Pairing) claim(ctx context.Context, code, room, place string) (b Board, err error) {
	err = p.o.DB.Write(ctx, func(tx *sqlite.Tx) error {
		var expires int64
		var used bool
		err := tx.QueryRow(`SELECT c.expires, c.used, b.id, ifnull(l.place, b.place), l.board IS NOT NULL
			FROM live_code c JOIN live_board b ON b.id=c.board LEFT JOIN live_place l ON l.board=b.id WHERE c.hash=?`,
			p.hash(code)).Scan(&expires, &used, &b.ID, &b.Place, &b.IsRemembered)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return preau.E(preau.NotFound, "no board shows this code", "Compare it with the board: six letters or digits.", nil)
		case err != nil:
			return err
		case used:
			return preau.E(preau.Conflict, "this code was used already", "Ask the board for a new code.", nil)
		case expires < tx.Now.UnixMilli():
			return preau.E(preau.Expired, "this code is too old", "Take the one the board shows now.", nil)
		}
		if place != "" && !b.IsRemembered {
			b.Place = place
		}
		b.Room = room
		if _, err := tx.Exec(`UPDATE live_code SET used=1 WHERE board=?`, b.ID); err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE live_board SET place=?, room=?, paired_at=?, seen=? WHERE id=?`,
			b.Place, room, tx.Now.UnixMilli(), tx.Now.UnixMilli(), b.ID)
		return err
	})
	if err != nil {
		return Board{}, fmt.Errorf("claim board: %w", err)
	}
	p.o.Rooms.Move(b.ID, b.Room)
	return b, nil
}

// unpair takes a board out of its lesson and forgets it, unless the school
// remembers it: then whoever stands at it, or teaches with it, does not undo
// what the office agreed to, and it stays known. A teacher may unpair the
// boards of her room; with an empty person the board asks for itself.
func (p *Pairing) unpair(ctx context.Context, board, person string) (stays bool, err error) {
	err = p.o.DB.Write(ctx, func(tx *sqlite.Tx) error {
		var room string
		err := tx.QueryRow(`SELECT b.room, l.board IS NOT NULL FROM live_board b LEFT JOIN live_place l ON l.board=b.id WHERE b.id=?`, board).Scan(&room, &stays)
		if errors.Is(err, sql.ErrNoRows) || err == nil && person != "" && !p.o.Rooms.Teaches(room, person) {
			return preau.E(preau.NotFound, "no such board in your lesson", "", nil)
		}
		if err != nil {
			return err
		}
		if stays {
			_, err = tx.Exec(`UPDATE live_board SET room='' WHERE id=?`, board)
		} else {
			_, err = tx.Exec(`DELETE FROM live_board WHERE id=?`, board)
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("unpair board: %w", err)
	}
	p.o.Rooms.Unpair(board)
	return stays, nil
}
