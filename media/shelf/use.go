package shelf

import (
	"context"
	"fmt"
	"time"

	"preau/internal/sqlite"
	"preau/media/blob"
)

// inUse is how long after a request a blob counts as open: a film paused over
// the break goes on.
const inUse = 2 * time.Hour

// maxRecent bounds what is remembered between two writes; a class opens some
// hundreds of files.
const maxRecent = 50_000

type recent struct {
	at    time.Time
	dirty bool // the day is not written down yet
}

// Used notes that a blob was asked for. It costs no write: days are written
// down every few minutes.
func (s *Shelf) Used(d blob.Digest) {
	now := s.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.recent[d]
	if r == nil {
		if len(s.recent) >= maxRecent {
			return
		}
		r = &recent{dirty: true}
		s.recent[d] = r
	}
	r.dirty = r.dirty || day(r.at) != day(now)
	r.at = now
}

func day(t time.Time) int64 { return t.Unix() / 86400 }

// Flush writes down what was used, and holds what is open, so that a switch
// leaves it.
func (s *Shelf) Flush(ctx context.Context) error {
	now := s.Clock.Now()
	type use struct {
		d   blob.Digest
		day int64
	}
	var uses []use
	var open []blob.Digest
	s.mu.Lock()
	for d, r := range s.recent {
		if r.dirty {
			uses = append(uses, use{d, day(r.at)})
			r.dirty = false
		}
		if now.Sub(r.at) < inUse {
			open = append(open, d)
		} else {
			delete(s.recent, d)
		}
	}
	s.mu.Unlock()
	if len(uses) == 0 && len(open) == 0 {
		return nil
	}
	err := s.DB.Write(ctx, func(tx *sqlite.Tx) error {
		for _, u := range uses {
			if _, err := tx.Exec("INSERT INTO shelf_use (sha256, day) VALUES (?, ?) ON CONFLICT DO UPDATE SET day = max(day, excluded.day)", u.d[:], u.day); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note last uses: %w", err)
	}
	return s.Items.HoldBlobs(ctx, "readers", open, now.Add(inUse))
}

// isOpen reports whether somebody reads a blob now.
func (s *Shelf) isOpen(d blob.Digest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.recent[d]
	return r != nil && s.Clock.Now().Sub(r.at) < inUse
}

// days tells when each blob was last used.
func (s *Shelf) days(ctx context.Context) (days map[blob.Digest]int64, err error) {
	days = map[blob.Digest]int64{}
	err = s.DB.Read(ctx, func(tx *sqlite.Tx) error {
		rs, err := tx.Query("SELECT sha256, day FROM shelf_use")
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			var key []byte
			var n int64
			if err := rs.Scan(&key, &n); err != nil {
				return err
			}
			var d blob.Digest
			copy(d[:], key)
			days[d] = n
		}
		return rs.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read last uses: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for d, r := range s.recent {
		days[d] = max(days[d], day(r.at))
	}
	return days, nil
}
