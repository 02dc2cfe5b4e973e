package progress

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"preau"
	"preau/internal/sqlite"
)

// maxScattered bounds the stored union; half a second apart at least, it is a
// film of a quarter of an hour watched in crumbs.
const maxScattered = 2000

const dayMs = 24 * 60 * 60 * 1000

// row is a progress row while a post changes it.
type row struct {
	who          Who
	item, kind   string
	registration preau.ID
	length       int64
	segments     []Segment
	watched      int64
	position     int64
	positionAt   int64
	started      int64
	updated      int64
	done         sql.NullInt64
	tries, wrong int
	best         sql.NullFloat64
}

func (r *row) progress() float64 {
	if r.length <= 0 {
		if r.done.Valid {
			return 1
		}
		return 0
	}
	return min(float64(total(r.segments))/float64(r.length), 1)
}

// Post takes in what a player tells and returns how far the person got. Only
// what was played counts; the post's own claims of position and length place
// it.
func (p *Progress) Post(ctx context.Context, who Who, post Post) (entry Entry, err error) {
	var known int64
	if p.config.Length != nil {
		if d, ok := p.config.Length(ctx, post.Item); ok {
			known = d.Milliseconds()
		}
	}
	err = p.once(ctx, who, post.ID, post, post.At, func(tx *sqlite.Tx, at time.Time) error {
		r, err := load(tx, who, post.Item, "video", post.Registration, at)
		if err != nil {
			return err
		}
		first := r.length == 0 // it may have been launched before
		r.length = max(r.length, post.Length, known)
		r.segments = union(r.segments, post.Segments)
		if len(r.segments) > maxScattered {
			return preau.E(preau.TooLarge, "what was played of this film is too scattered", "Play it from the start.", nil)
		}
		r.watched += total(post.Segments)
		if told := at.UnixMilli(); told > r.positionAt || told == r.positionAt && post.Position > r.position {
			r.position, r.positionAt = post.Position, at.UnixMilli()
		}
		completes := !r.done.Valid && r.progress() >= p.config.Threshold
		if completes {
			r.done = sql.NullInt64{Int64: at.UnixMilli(), Valid: true}
		}
		post.At = at
		if err := p.journal.Append(tx, p.told(r, post, first, completes)...); err != nil {
			return err
		}
		if err := p.addWatched(tx, who.Person, at, total(post.Segments)); err != nil {
			return err
		}
		return p.save(tx, r, at, total(post.Segments))
	})
	if err != nil {
		return Entry{}, fmt.Errorf("record progress: %w", err)
	}
	return p.Of(ctx, who.Person, post.Item)
}

// once runs fn unless the post was taken in before, and refuses an id that
// was used for another.
func (p *Progress) once(ctx context.Context, who Who, id preau.ID, content any, at time.Time, fn func(tx *sqlite.Tx, at time.Time) error) error {
	if who.Person == "" {
		return preau.E(preau.Unauthorized, "nobody is signed in here", "Sign in first.", nil)
	}
	raw, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("encode post: %w", err)
	}
	sum := sha256.Sum256(append([]byte(who.Person+"\x00"), raw...))
	return p.db.Write(ctx, func(tx *sqlite.Tx) error {
		var have []byte
		switch err := tx.QueryRow(`SELECT sum FROM progress_post WHERE id = ?`, id[:]).Scan(&have); {
		case err == nil && bytes.Equal(have, sum[:]):
			return nil
		case err == nil:
			return preau.E(preau.Conflict, "this post's id was used for another", "Give each post an id of its own.", nil)
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		if at.Before(tx.Now.Add(-oldestPost)) {
			return preau.E(preau.Expired, "the post is more than 60 days old", "Drop it: its film can be watched again.", nil)
		}
		if at.After(tx.Now.Add(fastClock)) {
			at = tx.Now // the tablet's clock is fast
		}
		if _, err := tx.Exec(`INSERT INTO progress_post (id, sum, at) VALUES (?,?,?)`, id[:], sum[:], tx.Now.UnixMilli()); err != nil {
			return err
		}
		return fn(tx, at)
	})
}

func load(tx *sqlite.Tx, who Who, item, kind string, registration preau.ID, at time.Time) (*row, error) {
	r := &row{who: who, item: item, registration: registration}
	var segments string
	err := tx.QueryRow(`SELECT kind, length, segments, watched, position, position_at, started, updated, done, tries, wrong, best
		FROM progress WHERE pid = ? AND item = ? AND registration = ?`, who.Person, item, registration[:]).
		Scan(&r.kind, &r.length, &segments, &r.watched, &r.position, &r.positionAt, &r.started, &r.updated, &r.done, &r.tries, &r.wrong, &r.best)
	if errors.Is(err, sql.ErrNoRows) {
		r.kind, r.started = kind, at.UnixMilli()
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(segments), &r.segments); err != nil {
		return nil, fmt.Errorf("decode segments: %w", err)
	}
	return r, nil
}

// save writes the row, and notes the minutes of work that a sign of life at a
// moment shows, which lasted so many ms.
func (p *Progress) save(tx *sqlite.Tx, r *row, at time.Time, shown int64) error {
	if err := p.mark(tx, r.who.Person, at, span(shown)); err != nil {
		return err
	}
	segments, err := json.Marshal(r.segments)
	if err != nil {
		return fmt.Errorf("encode segments: %w", err)
	}
	if r.segments == nil {
		segments = []byte("[]")
	}
	_, err = tx.Exec(`INSERT INTO progress (pid, item, registration, kind, length, segments, covered, watched, position, position_at, started, updated, done, tries, wrong, best)
		VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16) ON CONFLICT DO UPDATE SET length = ?5, segments = ?6, covered = ?7, watched = ?8,
		position = ?9, position_at = ?10, started = ?11, updated = ?12, done = ?13, tries = ?14, wrong = ?15, best = ?16`,
		r.who.Person, r.item, r.registration[:], r.kind, r.length, string(segments), total(r.segments), r.watched, r.position, r.positionAt,
		min(r.started, at.UnixMilli()), max(r.updated, at.UnixMilli()), r.done, r.tries, r.wrong, r.best)
	return err
}

// addWatched counts time of play on the school's calendar. No day has more
// than its hours, whatever a tablet tells.
func (p *Progress) addWatched(tx *sqlite.Tx, pid string, at time.Time, ms int64) error {
	if ms == 0 {
		return nil
	}
	_, err := tx.Exec(`INSERT INTO watched (pid, day, ms) VALUES (?1, ?2, min(?3, ?4))
		ON CONFLICT DO UPDATE SET ms = min(ms + ?3, ?4)`, pid, at.In(p.config.Zone).Format(time.DateOnly), ms, dayMs)
	return err
}

// Forget drops the ids of posts too old to be sent again. The box calls it at
// night.
func (p *Progress) Forget(ctx context.Context) error {
	err := p.db.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`DELETE FROM progress_post WHERE at < ?`, tx.Now.Add(-oldestPost-24*time.Hour).UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("forget old posts: %w", err)
	}
	return nil
}
