package document_test

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/edge/lrs/document"
	"preau/internal/sqlite"
)

func open(t testing.TB) *document.Store {
	t.Helper()
	db, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s, err := document.Open(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var owner = document.Owner{Kind: document.State, Activity: "https://a.example/x", Agent: "mbox mailto:lea@c.example", Person: "p1"}

// TestPut_LosesNoChange has applications count up one document at once, each
// reading, adding one and writing with the ETag it read.
func TestPut_LosesNoChange(t *testing.T) {
	ctx := context.Background()
	s := open(t)
	if err := s.Put(ctx, owner, document.Document{Name: "n", Content: []byte("0")}, document.Match{IfNoneMatch: "*"}); err != nil {
		t.Fatal(err)
	}
	const applications, times = 4, 10
	var wait sync.WaitGroup
	for range applications {
		wait.Go(func() {
			for done := 0; done < times; {
				d, err := s.Get(ctx, owner, "n")
				if err != nil {
					t.Error(err)
					return
				}
				n, _ := strconv.Atoi(string(d.Content))
				err = s.Put(ctx, owner, document.Document{Name: "n", Content: strconv.AppendInt(nil, int64(n+1), 10)}, document.Match{IfMatch: `"` + d.ETag + `"`})
				switch {
				case err == nil:
					done++
				case !errors.Is(err, document.ErrPrecondition):
					t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	if d, err := s.Get(ctx, owner, "n"); err != nil || string(d.Content) != strconv.Itoa(applications*times) {
		t.Errorf("%s after %d increments, %v", d.Content, applications*times, err)
	}
}

func TestPost_MergesTheFirstLevel(t *testing.T) {
	ctx := context.Background()
	s := open(t)
	const kind = "application/json; charset=utf-8"
	post := func(content string) error {
		return s.Post(ctx, owner, document.Document{Name: "n", ContentType: kind, Content: []byte(content)}, document.Match{})
	}
	for _, content := range []string{`{"z":1.50,"a":{"b":1},"é\"":1}`, `{"a":{"c":2}, "n":null}`} {
		if err := post(content); err != nil {
			t.Fatal(err)
		}
	}
	if d, err := s.Get(ctx, owner, "n"); err != nil || string(d.Content) != `{"z":1.50,"a":{"c":2},"é\"":1,"n":null}` {
		t.Errorf("%s %v", d.Content, err)
	}
	if err := post(`[1]`); preau.KindOf(err) != preau.Invalid || err == nil {
		t.Error("a merge of an array:", err)
	}
	if err := s.Put(ctx, owner, document.Document{Name: "big", Content: make([]byte, document.MaxDocument+1)}, document.Match{}); preau.KindOf(err) != preau.TooLarge {
		t.Error("a document over the limit:", err)
	}
}

func TestEraseAndPurge(t *testing.T) {
	ctx := context.Background()
	s := open(t)
	other := owner
	other.Agent, other.Person = "mbox mailto:tom@c.example", "p2"
	profile := document.Owner{Kind: document.ActivityProfile, Activity: owner.Activity}
	for _, o := range []document.Owner{owner, other, profile} {
		if err := s.Put(ctx, o, document.Document{Name: "n", Content: []byte("x")}, document.Match{}); err != nil {
			t.Fatal(err)
		}
	}
	has := func(o document.Owner) bool { _, err := s.Get(ctx, o, "n"); return err == nil }
	if err := s.Erase(ctx, "p1"); err != nil || has(owner) || !has(other) {
		t.Errorf("erasure of one person: %v %v %v", err, has(owner), has(other))
	}
	if n, err := s.Purge(ctx, time.Now().Add(time.Hour)); n != 1 || err != nil || has(other) || !has(profile) {
		t.Errorf("the purge took %d, %v", n, err)
	}
}
