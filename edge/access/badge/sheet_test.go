package badge_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"preau/edge/access/badge"
)

// TestSheet_IsReadByAReader: thirty cards are three pages, with the names.
func TestSheet_IsReadByAReader(t *testing.T) {
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext is not installed; make test installs poppler-utils")
	}
	var cards []badge.Card
	for i := range 30 {
		cards = append(cards, badge.Card{Name: fmt.Sprintf("Zoé Œuvrard %d", i), Class: "6eA", Text: strings.Repeat("AB", 16), URL: "http://preau.local/connexion/badge#" + strings.Repeat("AB", 16)})
	}
	var b bytes.Buffer
	if err := badge.Sheet(&b, "6eA", cards); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "badges.pdf")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(out), "\f"); n != 3 || !strings.Contains(string(out), "Zoé Œuvrard") {
		t.Errorf("%d pages:\n%.300s", n, out)
	}
}
