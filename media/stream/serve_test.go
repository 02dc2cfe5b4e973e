package stream

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"preau"
)

// The answer had begun and cannot be mended, but the log must tell of a disk
// that lost part of a blob.
func TestCopySpan_TellsOfADiskThatGaveLess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "film")
	if err := os.WriteFile(path, make([]byte, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	c := &content{size: 2000, file: f}
	defer c.Close()
	if err := c.copySpan(io.Discard, span{500, 500}); err != nil {
		t.Error(err)
	}
	if err := c.copySpan(io.Discard, span{500, 1500}); err == nil || preau.KindOf(err) != preau.Corrupt {
		t.Errorf("got %v", err)
	}
}
