package lake_test

import (
	"crypto/x509"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"preau"
	"preau/sync/bucket"
	"preau/sync/lake"
	"preau/sync/segment/segmenttest"
)

var update = flag.Bool("update", false, "make testdata/v1 again: only when the layout's version changes")

// TestSample_StillReads keeps a promise: what was delivered in layout v1 is
// read, and proved, by every later version.
func TestSample_StillReads(t *testing.T) {
	dir := filepath.Join("testdata", "v1")
	if *update {
		makeSample(t, dir)
	}
	store, err := bucket.OpenFolder(filepath.Join(dir, "store"))
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		t.Fatal(err)
	}
	l := lake.New(store, roots)
	sum, err := l.Verify(t.Context(), func(f lake.Finding) { t.Error(f) })
	if err != nil || sum.Boxes != 1 || sum.Statements != 12 || sum.Heads != 4 || sum.Receipts != 2 {
		t.Fatalf("%+v, %v", sum, err)
	}
	boxes, err := l.Boxes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for f, err := range l.Facts(t.Context(), boxes[0], preau.StreamLearning, morning, morning) {
		if err != nil || f.Verb != "https://w3id.org/xapi/video/verbs/played" || f.Actor == "" {
			t.Fatalf("%+v, %v", f, err)
		}
		n++
	}
	if n != 7 {
		t.Fatalf("%d facts, want 7", n)
	}
}

func makeSample(t *testing.T, dir string) {
	ca, memory := segmenttest.New(t), bucket.NewMemory()
	s := newSchool(t, ca, memory, "borne-1")
	s.deliver(preau.StreamAttendance, 11, 3)
	s.deliver(preau.StreamTelemetry, 11, 2)
	s.deliver(preau.StreamLearning, 11, 4)
	collect(t, ca, memory)
	s.deliver(preau.StreamLearning, 11, 3)
	collect(t, ca, memory)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "store"), 0o755); err != nil {
		t.Fatal(err)
	}
	folder, err := bucket.OpenFolder(filepath.Join(dir, "store"))
	if err != nil {
		t.Fatal(err)
	}
	for info := range memory.List(t.Context(), "v1/", "") {
		b, _ := memory.Get(t.Context(), info.Key)
		s.ok(folder.Create(t.Context(), info.Key, b))
	}
	s.ok(os.WriteFile(filepath.Join(dir, "ca.crt"), ca.PEM(), 0o644))
}
