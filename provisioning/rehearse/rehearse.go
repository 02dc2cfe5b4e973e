// Package rehearse plays a class on a box that runs, as real tablets, a board
// and a teacher would, and tells a technician what it saw: pushes missed, how
// long they took, how fast who was cut off came back, how far the clocks are
// apart. It promises to use nothing but what a browser uses (doors, pages,
// blobs, the live protocol), to end what it began (the lesson, the board's
// pairing, the sessions) and to count a push as missed only when a screen
// that was in the lesson never heard of it. It refuses more than 200 tablets,
// an hour, and accounts that hold no teacher with a class.
package rehearse

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"time"

	"preau"
	"preau/edge/directory/party"
	"preau/provisioning/rehearse/visit"
)

// The bounds: a rehearsal is a load on a school's box.
const (
	MaxTablets = 200
	MaxLength  = time.Hour
)

// Account is somebody who may sign in, as accounts.json of a demo lists them.
type Account = visit.Account

// Options are what is rehearsed. Zero values of the times mean the usual ones.
type Options struct {
	URL      string // of the box
	Accounts []Account
	Class    string // its name; empty: the one with the most accounts
	Tablets  int
	Length   time.Duration
	Pace     time.Duration // between two of the teacher's gestures; 2 s
	CutEvery time.Duration // one tablet is cut off this often; 10 s; negative: none
	Films    bool          // tablets stream the film that is open
	TLS      *tls.Config   // of an https URL
	Tell     func(string)  // progress, for people; nil is fine
}

func (o *Options) check() error {
	switch {
	case o.Tablets < 1 || o.Tablets > MaxTablets:
		return preau.E(preau.Invalid, fmt.Sprintf("a rehearsal has 1 to %d tablets", MaxTablets), "Choose with --tablets.", nil)
	case o.Length < 5*time.Second || o.Length > MaxLength:
		return preau.E(preau.Invalid, "a rehearsal lasts 5 seconds to an hour", "Choose with --for.", nil)
	}
	if o.Pace <= 0 {
		o.Pace = 2 * time.Second
	}
	if o.CutEvery == 0 {
		o.CutEvery = 10 * time.Second
	}
	if o.Tell == nil {
		o.Tell = func(string) {}
	}
	return nil
}

// cast is who plays.
type cast struct {
	o       Options
	teacher *person
	board   *screen
	tablets []*screen
	group   string
	lesson  string
	running bool // the lesson is in session, by our doing
	film    film
}

// Run rehearses, and reports what it saw; the report's faults are its
// verdict. The error is of what kept the rehearsal from being held. However it
// ends, the lesson that it began is ended.
func Run(ctx context.Context, o Options) (rep Report, err error) {
	if err := o.check(); err != nil {
		return rep, err
	}
	c, err := newCast(o)
	if err != nil {
		return rep, err
	}
	began := time.Now()
	if err := c.teacher.SignIn(ctx); err != nil {
		return rep, err // nothing is to be undone
	}
	defer c.close(context.WithoutCancel(ctx))
	if err := c.open(ctx); err != nil {
		return rep, err
	}
	// The screens outlast whoever calls it off: the teacher's ends the lesson.
	live, end := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	defer wg.Wait()
	defer end()
	for _, s := range c.all() {
		wg.Go(func() { s.run(live) })
	}
	teacher := newScreen(c.teacher, o)
	wg.Go(func() { teacher.run(live) })
	if err := c.gathered(ctx, append(c.all(), teacher)); err != nil {
		return rep, err
	}
	o.Tell(fmt.Sprintf("%d tablets and a board are in the lesson after %.1f s", len(c.tablets), time.Since(began).Seconds()))
	l := &lesson{cast: c, teacher: teacher}
	err = l.play(ctx)
	l.end(context.WithoutCancel(ctx))
	return l.report(), err
}

// all are the screens that are pushed to.
func (c *cast) all() []*screen { return append([]*screen{c.board}, c.tablets...) }

func newCast(o Options) (*cast, error) {
	c := &cast{o: o}
	sizes := map[string]int{}
	for _, a := range o.Accounts {
		if a.Role == string(party.Pupil) && a.Secret != "" && (o.Class == "" || a.Class == o.Class) {
			sizes[a.Group]++
			if n := sizes[a.Group]; n > sizes[c.group] || c.group == "" {
				c.group = a.Group
			}
		}
	}
	var pupils []Account
	for _, a := range o.Accounts {
		switch {
		case a.Role == string(party.Pupil) && a.Secret != "" && a.Group == c.group:
			pupils = append(pupils, a)
		case a.Role == string(party.Teacher) && a.Secret != "" && c.teacher == nil:
			var err error
			if c.teacher, err = newPerson(o, a); err != nil {
				return nil, err
			}
		}
	}
	if c.teacher == nil || len(pupils) == 0 {
		return nil, preau.E(preau.Invalid, "the accounts hold no teacher with a class", "Give a list with a teacher and pupils of one class: {person, role, group, login, secret}.", nil)
	}
	if most := len(pupils) * perPupil; o.Tablets > most {
		return nil, preau.E(preau.Invalid, fmt.Sprintf("%d accounts of pupils carry %d tablets at most", len(pupils), most), "Give more accounts, or rehearse with fewer tablets.", nil)
	}
	for i := range o.Tablets {
		p, err := newPerson(o, pupils[i%len(pupils)])
		if err != nil {
			return nil, err
		}
		c.tablets = append(c.tablets, newScreen(p, o))
	}
	p, err := newPerson(o, Account{Name: "board"})
	if err != nil {
		return nil, err
	}
	c.board = newScreen(p, o)
	return c, nil
}

// perPupil is how many tablets one account is on: the box keeps eight sessions
// of a person.
const perPupil = 7

// gathered waits until every screen is in the lesson.
func (c *cast) gathered(ctx context.Context, screens []*screen) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for _, s := range screens {
		select {
		case <-s.entered:
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), context.Canceled) {
				return ctx.Err() // called off
			}
			return preau.E(preau.Unavailable, s.person.Account.Name+" did not get into the lesson within a minute", "Look at the box's log; run preau doctor.", s.trouble())
		}
	}
	return nil
}

// wait sleeps unless ctx ends first.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// pupils are the persons among the tablets.
func (c *cast) pupils() int {
	seen := map[string]bool{}
	for _, s := range c.tablets {
		seen[s.person.Account.Person] = true
	}
	return len(seen)
}
