package record_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"preau"
	"preau/edge/lrs/record"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
)

// TestErase_TakesAPersonsTracesAndTheirPapers, and leaves what others said,
// packed or not, with the paper that two of them handed in.
func TestErase_TakesAPersonsTracesAndTheirPapers(t *testing.T) {
	ctx := context.Background()
	b := open(t, t.TempDir())
	own, shared := b.stage(t, "Léa's drawing"), b.stage(t, "the same paper for all")
	const n = 700
	said := func(i int, who string, papers ...record.Staged) *xapi.Statement {
		var list []string
		for _, p := range papers {
			list = append(list, fmt.Sprintf(`{"usageType":"https://u.example/x","display":{"fr":"x"},"contentType":"text/plain","length":%d,"sha2":%q}`, p.Size, strings.ToUpper(p.SHA2)))
		}
		return parse(t, fmt.Sprintf(`{"id":%q,"actor":{"account":{"homePage":%q,"name":%q}},"verb":%s,"object":{"id":"https://a.example/x"},"attachments":[%s]}`,
			id(i), home, who, verb, strings.Join(list, ",")))
	}
	for i := range n {
		var papers []record.Staged
		who := []string{"p1", "p2"}[i%2]
		switch i {
		case 0:
			papers = []record.Staged{own, shared}
		case 1:
			papers = []record.Staged{shared}
		}
		if _, err := b.Put(ctx, app, xapi.V200, []*xapi.Statement{said(i, who, papers...)}, papers); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.journal.Pack(ctx); err != nil {
		t.Fatal(err)
	}
	if err := b.db.Write(ctx, func(tx *sqlite.Tx) error { return b.journal.Ack(tx, preau.StreamLearning, b.journal.Epoch(), n) }); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Erase(ctx, "p1"); err != nil {
		t.Fatal(err)
	}
	// A page ends early on a slow machine.
	found := func(q record.Query) (n int) {
		for {
			page, err := b.Query(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			if n += len(page.Statements); page.More == "" {
				return n
			}
			if q, err = b.Continue(page.More); err != nil {
				t.Fatal(err)
			}
		}
	}
	of := func(who string) int {
		return found(record.Query{Agent: &xapi.Agent{Account: xapi.Account{HomePage: home, Name: who}}})
	}
	if one, two := of("p1"), of("p2"); one != 0 || two != n/2 {
		t.Errorf("%d statements of who was erased, %d of the other; want 0 and %d", one, two, n/2)
	}
	if all := found(record.Query{}); all != n/2 {
		t.Errorf("%d statements in all, want %d", all, n/2)
	}
	if _, err := b.Get(ctx, parse(t, about(0, "x", "x", "")).ID, false, record.FormatExact, nil); preau.KindOf(err) != preau.NotFound {
		t.Errorf("an erased statement: %v, want not found", err)
	}
	if _, err := os.Stat(filepath.Join(b.dir, "attachments", own.SHA2)); !os.IsNotExist(err) {
		t.Errorf("the drawing is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(b.dir, "attachments", shared.SHA2)); err != nil {
		t.Errorf("the other's paper went too: %v", err)
	}
	if _, err := b.Erase(ctx, "p1"); err != nil {
		t.Errorf("a second time: %v", err)
	}
}

// TestErase_PapersThatWait: a paper whose statement waits for its receipt goes
// with it, one of a statement that was voided too, and what somebody else
// hands in meanwhile stays.
func TestErase_PapersThatWait(t *testing.T) {
	ctx := context.Background()
	b := open(t, t.TempDir())
	voided, waits, both := b.stage(t, "a voided drawing"), b.stage(t, "a late drawing"), b.stage(t, "one for two")
	put := func(i int, who, more string, papers ...record.Staged) {
		t.Helper()
		var list []string
		for _, p := range papers {
			list = append(list, fmt.Sprintf(`{"usageType":"https://u.example/x","display":{"fr":"x"},"contentType":"text/plain","length":%d,"sha2":%q}`, p.Size, p.SHA2))
		}
		if len(list) > 0 {
			more += `,"attachments":[` + strings.Join(list, ",") + `]`
		}
		st := parse(t, fmt.Sprintf(`{"id":%q,"actor":{"account":{"homePage":%q,"name":%q}}%s}`, id(i), home, who, more))
		if _, err := b.Put(ctx, app, xapi.V200, []*xapi.Statement{st}, papers); err != nil {
			t.Fatal(err)
		}
	}
	did := `,"verb":` + verb + `,"object":{"id":"https://a.example/x"}`
	put(1, "p1", did, voided)
	put(2, "t1", fmt.Sprintf(`,"verb":{"id":%q},"object":{"objectType":"StatementRef","id":%q}`, xapi.VerbVoided, id(1)))
	put(3, "p1", did, waits, both)
	ack := func(upTo uint64) {
		t.Helper()
		if err := b.db.Write(ctx, func(tx *sqlite.Tx) error { return b.journal.Ack(tx, preau.StreamLearning, b.journal.Epoch(), upTo) }); err != nil {
			t.Fatal(err)
		}
	}
	there := func(p record.Staged) bool {
		_, err := os.Stat(filepath.Join(b.dir, "attachments", p.SHA2))
		return err == nil
	}
	ack(2)
	if waiting, err := b.Erase(ctx, "p1"); err != nil || waiting != 1 {
		t.Fatalf("%d statements wait, %v; want 1", waiting, err)
	}
	if there(voided) || !there(waits) || !there(both) {
		t.Errorf("erased: voided %v, waits %v, both %v", there(voided), there(waits), there(both))
	}
	put(4, "p2", did, both)
	ack(4)
	if _, err := b.journal.Purge(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if there(waits) || !there(both) {
		t.Errorf("the night after: waits %v, both %v", there(waits), there(both))
	}
	var left int
	err := b.db.Read(ctx, func(tx *sqlite.Tx) error { return tx.QueryRow(`SELECT count(*) FROM lrs_erasing`).Scan(&left) })
	if err != nil || left != 0 {
		t.Errorf("%d attachments are still being erased, %v", left, err)
	}
}
