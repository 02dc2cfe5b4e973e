package boxtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"preau"
	"preau/provisioning/authority"
)

// TestChromiumTrustsTheAuthorityForItsNamesOnly: a tablet that trusts the
// authority opens the box over HTTPS, and refuses what a thief of the
// authority's key would sign for another site.
func TestChromiumTrustsTheAuthorityForItsNamesOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "authority")
	a, err := authority.Init(dir, authority.Info{ID: "cd23", Name: "Département"}, preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good, err := a.SignTLS(key.Public(), authority.BoxName{UAI: "0230001B", Box: "box-1"})
	if err != nil {
		t.Fatal(err)
	}
	box := serveTLS(t, key, der(t, good))
	elsewhere := serveTLS(t, key, stolen(t, dir, key, "www.education.gouv.fr"))

	// Before Chromium starts: it reads its trust from HOME.
	trust(t, filepath.Join(dir, "ca.crt"))
	page := NewBrowser(t, "host-resolver-rules=MAP preau.local 127.0.0.1, MAP 0230001b.preau.local 127.0.0.1, MAP www.education.gouv.fr 127.0.0.1").
		NewPage("tablet", 800, 600)
	for _, host := range []string{"preau.local", "0230001b.preau.local"} {
		page.Open("https://" + net.JoinHostPort(host, box))
		if text := page.Text("h1"); text != "Préau" {
			t.Errorf("%s shows %q", host, text)
		}
		if !Eval[bool](page, "isSecureContext") {
			t.Errorf("%s is no secure context", host)
		}
	}
	// The server is the same but for its certificate's name.
	err = page.Try(20*time.Second, chromedp.Navigate("https://"+net.JoinHostPort("www.education.gouv.fr", elsewhere)))
	if err == nil || !strings.Contains(err.Error(), "ERR_CERT_INVALID") && !strings.Contains(err.Error(), "ERR_CERT_NAME_CONSTRAINT_VIOLATION") {
		t.Errorf("a certificate outside the authority's names: %v", err)
	}
}

// TestChromiumDoesNotTrustAStranger shows that the trust of the test above
// comes from the authority's certificate.
func TestChromiumDoesNotTrustAStranger(t *testing.T) {
	a, err := authority.Init(filepath.Join(t.TempDir(), "authority"), authority.Info{ID: "cd23", Name: "Département"}, preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good, err := a.SignTLS(key.Public(), authority.BoxName{UAI: "0230001B", Box: "box-1"})
	if err != nil {
		t.Fatal(err)
	}
	port := serveTLS(t, key, der(t, good))
	t.Setenv("HOME", t.TempDir())
	page := NewBrowser(t, "host-resolver-rules=MAP preau.local 127.0.0.1").NewPage("tablet", 800, 600)
	err = page.Try(20*time.Second, chromedp.Navigate("https://"+net.JoinHostPort("preau.local", port)))
	if err == nil || !strings.Contains(err.Error(), "ERR_CERT_AUTHORITY_INVALID") {
		t.Errorf("an authority nobody trusts: %v", err)
	}
}

// trust gives this test a HOME whose NSS database trusts one authority.
func trust(t *testing.T, ca string) {
	t.Helper()
	certutil, err := exec.LookPath("certutil")
	if err != nil {
		Must(t, "certutil (libnss3-tools) is not installed")
	}
	home := t.TempDir()
	db := filepath.Join(home, ".pki", "nssdb")
	if err := os.MkdirAll(db, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"-N", "-d", "sql:" + db, "--empty-password"},
		{"-A", "-d", "sql:" + db, "-t", "C,,", "-n", "authority", "-i", ca},
	} {
		if out, err := exec.Command(certutil, args...).CombinedOutput(); err != nil {
			t.Fatalf("certutil %v: %v\n%s", args, err, out)
		}
	}
	t.Setenv("HOME", home)
}

// stolen is what whoever holds the authority's key could sign.
func stolen(t *testing.T, dir string, key *ecdsa.PrivateKey, host string) []byte {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "ca.crt"), filepath.Join(dir, "ca.key"))
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(666), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), DNSNames: []string{host},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, pair.Leaf, key.Public(), pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

func serveTLS(t *testing.T, key *ecdsa.PrivateKey, leaf []byte) (port string) {
	t.Helper()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<!doctype html><meta charset=utf-8><h1>Préau</h1>")
	}))
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func der(t *testing.T, text []byte) []byte {
	t.Helper()
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatal("no certificate")
	}
	return block.Bytes
}
