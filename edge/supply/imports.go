package supply

import (
	"context"
	"slices"

	"preau"
	"preau/edge/refresh"
)

// Importing is the import that a page began, under way or over.
type Importing struct {
	Path     string
	Running  bool
	Progress preau.Progress
	Done     refresh.Imported
	Err      error
}

// StartImport begins an import and returns at once: a page tells how far it
// is. Only a stick that is plugged in is read, whatever the form says.
func (s *Supply) StartImport(path string) error {
	k := s.sticks
	k.mu.Lock()
	defer k.mu.Unlock()
	if !slices.Contains(k.seen, path) {
		return preau.E(preau.NotFound, "this stick is not plugged in any more", "Plug it in again, and reload the page.", nil)
	}
	if k.last.Running {
		return preau.E(preau.Busy, "a stick is being read already", "Wait for it to end.", nil)
	}
	k.last = Importing{Path: path, Running: true}
	k.asked <- path // has room: nothing runs
	return nil
}

// Imported is the last import that a page began; ok says whether there was one.
func (s *Supply) Imported() (last Importing, ok bool) {
	s.sticks.mu.Lock()
	defer s.sticks.mu.Unlock()
	return s.sticks.last, s.sticks.last.Path != ""
}

func (k *sticks) set(now Importing) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last = now
}

// serveImports does what pages began, one after the other.
func (s *Supply) serveImports(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case path := <-s.sticks.asked:
			now := Importing{Path: path}
			now.Done, now.Err = s.ImportStick(ctx, path, func(p preau.Progress) {
				s.sticks.set(Importing{Path: path, Running: true, Progress: p})
			})
			s.sticks.set(now)
			if now.Err != nil && ctx.Err() == nil {
				s.Log.Error("stick not imported whole", "path", path, "err", now.Err, "remedy", preau.RemedyOf(now.Err))
			}
		}
	}
}
