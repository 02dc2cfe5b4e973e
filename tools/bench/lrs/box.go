package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"preau"
	"preau/edge/attendance"
	"preau/edge/lrs"
	"preau/edge/lrs/document"
	"preau/edge/lrs/keys"
	"preau/edge/lrs/record"
	"preau/edge/lrs/xapi"
	"preau/edge/progress"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// clock is where the year has come to.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time          { c.mu.Lock(); defer c.mu.Unlock(); return c.t }
func (c *clock) State() preau.ClockState { return preau.ClockSynced }
func (c *clock) set(t time.Time)         { c.mu.Lock(); defer c.mu.Unlock(); c.t = t }

// box is what of a box the figures are about, put together as it is there.
type box struct {
	path       string
	clock      *clock
	db         *sqlite.DB
	journal    *journal.Journal
	store      *record.Store
	progress   *progress.Progress
	attendance *attendance.Attendance
}

var app = xapi.Agent{Account: xapi.Account{HomePage: home, Name: "bench"}}

func openBox(ctx context.Context, dir string, at time.Time) (b *box, err error) {
	b = &box{path: filepath.Join(dir, "preau.db"), clock: &clock{t: at}}
	if b.db, err = sqlite.Open(ctx, b.path, b.clock); err != nil {
		return nil, err
	}
	if b.journal, err = journal.Open(ctx, b.db, b.clock); err != nil {
		return nil, err
	}
	if b.store, err = record.Open(ctx, record.Config{DB: b.db, Journal: b.journal, Home: home, Blobs: filepath.Join(dir, "blobs")}); err != nil {
		return nil, err
	}
	if b.progress, err = progress.Open(ctx, b.db, b.journal, progress.Config{}); err != nil {
		return nil, err
	}
	b.journal.OnAppend(b.progress.Follow)
	b.attendance, err = attendance.Open(ctx, b.db, b.journal, pupilsOf, time.UTC)
	return b, err
}

// face is the store over HTTP, and a login for it.
func (b *box) face(ctx context.Context) (http.Handler, *url.Userinfo, error) {
	documents, err := document.Open(ctx, b.db)
	if err != nil {
		return nil, nil, err
	}
	k, err := keys.Open(ctx, b.db)
	if err != nil {
		return nil, nil, err
	}
	key, secret, err := k.Create(ctx, "bench", keys.Scopes())
	if err != nil {
		return nil, nil, err
	}
	return lrs.New(lrs.Deps{Records: b.store, Documents: documents, Keys: k, Clock: b.clock, Home: home, Log: slog.New(slog.DiscardHandler)}),
		url.UserPassword(key.ID, secret), nil
}

// pupilsOf lists a class, "0" to "33".
func pupilsOf(_ context.Context, class string) (pids []string, err error) {
	var c int
	if _, err := fmt.Sscan(class, &c); err != nil {
		return nil, fmt.Errorf("class %q: %w", class, err)
	}
	for n := c; n < pupils; n += classes {
		pids = append(pids, pid(n))
	}
	return pids, nil
}

// put does what a POST does with its body.
func (b *box) put(ctx context.Context, texts [][]byte) error {
	sts := make([]*xapi.Statement, len(texts))
	for i, text := range texts {
		st, err := xapi.Parse(text, xapi.V103)
		if err != nil {
			return err
		}
		sts[i] = st
	}
	_, err := b.store.Put(ctx, app, xapi.V103, sts, nil)
	return err
}
