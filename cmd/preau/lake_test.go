package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sampleStore copies the committed sample of layout v1, to be spoiled.
func sampleStore(t *testing.T) (store, ca string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "sync", "lake", "testdata", "v1"))); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "store"), filepath.Join(dir, "ca.crt")
}

func preauCmd(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

func TestLakeVerify_WholeThenEachFaultOnItsLine(t *testing.T) {
	store, ca := sampleStore(t)
	code, out, errs := preauCmd("lake", "verify", store, "--ca", ca)
	if code != 0 || !strings.Contains(out, "whole and authentic: 1 boxes, 12 statements") || errs != "" {
		t.Fatalf("exit %d, %q, %q", code, out, errs)
	}
	facts, err := filepath.Glob(filepath.Join(store, "v1", "*", "facts", "*", "*", "*", "*.parquet"))
	if err != nil || len(facts) != 4 {
		t.Fatal(facts, err)
	}
	if err := os.Remove(facts[0]); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(facts[1], []byte("PAR1"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, errs = preauCmd("lake", "verify", store, "--ca", ca)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 1 || len(lines) != 2 || !strings.Contains(errs, "2 faults") {
		t.Fatalf("exit %d, %q, %q", code, out, errs)
	}
	for _, path := range facts[:2] {
		key, _ := filepath.Rel(store, path)
		if !strings.Contains(out, filepath.ToSlash(key)+": ") {
			t.Errorf("no line names %s", key)
		}
	}
	code, out, _ = preauCmd("lake", "verify", store, "--ca", ca, "--json")
	var last, at struct {
		Event  string
		Result struct {
			Summary  struct{ Faults int }
			Findings []struct{ Key, Text string }
		}
		Files     int
		FilesDone int `json:"files_done"`
		Bytes     int64
		BytesDone int64 `json:"bytes_done"`
	}
	for line := range strings.Lines(out) {
		at = last
		last.Files = 0
		if err := json.Unmarshal([]byte(line), &last); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	if report := last.Result; code != 1 || last.Event != "done" || report.Summary.Faults != 2 || len(report.Findings) != 2 {
		t.Fatalf("exit %d, %s", code, out)
	}
	if at.Event != "progress" || at.Files < 4 || at.FilesDone != at.Files || at.BytesDone != at.Bytes || at.Bytes == 0 {
		t.Errorf("the last progress is %+v", at)
	}
}

func TestLakeVerify_TrustsOnlyTheAuthorityNamed(t *testing.T) {
	store, _ := sampleStore(t)
	t.Setenv("PREAU_CA", "")
	if code, _, errs := preauCmd("lake", "verify", store); code != 2 || !strings.Contains(errs, "--ca") {
		t.Fatalf("exit %d, %q: want usage", code, errs)
	}
	if code, _, errs := preauCmd("lake", "verify"); code != 2 || !strings.Contains(errs, "address") {
		t.Fatalf("exit %d, %q: want usage", code, errs)
	}
	if code, _, errs := preauCmd("lake", "verify", filepath.Join(store, "none"), "--ca", "x"); code == 0 || errs == "" {
		t.Fatalf("exit %d, %q", code, errs)
	}
	if code, _, errs := preauCmd("lake", "collect", store, "--dir", t.TempDir()); code == 0 || errs == "" {
		t.Fatalf("collected without a key: exit %d, %q", code, errs)
	}
}

func TestUplinkStatus_SaysThatThereIsNoBox(t *testing.T) {
	dir := t.TempDir()
	code, _, errs := preauCmd("uplink", "status", "--data", dir)
	if code != 1 || !strings.Contains(errs, "--data") {
		t.Fatalf("exit %d, %q", code, errs)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Fatal("asking made a database")
	}
}
