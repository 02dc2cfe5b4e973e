package enrol

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"preau"
	"preau/internal/httpkit"
	"preau/provisioning/authority"
)

// MaxRequest bounds a request or a grant.
const MaxRequest = 64 << 10

// Request asks for a box's certificates: PKCS #10, DER.
type Request struct {
	Version int    `json:"version"`
	Token   string `json:"token"`
	TLS     []byte `json:"tls"`
	Sign    []byte `json:"sign"`
}

// Grant is the answer: certificates in PEM.
type Grant struct {
	Version int    `json:"version"`
	TLS     string `json:"tls"`
	Sign    string `json:"sign"`
}

// ParseRequest reads a request carried by hand.
func ParseRequest(b []byte) (r Request, err error) {
	if err := strict(b, MaxRequest, &r); err != nil || r.Version != 1 {
		return r, preau.E(preau.Invalid, "the enrolment request cannot be read", "Copy request.json again from the box.", err)
	}
	return r, nil
}

// ParseGrant reads a grant carried by hand.
func ParseGrant(b []byte) (*Grant, error) {
	var g Grant
	if err := strict(b, MaxRequest, &g); err != nil || g.Version != 1 {
		return nil, preau.E(preau.Invalid, "the grant cannot be read", "Copy it again, whole, from the authority.", err)
	}
	return &g, nil
}

// Local answers from an authority's folder on this machine.
type Local struct{ *authority.Authority }

// Grant checks that the box holds its keys, spends the token and signs.
func (l Local) Grant(_ context.Context, r Request) (*Grant, error) {
	var csrs [2]*x509.CertificateRequest
	for i, der := range [][]byte{r.TLS, r.Sign} {
		csr, err := x509.ParseCertificateRequest(der)
		if err == nil {
			err = csr.CheckSignature()
		}
		if err != nil {
			return nil, preau.E(preau.Invalid, "the box's certificate request does not hold", "Run preau provision box apply again on the box.", err)
		}
		csrs[i] = csr
	}
	sum := sha256.Sum256(append(bytes.Clone(csrs[0].RawSubjectPublicKeyInfo), csrs[1].RawSubjectPublicKeyInfo...))
	name, err := l.Spend(r.Token, hex.EncodeToString(sum[:]))
	if err != nil {
		return nil, err
	}
	tlsCert, err := l.SignTLS(csrs[0].PublicKey, name)
	if err != nil {
		return nil, err
	}
	signCert, err := l.SignBox(csrs[1].PublicKey, name)
	if err != nil {
		return nil, err
	}
	return &Grant{Version: 1, TLS: string(tlsCert), Sign: string(signCert)}, nil
}

// Handler is the authority's enrolment service: POST /enrol.
func Handler(kit *httpkit.Kit, a *authority.Authority) http.Handler {
	mux := http.NewServeMux()
	kit.HandleFunc(mux, "POST /enrol", func(w http.ResponseWriter, r *http.Request) error {
		var req Request
		if err := httpkit.ReadJSON(w, r, MaxRequest, &req); err != nil {
			return err
		}
		grant, err := Local{a}.Grant(r.Context(), req)
		if err != nil {
			return err
		}
		return httpkit.WriteJSON(w, http.StatusOK, grant)
	})
	return mux
}

// Remote asks an authority's enrolment service, which must show a certificate
// of the bundle's CA.
type Remote struct {
	URL string // https://host:port
	CA  []byte // PEM
}

// Grant posts the request.
func (s Remote) Grant(ctx context.Context, r Request) (*Grant, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(s.CA) {
		return nil, preau.E(preau.Invalid, "the bundle's authority certificate cannot be read", "Make the bundle again.", nil)
	}
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/enrol", bytes.NewReader(body))
	if err != nil {
		return nil, preau.E(preau.Invalid, "the enrolment address cannot be used", "Correct enrol_url in the bundle.", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}}}
	resp, err := client.Do(req)
	if err != nil {
		return nil, preau.E(preau.Unavailable, "the authority's enrolment service cannot be reached", "Check the line and the address, or enrol by file: see preau provision box apply --help.", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, MaxRequest))
	if err != nil {
		return nil, preau.E(preau.Unavailable, "the authority's answer was cut", "Run the same command again.", err)
	}
	if resp.StatusCode != http.StatusOK {
		var failure struct{ Error struct{ Text, Remedy string } }
		if json.Unmarshal(answer, &failure) != nil || failure.Error.Text == "" {
			failure.Error.Text = "it answered " + resp.Status
		}
		return nil, preau.E(preau.Forbidden, "the authority refused: "+failure.Error.Text, failure.Error.Remedy, nil)
	}
	return ParseGrant(answer)
}
