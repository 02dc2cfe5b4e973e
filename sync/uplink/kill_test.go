package uplink

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/bucket"
	"preau/sync/bucket/s3test"
	"preau/sync/journal"
	"preau/sync/lake"
	"preau/sync/segment/segmenttest"
)

// Words that must appear in no byte that leaves.
var planted = []string{"Ouarda", "Lefèvre", "0123456789A", "2014-03-05", "pupil-local-7", "classe-6A"}

// steps are every named point of a delivery; the process is killed at each.
var steps = []string{"spooled", "sealed", "introduced", "object put", "object", "head put", "head", "delivered", "receipt", "receipted"}

// TestKill delivers to a real S3 server from a process that is killed, as by
// a power cut, at every step in turn. Then the store is compared with what
// the process had acknowledged.
func TestKill(t *testing.T) {
	if os.Getenv("PREAU_KILL_DIR") != "" {
		killChild(t)
		return
	}
	srv := s3test.Start(t)
	dir := t.TempDir()
	ca := segmenttest.New(t)
	box := segmenttest.Box()
	keyFile, chain := writeSigner(t, dir, ca.Signer(box))
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), ca.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	collector := lake.NewCollector(srv.Bucket(t), ca.Roots, box.Authority, ca.Receipts(box.Authority), preau.SystemClock(), quiet())
	acknowledged := map[string]bool{}
	life := func(step string, at int) {
		t.Helper()
		cmd := exec.Command(os.Args[0], "-test.run=^TestKill$")
		cmd.Env = append(os.Environ(), "PREAU_KILL_DIR="+dir, "PREAU_KILL_STEP="+step, "PREAU_KILL_AT="+strconv.Itoa(at), "PREAU_KILL_URL="+srv.URL,
			"PREAU_KILL_ACCESS="+srv.Cred.AccessKey, "PREAU_KILL_SECRET="+srv.Cred.SecretKey, "PREAU_KILL_KEY="+keyFile, "PREAU_KILL_CHAIN="+chain)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := ""
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if id, ok := strings.CutPrefix(lines.Text(), "recorded "); ok {
				acknowledged[id] = true
			} else if strings.HasPrefix(lines.Text(), "end") {
				ended = lines.Text()
			}
		}
		err = cmd.Wait()
		status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if step != "" && status.Signal() != syscall.SIGKILL {
			t.Fatalf("at %q the process was not killed: %v %s\n%s", step, err, ended, stderr.String())
		}
		if step == "" && ended != "end <nil>" {
			t.Fatalf("the last life ended with %q: %v\n%s", ended, err, stderr.String())
		}
	}
	for i, step := range steps {
		life(step, 1+i%2)
		if _, err := collector.Collect(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	life("", 0)
	if _, err := collector.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	life("", 0)
	if _, err := collector.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(t, srv, ca, acknowledged)
}

func check(t *testing.T, srv *s3test.Server, ca *segmenttest.Authority, acknowledged map[string]bool) {
	t.Helper()
	l := lake.New(srv.Bucket(t), ca.Roots)
	sum, err := l.Verify(t.Context(), func(f lake.Finding) { t.Error(f) })
	if err != nil {
		t.Fatal(err)
	}
	boxes, err := l.Boxes(t.Context())
	if err != nil || len(boxes) != 1 {
		t.Fatalf("%d boxes, %v", len(boxes), err)
	}
	times := map[string]int{}
	for _, s := range boxes[0].Streams {
		for f, err := range l.Facts(t.Context(), boxes[0], s.Stream, time.Time{}, time.Now().Add(time.Hour)) {
			if err != nil {
				t.Fatal(err)
			}
			times[f.ID.String()]++
			if text := fmt.Sprintf("%+v", f); containsAny(text, planted) {
				t.Errorf("a name left: %s", text)
			}
		}
	}
	for id := range acknowledged {
		if times[id] != 1 {
			t.Errorf("%s was acknowledged and is upstream %d times", id, times[id])
		}
	}
	// Statements whose acknowledgement the kill swallowed may be there too.
	if extra := len(times) - len(acknowledged); extra < 0 || extra > len(steps) {
		t.Errorf("%d statements upstream, %d acknowledged", len(times), len(acknowledged))
	}
	err = filepath.WalkDir(srv.Dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if containsAny(path, planted) || containsAny(string(data), planted) {
			t.Errorf("a name left in %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d statements in %d objects under %d heads, %d receipts, %d lives", sum.Statements, sum.Objects, sum.Heads, sum.Receipts, len(steps)+2)
}

func containsAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// killChild is one life of the box: it records, delivers, and dies where it
// is told.
func killChild(t *testing.T) {
	env := func(name string) string { return os.Getenv("PREAU_KILL_" + name) }
	dir := env("DIR")
	store, err := bucket.OpenS3(env("URL"), bucket.Credentials{AccessKey: env("ACCESS"), SecretKey: env("SECRET")}, nil)
	fatal(t, err)
	signer, roots := readSigner(t, env("KEY"), env("CHAIN"), filepath.Join(dir, "ca.pem"))
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "preau.db"), preau.SystemClock())
	fatal(t, err)
	j, err := journal.Open(t.Context(), db, preau.SystemClock())
	fatal(t, err)
	left, _ := strconv.Atoi(env("AT"))
	u, err := Open(t.Context(), Config{
		DB: db, Journal: j, Clock: preau.SystemClock(), Bucket: store, Log: quiet(), Box: segmenttest.Box(), Signer: signer, Roots: roots,
		Secret: make([]byte, 32), Spool: filepath.Join(dir, "spool"),
		Fault: func(step string) error {
			if step == env("STEP") {
				if left--; left == 0 {
					fatal(t, syscall.Kill(os.Getpid(), syscall.SIGKILL))
					select {} // the signal is on its way
				}
			}
			return nil
		},
	})
	fatal(t, err)
	for i := range 12 {
		st := &preau.Statement{ID: preau.NewID(), Stream: []preau.Stream{preau.StreamAttendance, preau.StreamLearning}[i%2], Actor: planted[4],
			Verb: journal.VerbPlayed, Object: planted[0] + " " + planted[1], ObjectKind: "person",
			Result:  json.RawMessage(`{"response":"Ouarda Lefèvre","duration":"PT4S","born":"2014-03-05"}`),
			Context: json.RawMessage(`{"group":"classe-6A","ine":"0123456789A"}`), Timestamp: time.Now(),
			Raw: json.RawMessage(`{"actor": {"name": "Ouarda Lefèvre"}, "birth":"2014-03-05"}`)}
		fatal(t, j.Record(t.Context(), st))
		fmt.Println("recorded", st.ID)
		if i%4 == 3 {
			if err := u.Flush(t.Context()); err != nil {
				fmt.Println("end", err)
				os.Exit(1)
			}
		}
	}
	fmt.Println("end", nil)
	os.Exit(0)
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		fmt.Println("end", err)
		os.Exit(1)
	}
}
