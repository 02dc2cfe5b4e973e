package record_test

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/lrs/record"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

func attached(n int, sha string, length int, more string) string {
	return about(n, "lea", "x", fmt.Sprintf(`,"attachments":[{"usageType":"https://u.example/x","display":{"fr":"x"},"contentType":"text/plain","length":%d,"sha2":%q%s}]`, length, sha, more))
}

func (b *box) stage(t testing.TB, text string) record.Staged {
	t.Helper()
	sum := sha256.Sum256([]byte(text))
	staged, err := b.Stage(context.Background(), strings.NewReader(text), strings.ToUpper(hex.EncodeToString(sum[:])))
	if err != nil || staged.Size != int64(len(text)) {
		t.Fatal(staged, err)
	}
	return staged
}

func TestAttachments_ComeBackOnce(t *testing.T) {
	ctx := context.Background()
	b := open(t, t.TempDir())
	staged := b.stage(t, "bonjour")
	if _, err := b.Stage(ctx, strings.NewReader("bonsoir"), staged.SHA2); preau.KindOf(err) != preau.Invalid || err == nil {
		t.Error("other bytes under a hash:", err)
	}
	if _, err := b.Stage(ctx, strings.NewReader("bonjour"), "../../x"); preau.KindOf(err) != preau.Invalid || err == nil {
		t.Error("a hash that is a path:", err)
	}
	long := sha512.Sum512([]byte("bonjour"))
	if _, err := b.Stage(ctx, strings.NewReader("bonjour"), hex.EncodeToString(long[:])); err != nil {
		t.Error("SHA-512:", err)
	}
	for name, bad := range map[string]string{"another hash": attached(1, strings.Repeat("a", 64), 7, ""), "nobody described it": about(1, "lea", "x", "")} {
		if _, err := b.Put(ctx, app, xapi.V200, []*xapi.Statement{parse(t, bad)}, []record.Staged{staged}); preau.KindOf(err) != preau.Invalid || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.Put(ctx, app, xapi.V200, []*xapi.Statement{parse(t, attached(1, staged.SHA2, 7, ""))}, nil); preau.KindOf(err) != preau.Invalid || err == nil {
		t.Error("bytes that did not come:", err)
	}
	two := []*xapi.Statement{parse(t, attached(1, staged.SHA2, 7, "")), parse(t, attached(2, staged.SHA2, 7, `,"fileUrl":"https://f.example/x"`))}
	if _, err := b.Put(ctx, app, xapi.V200, two, []record.Staged{staged}); err != nil {
		t.Fatal(err)
	}
	page, err := b.Query(ctx, record.Query{Attachments: true})
	if err != nil || len(page.Attachments) != 1 || len(page.Statements) != 2 {
		t.Fatalf("%d parts of %d statements, %v", len(page.Attachments), len(page.Statements), err)
	}
	f, err := page.Attachments[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); string(got) != "bonjour" || err != nil {
		t.Errorf("%q %v", got, err)
	}
}

func TestStage_IsBounded(t *testing.T) {
	b := open(t, t.TempDir())
	if _, err := b.Stage(context.Background(), io.LimitReader(zeros{}, record.MaxAttachment+1), strings.Repeat("0", 64)); preau.KindOf(err) != preau.TooLarge {
		t.Error("an attachment over the limit:", err)
	}
	if files, err := os.ReadDir(filepath.Join(b.dir, "attachments")); err != nil || len(files) != 0 {
		t.Errorf("it left %v behind, %v", files, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestSweep_DeletesWhatNobodyNeeds(t *testing.T) {
	ctx := context.Background()
	b := open(t, t.TempDir())
	kept := b.stage(t, "kept")
	lost := b.stage(t, "lost")
	if _, err := b.Put(ctx, app, xapi.V200, []*xapi.Statement{parse(t, attached(1, kept.SHA2, 4, ""))}, []record.Staged{kept}); err != nil {
		t.Fatal(err)
	}
	if n, err := b.Sweep(ctx); n != 0 || err != nil {
		t.Fatalf("the young are swept: %d %v", n, err)
	}
	old := time.Now().Add(-48 * time.Hour)
	for _, sha := range []string{kept.SHA2, lost.SHA2} {
		if err := os.Chtimes(filepath.Join(b.dir, "attachments", sha), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := b.Sweep(ctx); n != 1 || err != nil {
		t.Fatalf("%d swept, %v", n, err)
	}
	if _, err := os.Stat(filepath.Join(b.dir, "attachments", kept.SHA2)); err != nil {
		t.Error(err)
	}
}

// TestPrune_DropsTheIndexWithTheStatements prunes most of two sealed buckets,
// then all of them: queries pass over what is gone, and no posting is left.
func TestPrune_DropsTheIndexWithTheStatements(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := open(t, t.TempDir())
	var sts []*preau.Statement
	for range 4200 {
		sts = append(sts, &preau.Statement{Stream: preau.StreamLearning, Actor: "p1", Verb: journal.VerbPlayed, Object: "urn:x", ObjectKind: "video"})
	}
	if err := b.journal.Record(ctx, sts...); err != nil {
		t.Fatal(err)
	}
	q := record.Query{Verb: journal.VerbPlayed}
	b.clock.jump(3 * 366 * 24 * time.Hour)
	for _, upto := range []uint64{4000, 4199} {
		err := b.db.Write(ctx, func(tx *sqlite.Tx) error {
			return b.journal.Ack(tx, preau.StreamLearning, b.journal.Epoch(), upto)
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.journal.Prune(ctx); err != nil {
			t.Fatal(err)
		}
		if got := b.query(t, q); len(got) != 4200-int(upto) {
			t.Errorf("%d statements are found, %d are there", len(got), 4200-upto)
		}
	}
	if _, err := b.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	err := b.db.Read(ctx, func(tx *sqlite.Tx) error {
		var n int
		if err := tx.QueryRow(`SELECT (SELECT count(*) FROM lrs_posting) + (SELECT count(*) FROM lrs_bucket) + (SELECT count(*) FROM lrs_dropped)`).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows of sealed buckets are left, %v", n, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b.put(t, about(1, "lea", "x", ""))
	if got := b.query(t, record.Query{}); len(got) != 2 {
		t.Errorf("after the purge: %v", got)
	}
}
