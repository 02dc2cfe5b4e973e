package boxtest

import (
	"bytes"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/directory"
)

// TestDisk_WithoutAByteLeft fills the box's file system to the last byte in
// the middle of a lesson: a roll that cannot be kept is not said to be, with
// the reason; the box goes on, and the same roll is taken once there is room,
// even after a start that the full disk refused.
func TestDisk_WithoutAByteLeft(t *testing.T) {
	if dir := os.Getenv("PREAU_TEST_SMALL_DISK"); dir != "" {
		lastByte(t, dir)
		return
	}
	if os.Getuid() != 0 {
		Must(t, "mounting a small disk needs root")
	}
	bin, err := Binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unshare", "-m", "sh", "-c", `mount -t tmpfs -o size=24m preau "$0" && exec "$1" -test.v -test.run '^TestDisk_WithoutAByteLeft$'`, t.TempDir(), os.Args[0])
	cmd.Env = append(os.Environ(), "PREAU_TEST_SMALL_DISK="+cmd.Args[5], "PREAU_BIN="+bin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("on a small disk: %v\n%s", err, out)
	}
	t.Logf("%s", out)
}

func lastByte(t *testing.T, dir string) {
	b := NewBorne(t)
	if err := os.CopyFS(filepath.Join(dir, "box"), os.DirFS(b.Data)); err != nil {
		t.Fatal(err)
	}
	b.Data = filepath.Join(dir, "box")
	b.Start()
	b.waitLog(t, `the disk has no room for more content`)
	if said := b.status(t); !strings.Contains(said, "no room for more content") || !strings.Contains(said, "→") {
		t.Errorf("status does not say what is wrong:\n%s", said)
	}
	v := NewVisitor(t, b)
	if err := v.SignIn(t.Context(), account(t, b, directory.Teacher, 0)); err != nil {
		t.Fatal(err)
	}
	pupil := account(t, b, directory.Pupil, 0)
	at, err := v.Form(t.Context(), "/prof/seances", url.Values{"class": {pupil.Group}})
	if err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(dir, "filler")
	fill(t, filler)
	id := preau.NewID()
	roll := map[string]any{"id": id, "lesson": path.Base(at), "at": time.Now(), "marks": map[string]any{pupil.Person: map[string]string{"mark": "absent"}}}
	// Pages of the file may still have room: post until one has none.
	kept := []preau.ID{}
	for range 2000 {
		if err = v.JSON(t.Context(), "/api/v1/registers", roll); err != nil {
			break
		}
		kept = append(kept, id)
		roll["corrects"], id = id, preau.NewID()
		roll["id"] = id
	}
	if err == nil || !strings.Contains(err.Error(), "507") {
		t.Fatalf("after %d rolls on a disk without a byte left: %v, want 507 Insufficient Storage\n%s", len(kept), err, b.Log())
	}
	t.Logf("after %d rolls: %v", len(kept), err)
	resp, _, err := v.Do(t.Context(), http.MethodGet, "/prof/", "", nil)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("the box is not alive: %v %v\n%s", resp, err, b.Log())
	}
	b.Kill()
	code, said := serve(t, "--data", b.Data, "--http", "127.0.0.1:0")
	refused(t, code, 1, said, "the disk is full", "Free some space")
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	b.Start()
	if err := v.JSON(t.Context(), "/api/v1/registers", roll); err != nil {
		t.Fatalf("the roll is not taken although there is room again: %v\n%s", err, b.Log())
	}
	journal := readJournal(t, b.Data)[preau.StreamAttendance]
	for _, id := range append(kept, id) {
		if !journal[id] {
			t.Errorf("roll %s was acknowledged and is gone", id)
		}
	}
	b.Kill()
	b.Start()
}

// fill writes until there is no room for another byte.
func fill(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 4 << 10, 1} {
		for block := bytes.Repeat([]byte("x"), size); err == nil; {
			_, err = f.Write(block)
		}
		err = nil
	}
}
