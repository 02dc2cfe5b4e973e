package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"preau"
	"preau/media/blob"
)

// HTTP is an origin: plain files under base/blobs/ab/<sha256>.
type HTTP struct {
	base   *url.URL
	client *http.Client

	mu    sync.Mutex
	until time.Time // it asked not to be asked before
}

const maxRedirects = 5

// NewHTTP makes a source of base. client may be nil.
func NewHTTP(base string, client *http.Client) (*HTTP, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, preau.E(preau.Invalid, fmt.Sprintf("the catalogue's address %.120q is not an http(s) URL", base), "Correct catalogue.url in the box's config.json.", err)
	}
	if client == nil {
		client = defaultClient()
	}
	return &HTTP{base: u, client: client}, nil
}

// defaultClient bounds all but the length of a transfer. It never asks for
// compression: films are compressed, and offsets count the blob's own bytes.
func defaultClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: 20 * time.Second, ResponseHeaderTimeout: 30 * time.Second,
			IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 8, MaxResponseHeaderBytes: 64 << 10, DisableCompression: true,
		},
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) >= maxRedirects {
				return preau.E(preau.Unavailable, fmt.Sprintf("%s redirects more than %d times", via[0].URL.Redacted(), maxRedirects), "Check the catalogue's address, and that the school's proxy lets the box through.", nil)
			}
			return nil
		},
	}
}

// Name is the address, without its password.
func (s *HTTP) Name() string { return s.base.Redacted() }

// Open asks for the rest of the blob by Range.
func (s *HTTP) Open(ctx context.Context, d blob.Digest, offset, size int64) (io.ReadCloser, int64, error) {
	return s.OpenRange(ctx, d, offset, size, size)
}

// OpenRange asks for a part of the blob by Range.
func (s *HTTP) OpenRange(ctx context.Context, d blob.Digest, offset, end, size int64) (io.ReadCloser, int64, error) {
	if err := s.resting(); err != nil {
		return nil, 0, err
	}
	name := d.String()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base.JoinPath("blobs", name[:2], name).String(), nil)
	if err != nil {
		return nil, 0, fmt.Errorf("ask for blob: %w", err)
	}
	switch {
	case end < size:
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", offset, end-1))
	case offset > 0:
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	resp, err := s.client.Do(req)
	if known, ok := errors.AsType[*preau.Error](err); ok {
		return nil, 0, known // the client knows what stands in the way
	}
	if err != nil {
		return nil, 0, preau.E(preau.Unavailable, s.Name()+" cannot be reached", "Nothing to do: the box tries again by itself. If it lasts, check the school's line and proxy.", err)
	}
	at, err := judge(resp, s.Name(), size)
	if err == nil && at > offset {
		err = preau.E(preau.Corrupt, fmt.Sprintf("%s begins at %d instead of %d", s.Name(), at, offset), "Tell whoever keeps this server; its Range answers are wrong.", nil)
	}
	if err != nil {
		resp.Body.Close()
		if later, ok := errors.AsType[*Later](err); ok {
			s.mu.Lock()
			s.until = later.Until
			s.mu.Unlock()
		}
		return nil, 0, err
	}
	return resp.Body, at, nil
}

// resting refuses to ask an origin that asked to be left alone: it is
// overloaded, and 60 000 boxes would keep it so.
func (s *HTTP) resting() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().Before(s.until) {
		return busy(s.Name(), s.until)
	}
	return nil
}
