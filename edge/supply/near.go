package supply

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"preau"
	"preau/media/blob"
	"preau/media/courier"
	"preau/media/fetch"
	"preau/sync/budget"
)

// stickSources gives the files of the sticks that are plugged in and say they
// are whole: the refresher reads what it wants anyway from there before it
// asks a sister or the line. Nothing is believed of them, and their
// catalogues wait for a technician.
func (s *Supply) stickSources() (sources []fetch.Source) {
	for _, path := range s.sticks.paths() {
		stick, err := courier.Open(path)
		if err != nil || !stick.Label.Whole {
			continue // the technician's page says what is wrong with it
		}
		sources = append(sources, counted{stick, s.budget}.Blobs())
	}
	return sources
}

// counted is a stick whose bytes are counted.
type counted struct {
	*courier.Stick
	budget *budget.Budget
}

// Blobs implements refresh.Stick.
func (c counted) Blobs() fetch.Source {
	// Named with its label: another stick in the same place answers for itself.
	name := fmt.Sprintf("%s (%s, %s)", c.Dir(), c.Label.By, c.Label.Made.UTC().Format(time.RFC3339))
	return &stickSource{c.Stick.Blobs(), name, c.budget}
}

type stickSource struct {
	fetch.Source
	name   string
	budget *budget.Budget
}

// Name implements fetch.Source.
func (s *stickSource) Name() string { return s.name }

// Open implements fetch.Source.
func (s *stickSource) Open(ctx context.Context, d blob.Digest, offset, size int64) (io.ReadCloser, int64, error) {
	body, at, err := s.Source.Open(ctx, d, offset, size)
	if err != nil {
		return nil, 0, err
	}
	return &stickBody{body, s}, at, nil
}

type stickBody struct {
	io.ReadCloser
	of *stickSource
}

// Read implements io.Reader.
func (b *stickBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.of.budget.Count(budget.Stick, n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = preau.E(preau.Unavailable, "the stick "+b.of.name+" does not answer any more", "Plug it in again: the box goes on where it stopped.", err)
	}
	return n, err
}
