package shelf

import (
	"context"
	"fmt"
	"slices"
	"time"

	"preau/media/blob"
	"preau/media/catalogue"
)

// freshFor is how long a layout is good when nothing is known to have changed.
const freshFor = time.Minute

// current is the layout under the rules in force.
func (s *Shelf) current(ctx context.Context) (*layout, error) {
	marks, err := s.Items.Marks(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	l := s.fresh
	s.mu.Unlock()
	if l != nil && l.marks == marks && time.Since(l.made) < freshFor {
		return l, nil
	}
	r, err := s.rules(ctx)
	if err != nil {
		return nil, err
	}
	if l, err = s.layOut(ctx, r); err != nil {
		return nil, fmt.Errorf("lay out the content: %w", err)
	}
	l.marks, l.made = marks, time.Now()
	s.mu.Lock()
	s.fresh = l
	s.mu.Unlock()
	return l, nil
}

// choose answers the catalogue: what a generation waits for. It is asked just
// before a switch, so what is open is held first.
func (s *Shelf) choose(ctx context.Context) (func(blob.Digest) bool, error) {
	if err := s.Flush(ctx); err != nil {
		return nil, err
	}
	l, err := s.current(ctx)
	if err == nil && len(l.fetch) > 0 { // some of it may have come
		s.stale()
		l, err = s.current(ctx)
	}
	if err != nil {
		return nil, err
	}
	return func(d blob.Digest) bool { return l.keep[d] }, nil
}

// Wanted lists what is to be fetched, the most wanted first. A limit of 0
// lists it all.
func (s *Shelf) Wanted(ctx context.Context, limit int) (list []catalogue.Want, err error) {
	l, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	for _, w := range l.fetch {
		if limit > 0 && len(list) >= limit {
			break
		}
		if !s.Blobs.Has(w.Digest) {
			list = append(list, w.Want)
		}
	}
	return list, nil
}

// MakeRoom removes what must leave for what is wanted to come. What is read
// at this moment stays, and so does what something else keeps.
func (s *Shelf) MakeRoom(ctx context.Context) error {
	s.stale()
	l, err := s.current(ctx)
	if err != nil || len(l.evict) == 0 {
		return err
	}
	kept, err := s.others(ctx)
	if err != nil {
		return err
	}
	var gone Tally
	var orphans []blob.Digest
	for _, w := range l.evict {
		if err := ctx.Err(); err != nil {
			return err
		}
		if kept[w.Digest] || s.isOpen(w.Digest) {
			continue
		}
		if err := s.Items.Lose(ctx, w.Digest); err != nil {
			return err
		}
		if err := s.Blobs.Remove(w.Digest); err != nil {
			return fmt.Errorf("make room: %w", err)
		}
		gone.add(w.Size)
		if w.item == "" {
			orphans = append(orphans, w.Digest)
		}
	}
	if err := s.Items.Forget(ctx, orphans); err != nil {
		return err
	}
	s.stale()
	if gone.Files > 0 {
		s.Log.Info("made room for content that is wanted more", "files", gone.Files, "bytes", gone.Bytes)
	}
	return nil
}

// others are the blobs that something else keeps.
func (s *Shelf) others(ctx context.Context) (map[blob.Digest]bool, error) {
	kept := map[blob.Digest]bool{}
	if s.Others == nil {
		return kept, nil
	}
	list, err := s.Others(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask what else keeps content: %w", err)
	}
	for _, d := range list {
		kept[d] = true
	}
	return kept, nil
}

// orphans are the blobs here that nothing uses any more.
func (s *Shelf) orphans(ctx context.Context) ([]catalogue.Want, error) {
	all, err := s.Items.Orphans(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	kept, err := s.others(ctx)
	if err != nil {
		return nil, err
	}
	list := all[:0]
	for _, o := range all {
		if !kept[o.Digest] && s.Blobs.Has(o.Digest) {
			list = append(list, o)
		}
	}
	return list, nil
}

// tidyBatch is how many names one transaction forgets.
const tidyBatch = 500

// Tidy forgets the names of blobs that nothing uses and that are not on the
// disk: most of what a catalogue withdraws was never fetched. What is on its way
// keeps its name until it is here, or gone.
func (s *Shelf) Tidy(ctx context.Context) error {
	all, err := s.Items.Orphans(ctx)
	if err != nil {
		return err
	}
	var gone []blob.Digest
	for _, o := range all {
		if !s.Blobs.Has(o.Digest) && s.Blobs.Partial(o.Digest) == 0 {
			gone = append(gone, o.Digest)
		}
	}
	for some := range slices.Chunk(gone, tidyBatch) {
		if err := s.Items.Forget(ctx, some); err != nil {
			return err
		}
	}
	return nil
}
