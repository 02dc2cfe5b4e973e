package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"preau/media/blob"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/publisher"
	"preau/media/fetch"
)

// The tree of the import: exercises in HTML, as H5P and SCORM packages are.
const (
	importItems  = 60
	importFiles  = 200 // of each
	importRounds = 3
)

// benchImport adds 12 000 small files to a catalogue, against a copy of the
// same tree and the hashes of the copy. The copy stays in the page cache; what
// we add is hashed, checked, on the disk and named when the clock stops.
func benchImport(dir, name string) error { return benchTake(dir, name, importOurs) }

// benchTake is the same with whoever takes the files.
func benchTake(dir, name string, take func(work, tree string, folders []string) (float64, error)) error {
	tree := filepath.Join(dir, "tree")
	folders, err := smallTree(tree)
	if err != nil {
		return fmt.Errorf("make the tree: %w", err)
	}
	var ours, peers, ratios []float64
	for round := range importRounds {
		var took [2]float64
		for i := range 2 {
			who := (round + i) % 2
			run := take
			if who == 1 {
				run = importPeer
			}
			work := filepath.Join(dir, fmt.Sprintf("work-%d-%d", round, who))
			if err := os.Mkdir(work, 0o755); err != nil {
				return fmt.Errorf("make folder: %w", err)
			}
			settle()
			if took[who], err = run(work, tree, folders); err != nil {
				return err
			}
			if err := os.RemoveAll(work); err != nil {
				return fmt.Errorf("clean: %w", err)
			}
		}
		ours, peers, ratios = append(ours, took[0]), append(peers, took[1]), append(ratios, took[0]/took[1])
	}
	for _, list := range [][]float64{ours, peers, ratios} {
		slices.Sort(list)
	}
	ratio := ratios[importRounds/2]
	verdict := row{goal: 2}.verdict(0, ratio)
	fmt.Printf("bench %s ours=%.2fs peer=%.2fs ratio=%.2f goal=2.00 %s (%d files, ours synced to the disk; peer: cp -r and sha256sum, not synced)\n",
		name, ours[importRounds/2], peers[importRounds/2], ratio, verdict, importItems*importFiles)
	return nil
}

// settle leaves nothing of one for the other to write.
func settle() { _ = exec.Command("sync").Run() }

// smallTree makes items of files between 1 and 16 KiB.
func smallTree(tree string) (folders []string, err error) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := range importItems {
		folder := filepath.Join(tree, fmt.Sprintf("item-%03d", n))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return nil, err
		}
		it := notice.Item{ID: fmt.Sprintf("ark:/99999/bench-%d", n), Kind: notice.KindApp, Title: fmt.Sprintf("Exercice %d", n), Lang: "fr", Service: "banc",
			Publisher: "banc", Taxons: []string{}, Licence: "CC-BY-4.0", Rights: notice.Rights{Display: notice.All, Download: notice.All}}
		for f := range importFiles {
			b := make([]byte, 1<<10+rnd.IntN(15<<10))
			for i := range b {
				b[i] = byte('a' + rnd.IntN(26))
			}
			a := notice.Asset{Role: notice.RoleFile, Mime: "text/plain", File: fmt.Sprintf("f%03d.txt", f)}
			if a.Path = a.File; f == 0 {
				a = notice.Asset{Role: notice.RoleMain, Mime: "text/html", File: "index.html", Path: "index.html"}
			}
			if err := os.WriteFile(filepath.Join(folder, a.File), b, 0o644); err != nil {
				return nil, err
			}
			it.Assets = append(it.Assets, a)
		}
		raw, err := json.Marshal(it)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(folder, "item.json"), raw, 0o644); err != nil {
			return nil, err
		}
		folders = append(folders, folder)
	}
	return folders, nil
}

func importOurs(work, _ string, folders []string) (float64, error) {
	repo := filepath.Join(work, "repo")
	if _, err := publisher.Init(repo, publisher.InitOptions{Keys: 1, Threshold: 1, Now: time.Now()}); err != nil {
		return 0, err
	}
	begun := time.Now()
	r, err := publisher.Open(context.Background(), repo)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	if checked, err := r.Add(context.Background(), folders, publisher.AddOptions{}); err != nil {
		return 0, fmt.Errorf("%w: %v", err, checked[0].Problems)
	}
	return time.Since(begun).Seconds(), nil
}

// importBox has a box take the same files from a stick: each verified, on the
// disk and named.
func importBox(work, _ string, folders []string) (float64, error) {
	var wants []fetch.Want
	stick := filepath.Join(work, "stick")
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.*"))
		if err != nil {
			return 0, fmt.Errorf("list files: %w", err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				return 0, fmt.Errorf("read a file: %w", err)
			}
			w, err := publish(stick, b)
			if err != nil {
				return 0, err
			}
			wants = append(wants, w)
		}
	}
	store, err := blob.Open(filepath.Join(work, "box"), 0)
	if err != nil {
		return 0, fmt.Errorf("open the box: %w", err)
	}
	settle()
	begun := time.Now()
	f := &fetch.Fetcher{Store: store, Sources: []fetch.Source{fetch.NewFolder(stick)}, Log: slog.New(slog.DiscardHandler)}
	if err := f.Run(context.Background(), wants); err != nil {
		return 0, fmt.Errorf("take from the stick: %w", err)
	}
	return time.Since(begun).Seconds(), nil
}

func importPeer(work, tree string, _ []string) (float64, error) {
	begun := time.Now()
	cmd := exec.Command("sh", "-c", `cp -r "$0" "$1/copy" && cd "$1/copy" && find . -type f -print0 | xargs -0 sha256sum > ../sums`, tree, work)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("copy and hash: %w: %s", err, &said)
	}
	return time.Since(begun).Seconds(), nil
}
