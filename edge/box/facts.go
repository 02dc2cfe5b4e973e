package box

import (
	"net/http"
	"sync"
	"time"

	"preau"
	"preau/edge/access"
	"preau/media/blob"
	"preau/media/stream"
)

// A film is asked for by a thousand ranges, and what the catalogue says of it
// changes once a night: it is remembered for a moment, and no longer than the
// catalogue is the same.
const (
	factsFor = 30 * time.Second
	maxFacts = 20_000
)

type blobFacts struct {
	mime       string
	restricted bool
	era        int64 // of the catalogue
	until      time.Time
}

// factsCache remembers what the catalogue says of blobs.
type factsCache struct {
	mu   sync.Mutex
	byID map[blob.Digest]blobFacts
}

func (c *factsCache) get(d blob.Digest, era int64, now time.Time) (blobFacts, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok := c.byID[d]
	return f, ok && f.era == era && now.Before(f.until)
}

func (c *factsCache) put(d blob.Digest, f blobFacts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byID == nil || len(c.byID) >= maxFacts {
		c.byID = map[blob.Digest]blobFacts{}
	}
	c.byID[d] = f
}

// factsOf asks the catalogue, or remembers.
func (b *Box) factsOf(r *http.Request, d blob.Digest) (blobFacts, error) {
	now := time.Now() // only a duration: the box's own clock may creep
	era := b.items.Era()
	if f, ok := b.facts.get(d, era, now); ok {
		return f, nil
	}
	restricted, err := b.items.Restricted(r.Context(), d)
	if err != nil {
		return blobFacts{}, err
	}
	mime, err := b.items.Mime(r.Context(), d)
	if err != nil {
		return blobFacts{}, err
	}
	f := blobFacts{mime, restricted, era, now.Add(factsFor)}
	b.facts.put(d, f)
	return f, nil
}

// meta tells the streamer what the catalogue calls a blob.
func (b *Box) meta(r *http.Request, d blob.Digest) (stream.Meta, error) {
	f, err := b.factsOf(r, d)
	return stream.Meta{MIME: f.mime, Restricted: f.restricted}, err
}

// allow keeps answer keys and trainers' notes from pupils.
func (b *Box) allow(r *http.Request, d blob.Digest) error {
	f, err := b.factsOf(r, d)
	if err != nil || !f.restricted {
		return err
	}
	s, ok := b.access.Session(r)
	switch {
	case !ok:
		return preau.E(preau.Unauthorized, "this file is for staff", "Sign in first.", nil)
	case s.Role == access.Pupil || s.Role == access.Board:
		return preau.E(preau.Forbidden, "this file is for staff", "Ask your teacher.", nil)
	}
	return nil
}
