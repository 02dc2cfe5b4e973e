// Package sight says what a blob is and who may see it. It promises that a
// restriction of the catalogue holds as soon as the box has that catalogue,
// and refuses pupils and boards what is for staff.
package sight

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"preau"
	"preau/edge/access"
	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue"
	"preau/media/catalogue/holding"
	"preau/media/stream"
)

// A film is asked for by a thousand ranges, and what the catalogue says of it
// changes once a night: it is remembered for a moment, and no longer than the
// catalogue is the same.
const (
	factsFor = 30 * time.Second
	maxFacts = 20_000
)

type facts struct {
	mime       string
	pace       int64
	restricted bool
	era        int64 // of the catalogue
	until      time.Time
}

// Sight is the rule, and what the catalogue said of blobs.
type Sight struct {
	db     *sqlite.DB
	items  *catalogue.Catalogue
	access *access.Access
	used   func(blob.Digest)

	mu   sync.Mutex
	byID map[blob.Digest]facts
}

// New makes one that remembers nothing yet. used hears of every blob that is
// asked for.
func New(db *sqlite.DB, items *catalogue.Catalogue, a *access.Access, used func(blob.Digest)) *Sight {
	return &Sight{db: db, items: items, access: a, used: used}
}

func (s *Sight) get(d blob.Digest, era int64, now time.Time) (facts, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.byID[d]
	return f, ok && f.era == era && now.Before(f.until)
}

func (s *Sight) put(d blob.Digest, f facts) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil || len(s.byID) >= maxFacts {
		s.byID = map[blob.Digest]facts{}
	}
	s.byID[d] = f
}

// of asks the catalogue, or remembers.
func (s *Sight) of(r *http.Request, d blob.Digest) (facts, error) {
	s.used(d)
	now := time.Now() // only a duration: the box's own clock may creep
	era := s.items.Era()
	if f, ok := s.get(d, era, now); ok {
		return f, nil
	}
	restricted, err := s.items.Restricted(r.Context(), d)
	if err != nil {
		return facts{}, err
	}
	mime, err := s.items.Mime(r.Context(), d)
	if err != nil {
		return facts{}, err
	}
	var pace int64
	err = s.db.Read(r.Context(), func(tx *sqlite.Tx) error {
		pace, err = holding.Pace(tx, d)
		return err
	})
	if err != nil {
		return facts{}, err
	}
	f := facts{mime, pace, restricted, era, now.Add(factsFor)}
	s.put(d, f)
	return f, nil
}

// Meta tells the streamer what the catalogue calls a blob.
func (s *Sight) Meta(r *http.Request, d blob.Digest) (stream.Meta, error) {
	f, err := s.of(r, d)
	return stream.Meta{MIME: f.mime, Pace: f.pace, Restricted: f.restricted}, err
}

// IsFilm tells films and sounds from the rest.
func (s *Sight) IsFilm(r *http.Request) bool {
	d, err := blob.ParseDigest(r.PathValue("sha256"))
	if err != nil {
		return false
	}
	f, err := s.of(r, d)
	return err == nil && (strings.HasPrefix(f.mime, "video/") || strings.HasPrefix(f.mime, "audio/"))
}

// Allow keeps answer keys and trainers' notes from pupils.
func (s *Sight) Allow(r *http.Request, d blob.Digest) error {
	f, err := s.of(r, d)
	if err != nil || !f.restricted {
		return err
	}
	who, ok := s.access.Session(r)
	switch {
	case !ok:
		return preau.E(preau.Unauthorized, "this file is for staff", "Sign in first.", nil)
	case who.Role == access.Pupil || who.Role == access.Board:
		return preau.E(preau.Forbidden, "this file is for staff", "Ask your teacher.", nil)
	}
	return nil
}
