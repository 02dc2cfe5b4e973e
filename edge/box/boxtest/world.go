package boxtest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"preau/edge/box"
	"preau/edge/directory"
)

// World is a whole demo: origin, store, box and console, as separate
// processes of the real binary, with the class left to the test.
type World struct {
	t        testing.TB
	Dir      string
	Box      string // URLs
	BoxTLS   string
	Console  string
	Store    string
	Origin   string
	Sample   string // folder of the catalogue that is published
	Accounts []box.Account
	cmd      *exec.Cmd
	ended    chan struct{}
	log      *os.File
}

// Repository is the root of the clone.
func Repository() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..")
}

// Binary builds preau once a process, as it ships: without the race detector
// and without cgo. PREAU_BIN names one built before.
var Binary = sync.OnceValues(func() (string, error) {
	if bin := os.Getenv("PREAU_BIN"); bin != "" {
		return bin, nil
	}
	dir, err := os.MkdirTemp("", "preau-bin-")
	if err != nil {
		return "", fmt.Errorf("make a folder for the binary: %w", err)
	}
	bin := filepath.Join(dir, "preau")
	cmd := exec.Command("go", "build", "-tags", "nethttpomithttp2", "-trimpath", "-o", bin, "./cmd/preau")
	cmd.Dir = Repository()
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build preau: %w\n%s", err, out)
	}
	return bin, nil
})

// S3Server finds the store that make tools built.
func S3Server(t testing.TB) string {
	t.Helper()
	path := os.Getenv("PREAU_S3_SERVER")
	if path == "" {
		path = filepath.Join(Repository(), "bin", "versitygw")
	}
	if _, err := os.Stat(path); err != nil {
		Must(t, "no S3-compatible store: run make tools")
	}
	return path
}

// NewWorld starts a demo in a folder of its own and waits until all is up.
func NewWorld(t testing.TB) *World {
	t.Helper()
	return newWorldOf(t, filepath.Join(Repository(), "media", "sample"))
}

// newWorldOf is a world whose catalogue is another.
func newWorldOf(t testing.TB, sample string) *World {
	t.Helper()
	w := &World{t: t, Dir: t.TempDir(), Sample: sample}
	w.Start()
	t.Cleanup(w.Stop)
	return w
}

// Start runs the demo on w.Dir; a second one resumes it.
func (w *World) Start() {
	w.t.Helper()
	bin, err := Binary()
	if err != nil {
		w.t.Fatal(err)
	}
	if w.log, err = os.OpenFile(filepath.Join(w.Dir, "demo.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.Command(bin, "demo", "--dir", w.Dir, "--quiet-class", "--http", "127.0.0.1:0",
		"--sample", w.Sample, "--s3-server", S3Server(w.t))
	cmd.Stderr = w.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	out, err := cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.cmd, w.ended = cmd, make(chan struct{})
	line := make(chan string, 1)
	go func() { // ends with the demo
		s := bufio.NewScanner(out)
		for s.Scan() {
			if strings.HasPrefix(s.Text(), "ready ") {
				line <- s.Text()
			}
		}
		_ = cmd.Wait() // how it ended is for Stop's callers
		close(w.ended)
	}()
	select {
	case l := <-line:
		for _, f := range strings.Fields(l)[1:] {
			key, value, _ := strings.Cut(f, "=")
			switch key {
			case "box":
				w.Box = value
			case "console":
				w.Console = value
			case "store":
				w.Store = value
			case "origin":
				w.Origin = value
			}
		}
	case <-w.ended:
		w.t.Fatalf("the demo ended at once:\n%s", w.Log())
	case <-time.After(2 * time.Minute):
		w.t.Fatalf("the demo is not ready:\n%s", w.Log())
	}
	b, err := os.ReadFile(filepath.Join(w.Dir, "accounts.json"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.Accounts = nil
	if err := json.Unmarshal(b, &w.Accounts); err != nil {
		w.t.Fatal(err)
	}
}

// Stop asks the demo to end and waits for it.
func (w *World) Stop() {
	if w.cmd == nil {
		return
	}
	_ = w.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-w.ended:
	case <-time.After(30 * time.Second):
		_ = w.cmd.Process.Kill()
		<-w.ended
		w.t.Errorf("the demo did not stop within 30 s:\n%s", w.Log())
	}
	w.cmd = nil
	w.log.Close()
}

// Log is what the demo and its processes said, the end of each.
func (w *World) Log() string {
	var all strings.Builder
	files, _ := filepath.Glob(filepath.Join(w.Dir, "logs", "*.log"))
	for _, path := range append(files, filepath.Join(w.Dir, "demo.log")) {
		if b, err := os.ReadFile(path); err == nil {
			fmt.Fprintf(&all, "== %s\n%s\n", filepath.Base(path), b[max(0, len(b)-3000):])
		}
	}
	return all.String()
}

// Account finds somebody: the n-th of a role, in a class when one is named.
func (w *World) Account(role directory.Role, class string, n int) box.Account {
	w.t.Helper()
	for _, a := range w.Accounts {
		if a.Role == string(role) && (class == "" || a.Class == class) {
			if n--; n < 0 {
				return a
			}
		}
	}
	w.t.Fatalf("no such account: %s of %q", role, class)
	return box.Account{}
}

// SignIn takes a page through the door of a pupil or of staff, as a person
// would.
func (w *World) SignIn(p *Page, a box.Account) {
	w.t.Helper()
	SignIn(p, w.Box, a)
}

// SignIn goes through the door of the box at base as a person does.
func SignIn(p *Page, base string, a box.Account) {
	p.t.Helper()
	if a.Group == "" {
		p.Open(base + "/connexion/adulte")
		p.Type("#login", a.Login)
		p.Type("#phrase", a.Secret)
		p.Click("form .primary")
		p.WaitFor(`!location.pathname.startsWith("/connexion")`, 10*time.Second)
		return
	}
	p.Open(base + "/connexion/classe/" + a.Group + "/" + a.Person)
	for i, digit := range a.Secret {
		p.WaitFor(fmt.Sprintf(`document.querySelectorAll(".slot.filled").length === %d`, i), 5*time.Second)
		p.Click(fmt.Sprintf(`button[name="symbol"][value="%c"]`, digit))
	}
	p.WaitFor(`location.pathname === "/eleve/"`, 15*time.Second)
}

// Get reads a URL's JSON.
func Get(ctx context.Context, url string, v any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 300)) // only to explain
		return fmt.Errorf("%s answers %s: %s", url, resp.Status, text)
	}
	return json.NewDecoder(resp.Body).Decode(v)
}
