package shelf

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/media/blob"
)

// The scrub's pace: a pass begins a day after the one before, reads 4 MiB a
// second, stands still while a class is in session, and notes where it is.
const (
	scrubEvery = 24 * time.Hour
	scrubRate  = 4 << 20
	scrubLook  = 5 * time.Second  // between looks at whether the class is over
	scrubNote  = 20 * time.Second // between notes of the position
	scrubFirst = time.Hour        // not while the box starts
)

// Scrub is where the reading of the disk stands.
type Scrub struct {
	// At is the last blob that was read; empty: no pass is under way.
	At      string    `json:"at,omitempty"`
	Begun   time.Time `json:"begun,omitzero"` // of the pass
	Files   int       `json:"files"`          // read in this pass, or in the last
	Bytes   int64     `json:"bytes"`
	Rotten  int       `json:"rotten"`        // found in it
	Full    time.Time `json:"full,omitzero"` // when the last full pass ended
	Waiting int       `json:"waiting"`       // rotten and not here again
}

// passes lets one pass read at a time; one that somebody waits for stops the
// quiet one, which goes on from where it was.
type passes struct {
	free chan struct{} // holds the right to read

	mu   sync.Mutex
	stop context.CancelFunc // of the quiet pass
}

// Scrub tells where it stands.
func (s *Shelf) Scrub(ctx context.Context) (Scrub, error) {
	var text string
	err := s.DB.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow("SELECT value FROM shelf_setting WHERE name = 'scrub'").Scan(&text)
	})
	var sc Scrub
	if err == nil {
		err = json.Unmarshal([]byte(text), &sc)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return sc, fmt.Errorf("read where the scrub stands: %w", err)
	}
	rotten, err := s.Blobs.Quarantined()
	sc.Waiting = len(rotten)
	return sc, err
}

func (s *Shelf) note(ctx context.Context, sc Scrub) error {
	sc.Waiting = 0 // counted when asked
	b, err := json.Marshal(sc)
	if err != nil {
		return fmt.Errorf("encode where the scrub stands: %w", err)
	}
	if err := s.set(ctx, "scrub", string(b)); err != nil {
		return fmt.Errorf("note where the scrub stands: %w", err)
	}
	return nil
}

// scrubQuietly reads the disk through, again and again, from where the last
// process was.
func (s *Shelf) scrubQuietly(ctx context.Context) {
	wait := scrubFirst
	for {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		wait = time.Minute
		sc, err := s.Scrub(ctx)
		if err == nil && sc.At == "" && s.Clock.Now().Sub(sc.Begun) < scrubEvery {
			continue
		}
		if err == nil {
			err = s.quietPass(ctx)
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			s.Log.Warn("content not read through", "err", err)
			wait = scrubFirst
		}
	}
}

func (s *Shelf) quietPass(ctx context.Context) error {
	pass, stop := context.WithCancel(ctx)
	defer stop()
	select {
	case s.pass.free <- struct{}{}:
	default:
		return nil // somebody's pass is under way
	}
	defer func() { <-s.pass.free }()
	s.pass.mu.Lock()
	s.pass.stop = stop
	s.pass.mu.Unlock()
	return s.read(pass, scrubRate, nil)
}

// ScrubNow reads every blob at once, from the first, as fast as the disk
// gives; it takes over from a quiet pass. report may be nil.
func (s *Shelf) ScrubNow(ctx context.Context, report func(preau.Progress)) (Scrub, error) {
	s.pass.mu.Lock()
	if s.pass.stop != nil {
		s.pass.stop()
	}
	s.pass.mu.Unlock()
	select {
	case s.pass.free <- struct{}{}:
	case <-ctx.Done():
		return Scrub{}, ctx.Err()
	case <-time.After(30 * time.Second):
		return Scrub{}, preau.E(preau.Busy, "the content is being read through already", "Wait for it to end: preau content status.", nil)
	}
	defer func() { <-s.pass.free }()
	sc, err := s.Scrub(ctx)
	if err != nil {
		return sc, err
	}
	sc.At = "" // from the first
	if err := s.note(ctx, sc); err != nil {
		return sc, err
	}
	if err := s.read(ctx, 0, report); err != nil {
		return sc, err
	}
	return s.Scrub(ctx)
}

// read goes on with the pass under way, or begins one.
func (s *Shelf) read(ctx context.Context, rate int64, report func(preau.Progress)) error {
	sc, err := s.Scrub(ctx)
	if err != nil {
		return err
	}
	var from *blob.Digest
	if d, err := blob.ParseDigest(sc.At); err == nil {
		from = &d
	} else {
		sc = Scrub{Begun: s.Clock.Now().UTC(), Full: sc.Full}
	}
	var of, total int64
	if report != nil {
		if of, total, err = s.Blobs.Usage(); err != nil {
			return err
		}
	}
	noted := time.Now()
	quiet := rate > 0
	err = s.Blobs.Scrub(ctx, blob.Pace{From: from, Rate: rate, Wait: s.pause(quiet)}, func(d blob.Digest, size int64, good bool) error {
		sc.At, sc.Files, sc.Bytes = d.String(), sc.Files+1, sc.Bytes+size
		if !good {
			sc.Rotten++
			if err := s.rotten(ctx, d); err != nil {
				return err
			}
		}
		if report != nil {
			report(preau.Progress{Files: int(of), FilesDone: sc.Files, Bytes: total, BytesDone: sc.Bytes})
		}
		if good && time.Since(noted) < scrubNote {
			return nil
		}
		noted = time.Now()
		return s.note(ctx, sc)
	})
	if err == nil {
		sc.At, sc.Full = "", s.Clock.Now().UTC()
		return s.note(ctx, sc)
	}
	if sc.At == "" {
		return err
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	return errors.Join(err, s.note(last, sc))
}

// pause waits while a class is in session.
func (s *Shelf) pause(quiet bool) func(context.Context) error {
	if !quiet || s.Busy == nil {
		return nil
	}
	return func(ctx context.Context) error {
		for s.Busy() {
			timer := time.NewTimer(scrubLook)
			select {
			case <-ctx.Done():
				timer.Stop()
				return ctx.Err()
			case <-timer.C:
			}
		}
		return nil
	}
}

// rotten sets a blob aside that the disk lost, says so of its items, and has
// it fetched again.
func (s *Shelf) rotten(ctx context.Context, d blob.Digest) error {
	if err := s.Items.Lose(ctx, d); err != nil {
		return err
	}
	if err := s.Blobs.Quarantine(d); err != nil {
		return err
	}
	s.Log.Error("a file rotted on the disk and is fetched again", "sha256", d.String(), "remedy", "if more follow, the disk is failing: preau doctor")
	s.changed()
	return nil
}
