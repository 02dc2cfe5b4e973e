package shelf

import (
	"context"
	"time"
)

// Resume goes on with the pass under way, as the quiet scrub does.
func Resume(s *Shelf, ctx context.Context) error { return s.read(ctx, scrubRate, nil) }

// QuietPass is one of the quiet scrub's.
func QuietPass(s *Shelf, ctx context.Context) error { return s.quietPass(ctx) }

// Waits is closed once a quiet pass has begun.
func Waits(s *Shelf) <-chan struct{} {
	begun := make(chan struct{})
	go func() {
		for {
			s.pass.mu.Lock()
			has := s.pass.stop != nil
			s.pass.mu.Unlock()
			if has {
				close(begun)
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	return begun
}
