package publisher_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"preau/media/catalogue/notice"
	"preau/media/catalogue/publisher"
	"preau/media/pack"
)

func TestAdd_CutsLargeFilesAndPublishesTheirTables(t *testing.T) {
	d := newDesk(t, 1, 1)
	body := make([]byte, pack.Threshold+5000)
	rand.NewChaCha8([32]byte{}).Read(body)
	d.all(now, d.folder("petit", nil, nil), d.folder("gros", nil, map[string]string{"a.pdf": "%PDF-1.7 " + string(body)}))
	if rep := d.verify(d.out, publisher.VerifyOptions{}); len(rep.Faults) != 0 || rep.Blobs != 2 {
		t.Fatalf("%+v", rep)
	}
	files, err := filepath.Glob(filepath.Join(d.out, "blobs", "*", "*"))
	d.check(err)
	var path string
	for _, f := range files {
		raw, err := os.ReadFile(f)
		d.check(err)
		if table, err := pack.Parse(raw); err == nil {
			path = f
			if table.Size != int64(len(body)+9) {
				t.Errorf("the table of %d bytes", table.Size)
			}
		}
	}
	if len(files) != 3 || path == "" {
		t.Fatalf("published %d blobs, table %q", len(files), path)
	}
	good, err := os.ReadFile(path)
	d.check(err)
	for kind, bad := range map[string][]byte{"blob-altered": bytes.ToUpper(good), "blob-missing": nil} {
		d.check(os.Remove(path))
		if bad != nil {
			d.check(os.WriteFile(path, bad, 0o644))
		}
		rep := d.verify(d.out, publisher.VerifyOptions{Quick: true})
		if len(rep.Faults) != 1 || rep.Faults[0].Kind != kind || rep.Faults[0].Remedy == "" {
			t.Errorf("%s: %+v", kind, rep.Faults)
		}
		d.check(os.WriteFile(path, good, 0o644))
	}
}

// A table that is signed and says something else than its file is a fault of
// the publisher, which no box should be the first to find.
func TestCheck_RefusesATableThatCannotBe(t *testing.T) {
	it := notice.Item{}
	it.Assets = []notice.Asset{{Role: notice.RoleMain, Mime: "application/pdf", SHA256: string(bytes.Repeat([]byte("a"), 64)), Size: 1}}
	it.Assets[0].Chunks = notice.Chunks{SHA256: it.Assets[0].SHA256, Size: pack.MaxTable + 1}
	for _, p := range it.Check(true) {
		if p.Field == "assets[0].chunks" {
			return
		}
	}
	t.Error("a table larger than any is let through")
}
