package sister

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"

	"preau"
)

// guarded looks at the list again at each answer and each read: connections
// are kept, and may be older than it.
type guarded struct {
	http.RoundTripper
	id Identity
}

// RoundTrip implements http.RoundTripper.
func (g guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := g.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, fmt.Errorf("ask a sister box: %w", err)
	}
	if resp.TLS == nil {
		resp.Body.Close()
		return nil, preau.E(preau.Untrusted, "a sister box answers without TLS", "Nothing to do.", nil)
	}
	if err := g.id.check(*resp.TLS); err != nil {
		resp.Body.Close()
		return nil, err
	}
	resp.Body = guardedBody{resp.Body, *resp.TLS, g.id}
	return resp, nil
}

type guardedBody struct {
	io.ReadCloser
	tls tls.ConnectionState
	id  Identity
}

// Read implements io.Reader.
func (b guardedBody) Read(p []byte) (int, error) {
	if err := b.id.check(b.tls); err != nil {
		return 0, err
	}
	return b.ReadCloser.Read(p)
}
