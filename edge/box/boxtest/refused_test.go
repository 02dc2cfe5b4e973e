package boxtest

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau/media/catalogue/publisher"
)

// status is what `preau status` prints for the box, running or not.
func (b *Borne) status(t *testing.T) string {
	t.Helper()
	bin, err := Binary()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(bin, "status", "--data", b.Data).CombinedOutput()
	if err != nil {
		t.Fatalf("status: %v\n%s", err, out)
	}
	return string(out)
}

// TestCatalogue_ExpiredIsRefusedSaidAndOver: a publisher who forgot to sign
// keeps nobody from a lesson; the technician reads why nothing new comes, and
// nothing once it does.
func TestCatalogue_ExpiredIsRefusedSaidAndOver(t *testing.T) {
	b := NewBorne(t)
	b.Start()
	caughtUp(t, b)
	if said := b.status(t); !strings.Contains(said, "whole") || strings.Contains(said, "→") {
		t.Fatalf("status of a box in order:\n%s", said)
	}
	sign := func(now time.Time) {
		t.Helper()
		r, err := publisher.Open(t.Context(), b.Repo)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if _, err := r.Sign(t.Context(), publisher.SignOptions{Now: now}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Publish(t.Context(), b.Origin.Dir, now); err != nil {
			t.Fatal(err)
		}
	}
	sign(time.Now().AddDate(0, 0, -40)) // the next version, its date past

	b.Kill()
	b.Start() // asks the origin at once
	b.waitLog(t, `level=ERROR msg="catalogue refused".*past its date.*remedy="Have the publisher sign it again`)
	said := b.status(t)
	for _, want := range []string{"running", "whole", "past its date", "→ Have the publisher sign it again"} {
		if !strings.Contains(said, want) {
			t.Errorf("status does not say %q:\n%s", want, said)
		}
	}
	resp, text, err := NewVisitor(t, b).Do(t.Context(), http.MethodGet, "/api/v1/items?kind=video", "", nil)
	if err != nil || resp.StatusCode != http.StatusOK || bytes.Count(text, []byte("lf-adjectif-")) < 4 {
		t.Fatalf("the box no longer serves what it has: %v %.200s", err, text)
	}

	b.Kill()
	sign(time.Now())
	b.Start()
	b.waitLog(t, `msg="catalogue refreshed again"`)
	if said := b.status(t); strings.Contains(said, "past its date") {
		t.Errorf("status still complains:\n%s", said)
	}
}

// TestBlob_AlteredOneIsSaidAndComesOnceMended: one wrong file keeps no other
// from coming.
func TestBlob_AlteredOneIsSaidAndComesOnceMended(t *testing.T) {
	b := NewBorne(t)
	paths, err := filepath.Glob(filepath.Join(b.Origin.Dir, "blobs", "*", "*"))
	if err != nil || len(paths) < 3 {
		t.Fatalf("%d blobs published: %v", len(paths), err)
	}
	good, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	bad := bytes.Clone(good)
	bad[len(bad)/2] ^= 1
	if err := os.WriteFile(paths[0], bad, 0o644); err != nil {
		t.Fatal(err)
	}
	b.Start()
	b.waitLog(t, `level=WARN msg="catalogue not refreshed.*remedy=`)
	name := filepath.Base(paths[0])
	said := b.status(t)
	for _, want := range []string{"1 files still to come", name, "→"} {
		if !strings.Contains(said, want) {
			t.Errorf("status does not say %q:\n%s", want, said)
		}
	}
	resp, _, err := NewVisitor(t, b).Do(t.Context(), http.MethodGet, "/blobs/"+name, "", nil)
	// Asked for while it is not here, it is asked for at the origin once more.
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("the altered blob answers %v, %v; want 503 and when to come back", resp, err)
	}
	visibleBlobsAreWhole(t, b)
	b.Kill()
	if err := os.WriteFile(paths[0], good, 0o644); err != nil {
		t.Fatal(err)
	}
	b.Start()
	b.waitLog(t, `msg="catalogue refreshed again"`)
	caughtUp(t, b)
}
