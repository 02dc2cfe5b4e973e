package publisher_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"preau"
	"preau/internal/durable/durabletest"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/publisher"
)

// TestAdd_OnADiskThatFillsAtEveryWrite imports many small files into a real
// file system that is full after 0, 16, 32 … KiB more: each time the import says
// so, no notice is there without its files, what was there before is as it
// was, and the same import succeeds once there is room.
func TestAdd_OnADiskThatFillsAtEveryWrite(t *testing.T) {
	durabletest.OnSmallDisk(t, "16m", fillEverywhere)
}

func fillEverywhere(t *testing.T, dir string) {
	repo := filepath.Join(dir, "repo")
	if _, err := publisher.Init(repo, publisher.InitOptions{Keys: 1, Threshold: 1, Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	in := t.TempDir()
	before := smallItem(t, in, "before", 3)
	add := func(folders ...string) error {
		t.Helper()
		r, err := publisher.Open(t.Context(), repo)
		if err != nil {
			return err
		}
		defer r.Close()
		_, err = r.Add(t.Context(), folders, publisher.AddOptions{})
		return err
	}
	if err := add(before); err != nil {
		t.Fatal(err)
	}
	one, two := smallItem(t, in, "one", 12), smallItem(t, in, "two", 12)
	filler := filepath.Join(dir, "filler")
	full := 0
	for room := 0; ; room += 16 << 10 {
		fillBut(t, dir, filler, room)
		err := add(one, two)
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		whole(t, repo)
		if err == nil {
			break
		}
		if preau.KindOf(err) != preau.Full || preau.RemedyOf(err) == "" {
			t.Fatalf("with %d bytes left: %v", room, err)
		}
		full++
	}
	t.Logf("full at %d steps", full)
	if full < 5 {
		t.Errorf("the disk was full at %d steps only", full)
	}
	if n := whole(t, repo); n != 3 {
		t.Errorf("%d items in the end", n)
	}
	left, err := filepath.Glob(filepath.Join(repo, "*", ".tmp-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// smallItem makes an item of n files of a few KiB.
func smallItem(t *testing.T, in, id string, n int) string {
	t.Helper()
	folder := filepath.Join(in, id)
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	it := notice.Item{ID: "ark:/99999/" + id, Kind: notice.KindApp, Title: id, Lang: "fr", Service: "s", Publisher: "p", Taxons: []string{},
		Licence: "CC-BY-4.0", Rights: notice.Rights{Display: notice.All, Download: notice.All}}
	for f := range n {
		name := fmt.Sprintf("%s-%d.txt", id, f)
		a := notice.Asset{Role: notice.RoleFile, Mime: "text/plain", File: name, Path: name}
		if f == 0 {
			a.Role = notice.RoleMain
		}
		it.Assets = append(it.Assets, a)
		if err := os.WriteFile(filepath.Join(folder, name), bytes.Repeat([]byte(name), 300), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := json.Marshal(it)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "item.json"), raw, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// fillBut leaves so many bytes of the disk.
func fillBut(t *testing.T, dir, filler string, room int) {
	t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	if n := int(st.Bavail)*int(st.Bsize) - room; n >= 0 {
		if err := os.WriteFile(filler, make([]byte, n), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// whole looks for the files of every notice that is there, and counts the
// notices.
func whole(t *testing.T, repo string) (n int) {
	t.Helper()
	r, err := publisher.Open(t.Context(), repo)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ids, err := r.Stock().ItemsOf(t.Context(), "p")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		name := strings.TrimPrefix(id, "ark:/99999/")
		for f := range map[string]int{"before": 3, "one": 12, "two": 12}[name] {
			content := bytes.Repeat(fmt.Appendf(nil, "%s-%d.txt", name, f), 300)
			sum := fmt.Sprintf("%x", sha256.Sum256(content))
			if got, err := os.ReadFile(filepath.Join(repo, "blobs", sum[:2], sum)); err != nil || !bytes.Equal(got, content) {
				t.Fatalf("%s is there and its file %d is not: %v", id, f, err)
			}
		}
	}
	return len(ids)
}
