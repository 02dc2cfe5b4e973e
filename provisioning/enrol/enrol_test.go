package enrol_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
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
	"preau/provisioning/enrol"
)

type clock struct{ now time.Time }

func (c *clock) Now() time.Time          { return c.now }
func (c *clock) State() preau.ClockState { return preau.ClockSynced }

func newAuthority(t *testing.T, c preau.Clock) *authority.Authority {
	t.Helper()
	a, err := authority.Init(filepath.Join(t.TempDir(), "authority"), authority.Info{ID: "cd23", Name: "Département d'essai", Zones: []string{"preau.essai.example"}}, c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func config() enrol.Config {
	return enrol.Config{UAI: "9999991F", School: "Collège d'essai", Academie: "limoges", Zone: "A", Box: "box-1", Names: []string{"jaures.preau.essai.example"}}
}

func bundle(t *testing.T, a *authority.Authority, c preau.Clock, change func(*enrol.Config)) (*enrol.Bundle, error) {
	t.Helper()
	cfg := config()
	if change != nil {
		change(&cfg)
	}
	return enrol.NewBundle(a, enrol.BundleOptions{Config: cfg, Root: []byte(`{}`), Credentials: &enrol.Credentials{AccessKey: "k", SecretKey: "s"}}, c)
}

func leaf(t *testing.T, path string) *x509.Certificate {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(b)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestApply_GivesABoxKeysOfItsOwn(t *testing.T) {
	c := &clock{time.Now()}
	a := newAuthority(t, c)
	b, err := bundle(t, a, c, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := json.Marshal(b)
	if strings.Contains(string(raw), "PRIVATE KEY") {
		t.Fatal("the bundle carries a private key")
	}
	parsed, err := enrol.ParseBundle(raw)
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	if err := enrol.Apply(t.Context(), data, parsed, enrol.Local{Authority: a}); err != nil {
		t.Fatal(err)
	}
	cert := leaf(t, filepath.Join(data, "identity", "tls.crt"))
	for _, name := range []string{"preau.local", "9999991f.preau.local", "jaures.preau.essai.example"} {
		if _, err := cert.Verify(x509.VerifyOptions{Roots: a.Pool(), DNSName: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if life := cert.NotAfter.Sub(cert.NotBefore); life > 398*24*time.Hour {
		t.Errorf("the certificate lives %v, longer than browsers accept", life)
	}
	if sign := leaf(t, filepath.Join(data, "identity", "sign.crt")); sign.URIs[0].String() != "preau://box/9999991F/box-1" {
		t.Errorf("the signing certificate names %v", sign.URIs)
	}
	for _, secret := range []string{"tls.key", "sign.key", "store.json"} {
		if info, err := os.Stat(filepath.Join(data, "identity", secret)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", secret, info.Mode(), err)
		}
	}
	if err := enrol.Apply(t.Context(), data, parsed, enrol.Local{Authority: a}); preau.KindOf(err) != preau.Conflict {
		t.Fatalf("enrolled twice: %v", err)
	}
}

func TestToken_OpensOneEnrolmentHoweverManyAsk(t *testing.T) {
	c := &clock{time.Now()}
	a := newAuthority(t, c)
	b, err := bundle(t, a, c, nil)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	won := 0
	var wg sync.WaitGroup
	for range 8 {
		data := t.TempDir()
		wg.Go(func() {
			err := enrol.Apply(t.Context(), data, b, enrol.Local{Authority: a})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case preau.KindOf(err) != preau.Forbidden:
				t.Errorf("refused otherwise: %v", err)
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Fatalf("%d boxes were enrolled with one token", won)
	}
}

// lossy loses the first answer on its way back.
type lossy struct {
	enrol.Grantor
	lost bool
}

func (l *lossy) Grant(ctx context.Context, r enrol.Request) (*enrol.Grant, error) {
	g, err := l.Grantor.Grant(ctx, r)
	if !l.lost {
		l.lost = true
		return nil, errors.New("cut")
	}
	return g, err
}

func TestApply_ResumesWithTheSameKeysWhenTheAnswerWasLost(t *testing.T) {
	c := &clock{time.Now()}
	a := newAuthority(t, c)
	b, err := bundle(t, a, c, nil)
	if err != nil {
		t.Fatal(err)
	}
	data, from := t.TempDir(), &lossy{Grantor: enrol.Local{Authority: a}}
	if err := enrol.Apply(t.Context(), data, b, from); err == nil {
		t.Fatal("the answer was not lost")
	}
	if _, err := os.Stat(filepath.Join(data, "identity")); err == nil {
		t.Fatal("half an identity is in place")
	}
	if err := enrol.Apply(t.Context(), data, b, from); err != nil {
		t.Fatalf("again: %v", err)
	}
	if err := enrol.Apply(t.Context(), t.TempDir(), b, from); preau.KindOf(err) != preau.Forbidden {
		t.Fatalf("another box used the token: %v", err)
	}
}

func TestToken_Expires(t *testing.T) {
	c := &clock{time.Now()}
	a := newAuthority(t, c)
	b, err := bundle(t, a, c, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(8 * 24 * time.Hour)
	if err := enrol.Apply(t.Context(), t.TempDir(), b, enrol.Local{Authority: a}); preau.KindOf(err) != preau.Expired || preau.RemedyOf(err) == "" {
		t.Fatalf("got %v, want expired with a remedy", err)
	}
}

func TestNewBundle_RefusesWithTheWayOut(t *testing.T) {
	c := &clock{time.Now()}
	a := newAuthority(t, c)
	for name, change := range map[string]func(*enrol.Config){
		"wrong UAI letter":         func(cfg *enrol.Config) { cfg.UAI = "9999991A" },
		"name outside the zones":   func(cfg *enrol.Config) { cfg.Names = []string{"www.education.gouv.fr"} },
		"name that looks inside":   func(cfg *enrol.Config) { cfg.Names = []string{"evilpreau.essai.example"} },
		"no school":                func(cfg *enrol.Config) { cfg.School = " " },
		"zone that does not exist": func(cfg *enrol.Config) { cfg.Zone = "D" },
		"catalogue is no URL":      func(cfg *enrol.Config) { cfg.Catalogue.URL = "catalogue" },
	} {
		_, err := bundle(t, a, c, change)
		if preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v (remedy %q)", name, err, preau.RemedyOf(err))
		}
	}
	if _, err := bundle(t, a, c, func(cfg *enrol.Config) { cfg.UAI = "9999991A" }); !strings.Contains(preau.RemedyOf(err), "9999991F") {
		t.Errorf("the remedy does not give the letter expected: %q", preau.RemedyOf(err))
	}
}

func TestRemote_AnswersOverTLSOfTheAuthorityOnly(t *testing.T) {
	c := &clock{time.Now()}
	a := newAuthority(t, c)
	b, err := bundle(t, a, c, nil)
	if err != nil {
		t.Fatal(err)
	}
	// httptest's certificate is not the authority's: the box must not talk.
	srv := httptest.NewTLSServer(enrol.Handler(&httpkit.Kit{Log: slog.New(slog.DiscardHandler)}, a))
	defer srv.Close()
	err = enrol.Apply(t.Context(), t.TempDir(), b, enrol.Remote{URL: srv.URL, CA: []byte(b.CA)})
	if preau.KindOf(err) != preau.Unavailable {
		t.Fatalf("spoke to a stranger: %v", err)
	}
	if err := enrol.Apply(t.Context(), t.TempDir(), b, enrol.Local{Authority: a}); err != nil {
		t.Fatalf("the stranger saw the token: %v", err)
	}
}

func FuzzParseBundle(f *testing.F) {
	f.Add([]byte(`{"version":1,"config":{"uai":"9999991F","school":"x","academie":"limoges","zone":"A","authority":"cd23","box":"box-1","catalogue":{},"store":{}},"ca":"","token":"0123456789012345678901234567890123456789","expires":"2026-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"version":2}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := enrol.ParseBundle(raw)
		if err == nil && (b.Version != 1 || b.Config.Box == "" || len(b.Token) < 40) {
			t.Fatalf("accepted %+v", b)
		}
		if err != nil && preau.KindOf(err) != preau.Invalid {
			t.Fatalf("kind %v", preau.KindOf(err))
		}
	})
}

func FuzzParseRequestAndGrant(f *testing.F) {
	f.Add([]byte(`{"version":1,"token":"t","tls":"AAAA","sign":"AAAA"}`))
	f.Add([]byte(`{"version":1,"tls":"x","sign":"y"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := enrol.ParseRequest(raw)
		if err == nil && r.Version != 1 {
			t.Fatalf("accepted a request of version %d", r.Version)
		}
		g, err := enrol.ParseGrant(raw)
		if err == nil && g.Version != 1 {
			t.Fatalf("accepted a grant of version %d", g.Version)
		}
	})
}
