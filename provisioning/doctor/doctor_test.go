package doctor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/internal/durable"
	"preau/internal/sqlite"
	"preau/provisioning/authority"
	"preau/provisioning/enrol"
)

// school is an enrolled box that is well: its catalogue answers, its store is
// a folder. Each test spoils one thing.
type school struct {
	t    *testing.T
	data string
	p    Patient
}

func well(t *testing.T) *school {
	t.Helper()
	origin := httptest.NewServer(stamped(time.Now().Add(24 * time.Hour)))
	t.Cleanup(origin.Close)
	a, err := authority.Init(filepath.Join(t.TempDir(), "authority"), authority.Info{ID: "cd23", Name: "Département"}, preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := enrol.NewBundle(a, enrol.BundleOptions{
		Config: enrol.Config{UAI: uai, School: "Collège", Academie: "limoges", Zone: "A", Link: 100,
			Catalogue: enrol.Catalogue{URL: origin.URL}, Store: enrol.Store{URL: "file://" + t.TempDir()}},
		Root: []byte(`{"signed":{"_type":"root"}}`), Credentials: &enrol.Credentials{AccessKey: "a", SecretKey: "b"},
	}, preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	if err := enrol.Apply(t.Context(), data, bundle, enrol.Local{Authority: a}); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), filepath.Join(data, "preau.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	yes := func() bool { return true }
	return &school{t, data, Patient{Data: data, Machine: Machine{Synced: yes, AES: yes,
		Free: func(string) (uint64, uint64, error) { return 20 << 30, 32 << 30, nil }}}}
}

// uai is invented; its letter is right.
const uai = "0230001B"

func stamped(expires time.Time) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"signed":{"_type":"timestamp","expires":%q}}`, expires.UTC().Format(time.RFC3339))
	})
}

func (s *school) write(name, content string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.data, name), []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// set changes the box's configuration.
func (s *school) set(change func(*enrol.Config)) {
	s.t.Helper()
	path := filepath.Join(s.data, "config.json")
	b, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	var cfg enrol.Config
	if err := json.Unmarshal(b, &cfg); err != nil {
		s.t.Fatal(err)
	}
	change(&cfg)
	if b, err = json.Marshal(cfg); err != nil {
		s.t.Fatal(err)
	}
	s.write("config.json", string(b))
}

// hold makes a box run, as far as its lock tells.
func (s *school) hold() {
	s.t.Helper()
	lock, err := durable.LockDir(s.data)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { lock.Close() })
}

func (s *school) finding(check string) Finding {
	s.t.Helper()
	found := Examine(s.t.Context(), s.p)
	for _, f := range found {
		if f.Check == check {
			return f
		}
	}
	s.t.Fatalf("no check %q in %+v", check, found)
	return Finding{}
}

func TestWell(t *testing.T) {
	s := well(t)
	s.hold()
	for _, f := range Examine(t.Context(), s.p) {
		if f.State != OK || f.Remedy != "" {
			t.Errorf("%+v", f)
		}
	}
}

// TestEachCheckFires spoils one thing at a time.
func TestEachCheckFires(t *testing.T) {
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>Bienvenue") }))
	defer portal.Close()
	expired := httptest.NewServer(stamped(time.Now().Add(-time.Hour)))
	defer expired.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, c := range []struct {
		name, check string
		state       State
		says        string
		spoil       func(s *school)
	}{
		{"no folder", "folder", Fail, "not a folder", func(s *school) { s.p.Data += "/nowhere" }},
		{"little space", "space", Warn, "512 MiB", func(s *school) { s.p.Free = space(512 << 20) }},
		{"no space", "space", Fail, "1 MiB", func(s *school) { s.p.Free = space(1 << 20) }},
		{"stopped", "running", Warn, "no box is running", func(s *school) { s.stop() }},
		{"never started", "running", Warn, "ever ran", func(*school) {}},
		{"no config", "config", Warn, "no configuration", func(s *school) { s.remove("config.json") }},
		{"torn config", "config", Fail, "not valid", func(s *school) { s.write("config.json", `{"uai":`) }},
		{"unknown field", "config", Fail, "not valid", func(s *school) { s.write("config.json", `{"school_name":"x"}`) }},
		{"wrong UAI", "config", Fail, "0230001A", func(s *school) { s.set(func(c *enrol.Config) { c.UAI = "0230001A" }) }},
		{"no identity", "identity", Warn, "none", func(s *school) { s.remove("identity/tls.crt") }},
		{"another key", "identity", Fail, "do not work together", func(s *school) { s.otherKey() }},
		{"another authority", "identity", Fail, "not of the authority", func(s *school) { s.otherAuthority() }},
		{"no authority", "identity", Fail, "ca.crt", func(s *school) { s.write("identity/ca.crt", "") }},
		{"ending", "identity", Warn, "end on", func(s *school) { s.at(380 * 24 * time.Hour) }},
		{"ended", "identity", Fail, "ended on", func(s *school) { s.at(400 * 24 * time.Hour) }},
		{"not begun", "identity", Fail, "begins on", func(s *school) { s.at(-48 * time.Hour) }},
		{"no database yet", "database", OK, "none yet", func(s *school) { s.remove("preau.db") }},
		{"not a database", "database", Fail, "", func(s *school) { s.write("preau.db", strings.Repeat("nonsense ", 900)) }},
		{"before the release", "clock", Fail, "before this release", func(s *school) { s.p.Built = time.Now().Add(72 * time.Hour) }},
		{"behind itself", "clock", Fail, "already told", func(s *school) { s.write("clock", fmt.Sprint(time.Now().Add(time.Hour).UnixMilli())) }},
		{"not kept", "clock", Warn, "no time service", func(s *school) { s.p.Synced = func() bool { return false } }},
		{"port taken", "port http", Fail, "another program", func(s *school) { s.p.HTTP = listener(s.t) }},
		{"port nonsense", "port http", Fail, "not an address", func(s *school) { s.p.HTTP = "eighty" }},
		{"box elsewhere", "port http", Fail, "does not answer", func(s *school) { s.hold(); s.p.HTTP = portOf(s.t, gone.URL) }},
		{"not the box", "port http", Fail, "not a box", func(s *school) { s.hold(); s.p.HTTP = portOf(s.t, portal.URL) }},
		{"link not told", "link", Warn, "was not told", func(s *school) { s.set(func(c *enrol.Config) { c.Link = 0 }) }},
		{"no catalogue", "catalogue", Warn, "no catalogue", func(s *school) { s.set(func(c *enrol.Config) { c.Catalogue.URL = "" }) }},
		{"no root", "catalogue", Fail, "root", func(s *school) { s.remove("identity/catalogue-root.json") }},
		{"line cut", "catalogue", Fail, "cannot be reached", func(s *school) { s.set(func(c *enrol.Config) { c.Catalogue.URL = gone.URL }) }},
		{"portal", "catalogue", Fail, "not a catalogue", func(s *school) { s.set(func(c *enrol.Config) { c.Catalogue.URL = portal.URL }) }},
		{"stale", "catalogue", Fail, "expired", func(s *school) { s.set(func(c *enrol.Config) { c.Catalogue.URL = expired.URL }) }},
		{"no store", "store", Warn, "no store", func(s *school) { s.set(func(c *enrol.Config) { c.Store.URL = "" }) }},
		{"store cut", "store", Fail, "", func(s *school) { s.set(func(c *enrol.Config) { c.Store.URL = gone.URL + "/bucket" }) }},
		{"store portal", "store", Fail, "", func(s *school) { s.set(func(c *enrol.Config) { c.Store.URL = portal.URL + "/bucket" }) }},
		{"torn credentials", "store", Fail, "store.json", func(s *school) { s.write("identity/store.json", "{") }},
		{"no AES", "processor", Warn, "AES", func(s *school) { s.p.AES = func() bool { return false } }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := well(t)
			c.spoil(s)
			f := s.finding(c.check)
			if f.State != c.state || !strings.Contains(f.Text, c.says) || (f.State != OK) != (f.Remedy != "") {
				t.Errorf("%+v; want %s with %q", f, c.state, c.says)
			}
		})
	}
}

func TestOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root makes another user's files")
	}
	s := well(t)
	if err := os.Chown(filepath.Join(s.data, "identity", "tls.key"), 12345, 12345); err != nil {
		t.Fatal(err)
	}
	if f := s.finding("owner"); f.State != Fail || !strings.Contains(f.Text, "identity/tls.key") {
		t.Errorf("%+v", f)
	}
}

// TestAsksTheBoxItself shows both of its doors pass, and that a stale
// certificate at the second does not.
func TestAsksTheBoxItself(t *testing.T) {
	s := well(t)
	s.hold()
	healthy := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	plain, secure := httptest.NewServer(healthy), httptest.NewUnstartedServer(healthy)
	defer plain.Close()
	secure.StartTLS()
	defer secure.Close()
	s.p.HTTP, s.p.HTTPS = portOf(t, plain.URL), portOf(t, secure.URL)
	if f := s.finding("port http"); f.State != OK {
		t.Errorf("%+v", f)
	}
	if f := s.finding("port https"); f.State != Fail || !strings.Contains(f.Text, "another certificate") {
		t.Errorf("%+v", f)
	}
	v := &visit{Patient: s.p}
	v.Data = t.TempDir()
	if err := os.Mkdir(filepath.Join(v.Data, "identity"), 0o700); err != nil {
		t.Fatal(err)
	}
	shown := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	if err := os.WriteFile(filepath.Join(v.Data, "identity", "tls.crt"), shown, 0o600); err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(s.p.HTTPS)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.ask(t.Context(), "https", host, port); err != nil {
		t.Error("the box's own certificate is refused: ", err)
	}
}

func TestWorst(t *testing.T) {
	if Worst(nil) != OK || Worst([]Finding{{State: Warn}, {State: OK}}) != Warn || Worst([]Finding{{State: Warn}, {State: Fail}, {State: OK}}) != Fail {
		t.Error("the worst is not found")
	}
}

func space(free uint64) func(string) (uint64, uint64, error) {
	return func(string) (uint64, uint64, error) { return free, 32 << 30, nil }
}

func (s *school) at(later time.Duration) { s.p.Now = func() time.Time { return time.Now().Add(later) } }

// stop leaves a box that ran.
func (s *school) stop() {
	lock, err := durable.LockDir(s.data)
	if err != nil {
		s.t.Fatal(err)
	}
	lock.Close()
}

func (s *school) remove(name string) {
	s.t.Helper()
	if err := os.Remove(filepath.Join(s.data, name)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *school) otherKey() {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("identity/tls.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
}

func (s *school) otherAuthority() {
	s.t.Helper()
	other, err := authority.Init(filepath.Join(s.t.TempDir(), "other"), authority.Info{ID: "cd87", Name: "Autre"}, preau.SystemClock())
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("identity/ca.crt", string(other.Certificate()))
}

func listener(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln.Addr().String()
}

func portOf(t *testing.T, url string) string {
	t.Helper()
	_, addr, ok := strings.Cut(url, "://")
	if !ok {
		t.Fatal("no URL: " + url)
	}
	return addr
}
