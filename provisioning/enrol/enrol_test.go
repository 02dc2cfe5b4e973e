package enrol

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/internal/httpkit"
	"preau/provisioning/authority"
)

type fixed struct{ at time.Time }

func (c *fixed) Now() time.Time          { return c.at }
func (c *fixed) State() preau.ClockState { return preau.ClockSynced }

func newAuthority(t testing.TB, id string) (*authority.Authority, *fixed) {
	t.Helper()
	clock := &fixed{time.Now()}
	a, err := authority.Init(filepath.Join(t.TempDir(), id), authority.Info{ID: id, Name: "Département"}, clock)
	if err != nil {
		t.Fatal(err)
	}
	return a, clock
}

// options enrol an invented school; its letter is right.
func options() BundleOptions {
	return BundleOptions{
		Config: Config{UAI: "0230001B", School: "Collège du Préau", Academie: "limoges", Zone: "A",
			Catalogue: Catalogue{URL: "https://catalogue.example"}, Store: Store{URL: "https://store.example/records"}},
		Root: []byte(`{"signed":{"_type":"root"}}`), Credentials: &Credentials{AccessKey: "key", SecretKey: "secret"},
	}
}

func newBundle(t testing.TB, a *authority.Authority, clock preau.Clock) *Bundle {
	t.Helper()
	b, err := NewBundle(a, options(), clock)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// carry sends a bundle through its bytes, as a stick does.
func carry(t testing.TB, b *Bundle) *Bundle {
	t.Helper()
	raw, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	out, err := ParseBundle(raw)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestApply(t *testing.T) {
	a, clock := newAuthority(t, "cd23")
	data := t.TempDir()
	if err := Apply(t.Context(), data, carry(t, newBundle(t, a, clock)), Local{a}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"config.json", "identity/tls.crt", "identity/tls.key", "identity/sign.crt", "identity/sign.key", "identity/ca.crt", "identity/catalogue-root.json", "identity/store.json"} {
		info, err := os.Stat(filepath.Join(data, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	if _, err := os.Stat(filepath.Join(data, "identity.new")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("identity.new is left")
	}
	config, err := os.ReadFile(filepath.Join(data, "config.json"))
	if err != nil || bytes.Contains(config, []byte("secret")) || !bytes.Contains(config, []byte(`"authority": "cd23"`)) {
		t.Errorf("%s %v", config, err)
	}
	before := snapshot(t, data)
	if err := Apply(t.Context(), data, newBundle(t, a, clock), Local{a}); preau.KindOf(err) != preau.Conflict || preau.RemedyOf(err) == "" {
		t.Errorf("enrolled twice: %v", err)
	}
	if snapshot(t, data) != before {
		t.Error("a refused enrolment changed the box")
	}
}

// TestKeysStayOnTheBox: nothing that travels holds a private key, and what
// comes back names this box and no other.
func TestKeysStayOnTheBox(t *testing.T) {
	a, clock := newAuthority(t, "cd23")
	b, data := newBundle(t, a, clock), t.TempDir()
	var sent []byte
	err := Apply(t.Context(), data, b, answer(func(ctx context.Context, r Request) (*Grant, error) {
		g, err := Local{a}.Grant(ctx, r)
		for _, v := range []any{b, r, g} {
			raw, err := json.Marshal(v)
			if err != nil {
				t.Error(err)
			}
			sent = append(sent, raw...)
		}
		return g, err
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tls.key", "sign.key"} {
		key, err := os.ReadFile(filepath.Join(data, "identity", name))
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(key)
		if inside, err := json.Marshal(block.Bytes); err != nil || bytes.Contains(sent, []byte("PRIVATE KEY")) || bytes.Contains(sent, bytes.Trim(inside, `"=`)) {
			t.Errorf("%s travelled (%v)", name, err)
		}
	}
	certs := map[string]*x509.Certificate{}
	for _, name := range []string{"tls", "sign"} {
		pair, err := tls.LoadX509KeyPair(filepath.Join(data, "identity", name+".crt"), filepath.Join(data, "identity", name+".key"))
		if err != nil {
			t.Fatal(err)
		}
		certs[name] = pair.Leaf
	}
	for _, name := range []string{"preau.local", "0230001b.preau.local"} {
		if _, err := certs["tls"].Verify(x509.VerifyOptions{Roots: a.Pool(), DNSName: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if uris := certs["sign"].URIs; len(uris) != 1 || uris[0].String() != "preau://box/0230001B/box-1" {
		t.Errorf("the signing certificate names %v", uris)
	}
}

// answer is a Grantor that is not to be trusted.
type answer func(context.Context, Request) (*Grant, error)

func (f answer) Grant(ctx context.Context, r Request) (*Grant, error) { return f(ctx, r) }

func TestRefused(t *testing.T) {
	a, clock := newAuthority(t, "cd23")
	other, _ := newAuthority(t, "cd87")
	for name, c := range map[string]struct {
		kind preau.Kind
		make func(b *Bundle) Grantor
	}{
		"another authority's grant": {preau.Untrusted, func(b *Bundle) Grantor { return Local{other}.withToken(t, b) }},
		"a tampered authority":      {preau.Untrusted, func(b *Bundle) Grantor { b.CA = string(other.Certificate()); return Local{a} }},
		"no authority":              {preau.Invalid, func(b *Bundle) Grantor { b.CA = "x"; return Local{a} }},
		"a tampered token":          {preau.Forbidden, func(b *Bundle) Grantor { b.Token = "A" + b.Token[1:] + "A"; return Local{a} }},
		"an expired token":          {preau.Expired, func(*Bundle) Grantor { clock.at = clock.at.Add(8 * 24 * time.Hour); return Local{a} }},
		"a grant for another key": {preau.Untrusted, func(b *Bundle) Grantor {
			return answer(func(ctx context.Context, r Request) (*Grant, error) {
				thief, err := request(t.TempDir(), b)
				if err != nil {
					t.Fatal(err)
				}
				return Local{a}.Grant(ctx, thief)
			})
		}},
		"an empty grant": {preau.Corrupt, func(*Bundle) Grantor {
			return answer(func(context.Context, Request) (*Grant, error) { return &Grant{Version: 1}, nil })
		}},
		"a request altered on its way": {preau.Invalid, func(*Bundle) Grantor {
			return answer(func(ctx context.Context, r Request) (*Grant, error) {
				r.TLS = bytes.Clone(r.TLS)
				r.TLS[len(r.TLS)-1] ^= 1
				return Local{a}.Grant(ctx, r)
			})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBundle(t, a, clock)
			data := t.TempDir()
			err := Apply(t.Context(), data, b, c.make(b))
			if err == nil || preau.KindOf(err) != c.kind || preau.RemedyOf(err) == "" {
				t.Errorf("%v (%v, %q)", err, preau.KindOf(err), preau.RemedyOf(err))
			}
			for _, name := range []string{"identity", "config.json"} {
				if _, err := os.Stat(filepath.Join(data, name)); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s is there after a refusal", name)
				}
			}
		})
	}
}

// withToken answers with a grant of l for the box's own keys.
func (l Local) withToken(t *testing.T, b *Bundle) Grantor {
	token, err := l.NewToken(authority.BoxName{UAI: b.Config.UAI, Box: b.Config.Box}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return answer(func(ctx context.Context, r Request) (*Grant, error) {
		r.Token = token
		return l.Grant(ctx, r)
	})
}

// TestManyBoxesOneBundle: a bundle that was copied enrols one box only.
func TestManyBoxesOneBundle(t *testing.T) {
	a, clock := newAuthority(t, "cd23")
	b := newBundle(t, a, clock)
	var wg sync.WaitGroup
	var errs [8]error
	for i := range errs {
		data := t.TempDir()
		wg.Go(func() { errs[i] = Apply(t.Context(), data, b, Local{a}) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case preau.KindOf(err) != preau.Forbidden:
			t.Error("refused otherwise: ", err)
		}
	}
	if won != 1 {
		t.Errorf("%d boxes were enrolled by one bundle", won)
	}
}

// TestCutShort stops the enrolment after each of its steps, then runs it again
// with the same bundle.
func TestCutShort(t *testing.T) {
	a, clock := newAuthority(t, "cd23")
	lost := errors.New("the power went")
	whole := func(t *testing.T, data string, b *Bundle) {
		t.Helper()
		if err := Apply(t.Context(), data, b, Local{a}); err != nil {
			t.Fatal("run again: ", err)
		}
		if _, err := os.Stat(filepath.Join(data, "identity", "tls.crt")); err != nil {
			t.Error(err)
		}
	}
	t.Run("before the answer", func(t *testing.T) {
		b, data := newBundle(t, a, clock), t.TempDir()
		if err := Apply(t.Context(), data, b, answer(func(context.Context, Request) (*Grant, error) { return nil, lost })); !errors.Is(err, lost) {
			t.Fatal(err)
		}
		whole(t, data, b)
	})
	t.Run("the answer lost", func(t *testing.T) {
		b, data := newBundle(t, a, clock), t.TempDir()
		err := Apply(t.Context(), data, b, answer(func(ctx context.Context, r Request) (*Grant, error) {
			if _, err := (Local{a}).Grant(ctx, r); err != nil {
				t.Error(err)
			}
			return nil, lost
		}))
		if !errors.Is(err, lost) {
			t.Fatal(err)
		}
		whole(t, data, b)
	})
	t.Run("before the move", func(t *testing.T) {
		b, data := newBundle(t, a, clock), t.TempDir()
		blocker := filepath.Join(data, "identity")
		if err := os.MkdirAll(filepath.Join(blocker, "in-the-way"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := Apply(t.Context(), data, b, Local{a}); err == nil {
			t.Fatal("a folder in the way was replaced")
		}
		if err := os.RemoveAll(blocker); err != nil {
			t.Fatal(err)
		}
		whole(t, data, b)
	})
	t.Run("a torn key", func(t *testing.T) {
		b, data := newBundle(t, a, clock), t.TempDir()
		if err := os.MkdirAll(filepath.Join(data, "identity.new"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(data, "identity.new", "tls.key"), []byte("-----BEGIN PRIV"), 0o600); err != nil {
			t.Fatal(err)
		}
		whole(t, data, b)
	})
}

func TestRemote(t *testing.T) {
	a, clock := newAuthority(t, "cd23")
	srv := httptest.NewTLSServer(Handler(&httpkit.Kit{Log: slog.New(slog.DiscardHandler)}, a))
	defer srv.Close()
	unspent := newBundle(t, a, clock)
	if err := Apply(t.Context(), t.TempDir(), unspent, Remote{srv.URL, a.Certificate()}); preau.KindOf(err) != preau.Unavailable {
		t.Errorf("a service that is not the authority's is believed: %v", err)
	}
	if err := Apply(t.Context(), t.TempDir(), unspent, Local{a}); err != nil {
		t.Error("a stranger was shown the token: ", err)
	}
	if err := Apply(t.Context(), t.TempDir(), newBundle(t, a, clock), Remote{srv.URL, []byte("x")}); preau.KindOf(err) != preau.Invalid {
		t.Error(err)
	}

	plain := httptest.NewServer(Handler(&httpkit.Kit{Log: slog.New(slog.DiscardHandler)}, a))
	defer plain.Close()
	b, data := newBundle(t, a, clock), t.TempDir()
	if err := Apply(t.Context(), data, b, Remote{plain.URL, a.Certificate()}); err != nil {
		t.Fatal(err)
	}
	if err := Apply(t.Context(), t.TempDir(), b, Remote{plain.URL, a.Certificate()}); preau.KindOf(err) != preau.Forbidden || !strings.Contains(preau.RemedyOf(err), "box new") {
		t.Errorf("a used token: %v (%q)", err, preau.RemedyOf(err))
	}
	for _, body := range []string{"", "{", `{"version":1,"token":"x","tls":"AA==","sign":"AA=="}`, `{"version":1,"unknown":1}`, strings.Repeat("x", MaxRequest+1)} {
		resp, err := plain.Client().Post(plain.URL+"/enrol", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Error(err)
		}
		if resp.Body.Close(); resp.StatusCode < 400 || resp.StatusCode >= 500 {
			t.Errorf("%.40q: %s", body, resp.Status)
		}
	}
}

func TestBundleRefuses(t *testing.T) {
	a, clock := newAuthority(t, "cd23")
	for name, spoil := range map[string]func(*BundleOptions){
		"a wrong letter":   func(o *BundleOptions) { o.Config.UAI = "0230001A" },
		"no UAI":           func(o *BundleOptions) { o.Config.UAI = "" },
		"no name":          func(o *BundleOptions) { o.Config.School = " " },
		"no académie":      func(o *BundleOptions) { o.Config.Academie = "" },
		"a zone":           func(o *BundleOptions) { o.Config.Zone = "D" },
		"a colour":         func(o *BundleOptions) { o.Config.Accent = "red" },
		"an address":       func(o *BundleOptions) { o.Config.Store.URL = "store" },
		"a root":           func(o *BundleOptions) { o.Root = []byte("{") },
		"a name elsewhere": func(o *BundleOptions) { o.Config.Names = []string{"www.education.gouv.fr"} },
		"a box":            func(o *BundleOptions) { o.Config.Box = "Box 1" },
	} {
		o := options()
		spoil(&o)
		if _, err := NewBundle(a, o, clock); preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v (%q)", name, err, preau.RemedyOf(err))
		}
	}
	wrong := options()
	wrong.Config.UAI = "0230001A"
	if _, err := NewBundle(a, wrong, clock); !strings.Contains(preau.RemedyOf(err), "0230001B") {
		t.Errorf("the remedy does not give the letter expected: %q", preau.RemedyOf(err))
	}
	raw, err := json.Marshal(newBundle(t, a, clock))
	if err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string][2]string{
		"a field nobody knows": {`"version":1`, `"version":1,"admin":true`},
		"a later version":      {`"version":1`, `"version":2`},
		"a wrong letter":       {`0230001B`, `0230001A`},
		"no authority":         {`"authority":"cd23"`, `"authority":""`},
		"two values":           {`{"version"`, `{}{"version"`},
	} {
		text := strings.Replace(string(raw), edit[0], edit[1], 1)
		if text == string(raw) {
			t.Fatalf("%s: nothing to edit in %s", name, raw)
		}
		if _, err := ParseBundle([]byte(text)); preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v (%q)", name, err, preau.RemedyOf(err))
		}
	}
	if _, err := ParseBundle(bytes.Repeat([]byte(" "), MaxBundle+1)); err == nil {
		t.Error("an endless bundle is read")
	}
}

// snapshot is every file of dir with its content.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		b.WriteString(path + "\n" + string(content) + "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
