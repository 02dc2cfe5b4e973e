package journal_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// TestKill_WhilePacking kills, again and again, a process that appends and
// packs without rest. Whatever it acknowledged must then be there once, to the
// byte.
func TestKill_WhilePacking(t *testing.T) {
	if dir := os.Getenv("PREAU_JOURNAL_DIR"); dir != "" {
		packForever(t, dir)
		return
	}
	dir := t.TempDir()
	acknowledged, lives := map[string]bool{}, 5
	for life := range lives {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKill_WhilePacking$")
		cmd.Env = append(os.Environ(), "PREAU_JOURNAL_DIR="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// A life ends while it packs what it has acknowledged, each time at
		// another moment.
		stored := 0
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if id, ok := strings.CutPrefix(lines.Text(), "stored "); ok {
				acknowledged[id] = true
				if stored++; stored == 700+330*(life%4) {
					_ = cmd.Process.Signal(syscall.SIGKILL) // its lines up to now are still read
				}
			} else {
				t.Error(lines.Text())
			}
		}
		_ = cmd.Wait() // it was killed
		if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
			t.Fatalf("life %d ended by itself: %v", life, cmd.ProcessState)
		}
	}
	db, j := open(t, filepath.Join(dir, "preau.db"), preau.SystemClock())
	defer db.Close()
	found := map[string]bool{}
	err := db.Read(t.Context(), func(tx *sqlite.Tx) error {
		return journal.Each(tx, func(st *preau.Statement) error {
			if found[st.ID.String()] {
				t.Errorf("%s is there twice", st.ID)
			}
			found[st.ID.String()] = true
			if string(st.Raw) != string(rawOf(st.ID)) {
				t.Errorf("%s came back as %s", st.ID, st.Raw)
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	for id := range acknowledged {
		if !found[id] {
			t.Errorf("%s was acknowledged and is gone", id)
		}
	}
	heads, err := j.Heads(t.Context())
	if err != nil || len(heads) != lives {
		t.Fatalf("%d heads, %v; want one of each life", len(heads), err)
	}
	if complaints, err := db.QuickCheck(t.Context()); err != nil || len(complaints) > 0 {
		t.Errorf("the file is damaged: %v, %v", complaints, err)
	}
	blocks := count(t, db, `SELECT count(*) FROM journal_block`)
	t.Logf("%d acknowledged, %d found, %d blocks, %d ids of blocks", len(acknowledged), len(found), blocks, count(t, db, `SELECT count(*) FROM journal_id`))
	if blocks < 20 || len(acknowledged) < 2000 {
		t.Error("too little happened to prove anything")
	}
}

func rawOf(id preau.ID) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"id":%q, "again":%q}`, id, id))
}

// packForever is the life that is killed.
func packForever(t *testing.T, dir string) {
	_, j := open(t, filepath.Join(dir, "preau.db"), preau.SystemClock())
	go func() { // ends with the process, which is killed
		for {
			if _, err := j.Pack(t.Context()); err != nil {
				fmt.Println("pack:", err)
				return
			}
		}
	}()
	for start := time.Now(); time.Since(start) < time.Minute; {
		sts := make([]*preau.Statement, 200)
		for i := range sts {
			sts[i] = fact("killed")
			sts[i].Raw = rawOf(sts[i].ID)
		}
		if err := j.Record(t.Context(), sts...); err != nil {
			fmt.Println("record:", err)
			return
		}
		for _, st := range sts {
			fmt.Println("stored", st.ID)
		}
	}
}
