package boxtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/directory"
)

// serve runs preau serve until it ends, and gives its exit code and what it
// said on standard error.
func serve(t *testing.T, args ...string) (int, string) {
	t.Helper()
	bin, err := Binary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, append([]string{"serve"}, args...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	err = cmd.Run()
	if ctx.Err() != nil {
		t.Fatalf("serve %v went on instead of refusing:\n%s", args, said.String())
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), said.String()
	}
	return 0, said.String()
}

// refused fails unless the command ended with code and one line that says
// what failed and one what to do.
func refused(t *testing.T, code, want int, said string, words ...string) {
	t.Helper()
	if code != want {
		t.Errorf("exit code %d, want %d", code, want)
	}
	var errorLines []string
	for _, line := range strings.Split(said, "\n") {
		if strings.HasPrefix(line, "preau: ") || strings.HasPrefix(line, "  → ") {
			errorLines = append(errorLines, line)
		}
	}
	if len(errorLines) != 2 {
		t.Errorf("want one line that says what failed and one that says what to do:\n%s", said)
	}
	for _, word := range words {
		if !strings.Contains(strings.Join(errorLines, "\n"), word) {
			t.Errorf("%q is not said:\n%s", word, said)
		}
	}
}

func TestServe_RefusesWithTheWayOut(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	code, said := serve(t, "--data", filepath.Join(t.TempDir(), "a"), "--http", ln.Addr().String())
	refused(t, code, 1, said, ln.Addr().String(), "--http")

	broken := filepath.Join(t.TempDir(), "config.json")
	for content, word := range map[string]string{`{"uai": `: "not valid", `{"uai":"9999991A"}`: "9999991F", `{"uai":"9999991F","colour":1}`: "colour"} {
		if err := os.WriteFile(broken, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		code, said = serve(t, "--data", filepath.Join(t.TempDir(), "b"), "--config", broken, "--http", "127.0.0.1:0")
		refused(t, code, 2, said, word)
	}
	code, said = serve(t, "--data", filepath.Join(t.TempDir(), "c"), "--config", "/nonexistent/config.json", "--http", "127.0.0.1:0")
	refused(t, code, 2, said, "/nonexistent/config.json")

	b := NewBorne(t)
	b.Start()
	code, said = serve(t, "--data", b.Data, "--http", "127.0.0.1:0")
	refused(t, code, 1, said, "pid ", "--data")
	resp, err := http.Get(b.URL() + "/readyz")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("the box under way suffered: %v", err)
	}
	resp.Body.Close()
}

// waitLog waits until the box's log matches.
func (b *Borne) waitLog(t *testing.T, pattern string) {
	t.Helper()
	re := regexp.MustCompile(pattern)
	deadline := time.Now().Add(60 * time.Second)
	for !re.MatchString(b.Log()) {
		if time.Now().After(deadline) {
			t.Fatalf("the log never says %s:\n%s", pattern, b.Log())
		}
		time.Sleep(100 * time.Millisecond) // the box has its own pace
	}
}

// TestCatalogue_BadOnesAreRefusedAndTheBoxGoesOn serves what the box has while
// the origin offers other metadata: signed by nobody, by another, expired.
func TestCatalogue_BadOnesAreRefusedAndTheBoxGoesOn(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, dir string){
		"altered": func(t *testing.T, dir string) {
			path := filepath.Join(dir, "metadata", "timestamp.json")
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, bytes.Replace(raw, []byte(`"version":`), []byte(`"version":9`), 1), 0o644); err != nil {
				t.Fatal(err)
			}
		},
		"of another publisher": func(t *testing.T, dir string) {
			other := filepath.Join(t.TempDir(), "public")
			Publish(t, filepath.Join(t.TempDir(), "publisher"), other)
			if err := os.RemoveAll(filepath.Join(dir, "metadata")); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(filepath.Join(dir, "metadata"), os.DirFS(filepath.Join(other, "metadata"))); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := NewBorne(t)
			b.Start()
			caughtUp(t, b)
			spoil(t, b.Origin.Dir)
			b.Kill()
			b.Start() // asks the origin at once
			b.waitLog(t, `msg="catalogue refused".*remedy=`)
			v := NewVisitor(t, b)
			resp, text, err := v.Do(t.Context(), http.MethodGet, "/api/v1/items?kind=video", "", nil)
			if err != nil || resp.StatusCode != http.StatusOK || bytes.Count(text, []byte("lf-adjectif-")) < 4 {
				t.Fatalf("the box no longer serves what it has: %v %.200s", err, text)
			}
		})
	}
}

// TestBlob_AlteredAtTheOriginIsNeverVisible spoils every film at the origin:
// one byte changed in one, the end missing in another.
func TestBlob_AlteredAtTheOriginIsNeverVisible(t *testing.T) {
	b := NewBorne(t)
	spoiled := 0
	err := filepath.WalkDir(filepath.Join(b.Origin.Dir, "blobs"), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil || len(raw) < 200_000 {
			return err
		}
		if spoiled%2 == 0 {
			raw[len(raw)/2] ^= 1
		} else {
			raw = raw[:len(raw)-1000]
		}
		spoiled++
		return os.WriteFile(path, raw, 0o644)
	})
	if err != nil || spoiled < 2 {
		t.Fatalf("%d blobs spoiled, %v", spoiled, err)
	}
	b.Start()
	b.waitLog(t, `level=(WARN|ERROR).*(sends wrong bytes|is not it|not refreshed)`)
	visibleBlobsAreWhole(t, b)
	v := NewVisitor(t, b)
	if err := v.SignIn(t.Context(), account(t, b, directory.Pupil, 0)); err != nil {
		t.Fatalf("the box does not go on: %v", err)
	}
}

// TestDisk_FullKeepsTheRoll gives the box a file system too small for content:
// it says so, and the roll is still taken.
func TestDisk_FullKeepsTheRoll(t *testing.T) {
	if dir := os.Getenv("PREAU_TEST_SMALL_DISK"); dir != "" {
		fullDisk(t, dir)
		return
	}
	if os.Getuid() != 0 {
		Must(t, "mounting a small disk needs root")
	}
	dir := t.TempDir()
	bin, err := Binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unshare", "-m", "sh", "-c", `mount -t tmpfs -o size=24m preau "$0" && exec "$1" -test.v -test.run '^TestDisk_FullKeepsTheRoll$'`, dir, os.Args[0])
	cmd.Env = append(os.Environ(), "PREAU_TEST_SMALL_DISK="+dir, "PREAU_BIN="+bin)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("on a small disk: %v\n%s", err, out)
	}
}

func fullDisk(t *testing.T, dir string) {
	b := NewBorne(t)
	if err := os.CopyFS(filepath.Join(dir, "box"), os.DirFS(b.Data)); err != nil {
		t.Fatal(err)
	}
	b.Data = filepath.Join(dir, "box")
	b.Start()
	b.waitLog(t, `the disk has no room for more content`)
	visibleBlobsAreWhole(t, b)
	v := NewVisitor(t, b)
	teacher, pupil := account(t, b, directory.Teacher, 0), account(t, b, directory.Pupil, 0)
	if err := v.SignIn(t.Context(), teacher); err != nil {
		t.Fatalf("sign in on a full disk: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	k := &acknowledged{registrations: map[string]int{}, registers: map[preau.ID]bool{}}
	k.teach(ctx, t, b, teacher)
	if len(k.registers) == 0 {
		t.Fatalf("no roll was taken on a full disk\n%s", b.Log())
	}
	fmt.Println("rolls taken on a full disk:", len(k.registers), "of", pupil.Class)
}
