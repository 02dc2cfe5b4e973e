package rehearse

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"sync"
	"time"

	"preau/edge/live/protocol"
	"preau/provisioning/rehearse/visit"
)

// person is one of the cast.
type person struct{ *visit.Person }

func newPerson(o Options, a Account) (*person, error) {
	p, err := visit.New(o.URL, o.TLS, a)
	return &person{p}, err
}

// open opens the teacher's lesson, pairs the board and signs the tablets in.
func (c *cast) open(ctx context.Context) error {
	at, err := c.teacher.Form(ctx, "/prof/seances", url.Values{"class": {c.group}})
	if err != nil {
		return fmt.Errorf("open a lesson: %w", err)
	}
	c.lesson, c.running = path.Base(at), true // if the next request fails, the class may be open all the same
	if _, err := c.teacher.Form(ctx, "/prof/classe/"+c.lesson, nil); err != nil {
		return fmt.Errorf("open the class: %w", err)
	}
	var shown struct{ Code string }
	if err := c.board.person.JSON(ctx, http.MethodPost, "/live/boards", map[string]any{}, &shown); err != nil {
		return err
	}
	if err := c.teacher.JSON(ctx, http.MethodPost, "/live/claim", map[string]string{"code": shown.Code, "room": c.lesson}, nil); err != nil {
		return fmt.Errorf("pair the board: %w", err)
	}
	for i, s := range c.tablets {
		if err := s.person.SignIn(ctx); err != nil {
			return err
		}
		if n := i + 1; n%10 == 0 || n == len(c.tablets) {
			c.o.Tell(fmt.Sprintf("%d of %d tablets have signed in", n, len(c.tablets)))
		}
	}
	c.film, err = c.findFilm(ctx)
	return err
}

// close leaves the box as it was: no lesson in session, no board, no session.
func (c *cast) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if c.running {
		c.endLesson(ctx)
	}
	// Best effort: what is left ends by itself, the sessions within two hours.
	_ = c.board.person.JSON(ctx, http.MethodPost, "/live/unpair", map[string]any{}, nil)
	for _, s := range c.tablets {
		s.person.SignOut(ctx)
	}
	c.teacher.SignOut(ctx)
	c.board.person.Client.CloseIdleConnections()
}

// endLesson ends the lesson by a line of its own: the teacher's screen is not
// there yet, or could not.
func (c *cast) endLesson(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, endWithin)
	defer cancel()
	s := newScreen(c.teacher, c.o)
	s.line.Room = c.lesson // not another one of this teacher's
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { s.run(ctx) })
	err := context.DeadlineExceeded
	select {
	case <-ctx.Done():
	case <-s.entered:
		_, err = s.Do(ctx, &protocol.End{})
	}
	if err != nil {
		c.o.Tell(fmt.Sprintf("the lesson could not be ended, end it as its teacher: %v", err))
		return
	}
	c.running = false
}
