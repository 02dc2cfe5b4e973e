package boxtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// village is a network with two boxes of one authority: each in a network
// namespace of its own, with a cable between them and no way out.
type village struct {
	t    *testing.T
	bin  string
	dir  string
	room [2]string // names of the namespaces
}

func newVillage(t *testing.T) *village {
	t.Helper()
	if os.Geteuid() != 0 {
		Must(t, "making network namespaces needs root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		Must(t, "ip is missing: apt-get install iproute2")
	}
	bin, err := Binary()
	if err != nil {
		t.Fatal(err)
	}
	v := &village{t: t, bin: bin, dir: t.TempDir()}
	id := os.Getpid() % 100_000
	for i := range v.room {
		v.room[i] = fmt.Sprintf("preau-v%d-%d", i, id)
		if out, err := exec.Command("ip", "netns", "add", v.room[i]).CombinedOutput(); err != nil {
			Must(t, "no network namespace can be made here: "+string(out))
		}
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", v.room[i]).Run() }) // with all that is in it
	}
	v.run("ip", "link", "add", "pv0", "netns", v.room[0], "type", "veth", "peer", "name", "pv1", "netns", v.room[1])
	for i, ns := range v.room {
		dev := fmt.Sprintf("pv%d", i)
		v.run("ip", "-n", ns, "addr", "add", fmt.Sprintf("10.78.0.%d/24", i+1), "dev", dev)
		v.run("ip", "-n", ns, "link", "set", dev, "up")
		v.run("ip", "-n", ns, "link", "set", "lo", "up")
	}
	return v
}

func (v *village) path(name string) string { return filepath.Join(v.dir, name) }

func (v *village) run(name string, args ...string) string {
	v.t.Helper()
	out, err := exec.CommandContext(v.t.Context(), name, args...).CombinedOutput()
	if err != nil {
		v.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// enrol gives a box of the authority its identity.
func (v *village) enrol(box, authority, origin string) {
	v.t.Helper()
	v.run(v.bin, "provision", "box", "new", "--authority", v.path(authority), "--uai", "0230001B", "--school", "Collège", "--academie", "limoges",
		"--box", box, "--catalogue", origin, "--root", v.path("repo/metadata/1.root.json"), "-o", v.path(box+".json"))
	v.run(v.bin, "provision", "box", "apply", v.path(box+".json"), "--data", v.path(box), "--authority", v.path(authority))
}

// serving is a box that runs.
type serving struct {
	cmd *exec.Cmd
	log *locked
}

type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serve runs a box: in a namespace, found by mDNS; or, with "", on loopback.
func (v *village) serve(box, ns string) *serving {
	v.t.Helper()
	args := []string{v.bin, "serve", "--data", v.path(box), "--http", "127.0.0.1:0"}
	if ns != "" {
		args = append([]string{"ip", "netns", "exec", ns}, append(args[:4:4], "--http", "0.0.0.0:8080")...)
	}
	s := &serving{exec.Command(args[0], args[1:]...), &locked{}}
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := s.cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { s.stop(v.t) })
	v.wait("the box to be ready", s, func() bool { return strings.Contains(s.log.String(), "ready http=") })
	return s
}

func (s *serving) stop(t *testing.T) {
	if s.cmd.ProcessState != nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("a box ended with %v\n%s", err, s.log)
	}
}

// missing reads what a box still has to receive; -1: it knows no catalogue.
func (v *village) missing(box string) int {
	var s struct {
		Catalogue struct {
			Generation struct{ Items int }
			Missing    int
		}
	}
	if err := json.Unmarshal([]byte(v.run(v.bin, "status", "--data", v.path(box), "--json")), &s); err != nil {
		v.t.Fatal(err)
	}
	if s.Catalogue.Generation.Items == 0 {
		return -1
	}
	return s.Catalogue.Missing
}

func (v *village) wait(what string, s *serving, ok func() bool) {
	v.t.Helper()
	deadline := time.Now().Add(90 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			v.t.Fatalf("waited in vain for %s:\n%s", what, s.log)
		}
		time.Sleep(200 * time.Millisecond) // the boxes have their own pace
	}
}

// TestSisterBox_SuppliesWithTheOriginCut: a box in a namespace of its own,
// which never saw the origin, gets the whole catalogue from the box next
// door, found by mDNS. Once its neighbour's certificate is revoked, another
// box gets nothing from it; nor does a box of another authority, which
// announces itself like the others.
func TestSisterBox_SuppliesWithTheOriginCut(t *testing.T) {
	v := newVillage(t)
	Publish(t, v.path("repo"), v.path("public"))
	origin := httptest.NewServer(http.FileServer(http.Dir(v.path("public"))))
	defer origin.Close()
	for _, id := range []string{"cd23", "cd87"} {
		v.run(v.bin, "provision", "authority", "init", v.path(id), "--id", id, "--name", id)
	}
	v.enrol("box-1", "cd23", origin.URL)
	filled := v.serve("box-1", "")
	v.wait("the first fill", filled, func() bool { return v.missing("box-1") == 0 })
	filled.stop(t)
	origin.Close() // cut, and in the namespaces it never was

	giver := v.serve("box-1", v.room[0])
	v.enrol("box-2", "cd23", origin.URL)
	poor := v.serve("box-2", v.room[1])
	v.wait("the sister's supply", poor, func() bool { return v.missing("box-2") == 0 })
	if said := poor.log.String(); !strings.Contains(said, "sister box found") || !strings.Contains(said, "catalogue refreshed from a sister box") {
		t.Errorf("it does not say from whom:\n%s", said)
	}
	poor.stop(t)

	v.enrol("box-3", "cd87", origin.URL)
	rogue := v.serve("box-3", v.room[1])
	v.wait("the stranger's refusal", rogue, func() bool { return strings.Contains(rogue.log.String(), "box on the network is not used") })
	rogue.stop(t)
	if n := v.missing("box-3"); n != -1 {
		t.Errorf("a box of another authority got the catalogue")
	}

	v.run(v.bin, "provision", "authority", "revoke", "--authority", v.path("cd23"), "--uai", "0230001B", "--box", "box-1")
	v.enrol("box-4", "cd23", origin.URL) // its bundle brings the list
	last := v.serve("box-4", v.room[1])
	v.wait("the refusal of the revoked box", last, func() bool { return strings.Contains(last.log.String(), "was revoked") })
	if n := v.missing("box-4"); n != -1 {
		t.Errorf("a revoked box supplied: %d files are missing", n)
	}
	if said := giver.log.String(); strings.Contains(said, "panic") {
		t.Error(said)
	}
}
