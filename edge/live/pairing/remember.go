package pairing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"preau"
	"preau/internal/sqlite"
)

// Known is a board as the office and the technician see it.
type Known struct {
	ID, Place    string
	Room         string // the lesson in session it is in, or empty
	IsRemembered bool   // the school agreed to its place
	Seen         time.Time
}

// Known lists the boards that were ever claimed, those that ask for the
// school's approval first, then by place.
func (p *Pairing) Known(ctx context.Context) (all []Known, err error) {
	return p.list(ctx, `WHERE b.paired_at > 0 ORDER BY l.board IS NOT NULL, place, b.id`)
}

// At lists the boards that are remembered at a place.
func (p *Pairing) At(ctx context.Context, place string) (found []Known, err error) {
	if place = FoldPlace(place); place == "" {
		return nil, nil
	}
	all, err := p.list(ctx, `WHERE l.board IS NOT NULL ORDER BY b.id`)
	for _, k := range all {
		if FoldPlace(k.Place) == place {
			found = append(found, k)
		}
	}
	return found, err
}

func (p *Pairing) list(ctx context.Context, where string) (all []Known, err error) {
	err = p.o.DB.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT b.id, ifnull(l.place, b.place) AS place, b.room, l.board IS NOT NULL, max(b.seen, b.paired_at)
			FROM live_board b LEFT JOIN live_place l ON l.board = b.id ` + where)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var k Known
			var seen int64
			if err := rows.Scan(&k.ID, &k.Place, &k.Room, &k.IsRemembered, &seen); err != nil {
				return err
			}
			k.Seen = time.UnixMilli(seen)
			all = append(all, k)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list boards: %w", err)
	}
	for i := range all {
		if !p.o.Rooms.InSession(all[i].Room) {
			all[i].Room = ""
		}
	}
	return all, nil
}

// Approve remembers a board at a place, for those who run the school. From
// then on no claim changes its place.
func (p *Pairing) Approve(ctx context.Context, board, place string) error {
	place = strings.TrimSpace(place)
	if err := checkPlace(place); err != nil {
		return err
	}
	if place == "" {
		return preau.E(preau.Invalid, "a board is remembered by a place", "Say in which room it hangs.", nil)
	}
	err := p.o.DB.Write(ctx, func(tx *sqlite.Tx) error {
		var one int
		err := tx.QueryRow(`SELECT 1 FROM live_board WHERE id=? AND paired_at>0`, board).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			return errNoBoard
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO live_place VALUES (?,?,?) ON CONFLICT (board) DO UPDATE SET place=excluded.place, at=excluded.at`,
			board, place, tx.Now.UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("approve board: %w", err)
	}
	return nil
}

// Forget forgets a board and its place for those who run the school, whichever
// lesson it is in.
func (p *Pairing) Forget(ctx context.Context, board string) error {
	err := p.o.DB.Write(ctx, func(tx *sqlite.Tx) error {
		res, err := tx.Exec(`DELETE FROM live_board WHERE id=?`, board)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return errNoBoard
	})
	if err != nil {
		return fmt.Errorf("forget board: %w", err)
	}
	p.o.Rooms.Unpair(board)
	return nil
}

// Take brings a board that is remembered at place into a room of person's,
// without a code. Whoever asks answers for the place being the lesson's.
func (p *Pairing) Take(ctx context.Context, board, room, place, person string) (b Board, err error) {
	if !p.o.Rooms.Teaches(room, person) {
		return Board{}, errNoLesson
	}
	err = p.o.DB.Write(ctx, func(tx *sqlite.Tx) error {
		b = Board{ID: board, Room: room, IsRemembered: true}
		err := tx.QueryRow(`SELECT place FROM live_place WHERE board=?`, board).Scan(&b.Place)
		if errors.Is(err, sql.ErrNoRows) || err == nil && (FoldPlace(b.Place) != FoldPlace(place) || FoldPlace(place) == "") {
			return preau.E(preau.Forbidden, "this board is not remembered in the room of your lesson", "Type the code it shows.", nil)
		}
		if err != nil {
			return err
		}
		// The code it shows is nobody else's any more.
		if _, err := tx.Exec(`UPDATE live_code SET used=1 WHERE board=?`, board); err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE live_board SET room=?, paired_at=?, seen=? WHERE id=?`, room, tx.Now.UnixMilli(), tx.Now.UnixMilli(), board)
		return err
	})
	if err != nil {
		return Board{}, fmt.Errorf("take board: %w", err)
	}
	p.o.Rooms.Move(b.ID, b.Room)
	return b, nil
}

// Asks is the teacher behind a request, as for a claim.
func (p *Pairing) Asks(r *http.Request) (Teacher, error) { return p.o.Teacher(r) }

// FoldPlace tells which places are the same: it makes "Salle 204", "salle  204" and "204" one place.
func FoldPlace(s string) string {
	s = strings.ToLower(strings.Join(strings.Fields(s), " "))
	return strings.TrimPrefix(s, "salle ")
}

var (
	errNoBoard  = preau.E(preau.NotFound, "no such board", "Reload the list.", nil)
	errNoLesson = preau.E(preau.NotFound, "this lesson is not in session", "Start the lesson first.", nil)
)
