// Package fetch brings blobs from wherever they are: the origin over HTTP, a
// folder on a USB stick. It promises to resume where the disk stands after
// any interruption, that every byte is verified whatever its source, that a
// source which sends wrong bytes is dropped and named, and that a slow line
// costs time only. It refuses deadlines on whole transfers (progress is what
// counts) and sources that answer with something else.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"preau"
	"preau/media/blob"
)

// Source gives a blob's bytes from an offset on. Kinds of errors: NotFound it
// has not this blob; Unavailable try later; Corrupt it answers nonsense.
type Source interface {
	Name() string
	// Open returns the bytes from offset on. size is the whole blob's, for
	// the source to compare.
	Open(ctx context.Context, d blob.Digest, offset, size int64) (io.ReadCloser, error)
}

// HTTP is an origin: plain files under base/blobs/ab/<sha256>.
type HTTP struct {
	base   *url.URL
	client *http.Client
}

// NewHTTP makes a source of base. client may be nil.
func NewHTTP(base string, client *http.Client) (*HTTP, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, preau.E(preau.Invalid, fmt.Sprintf("the catalogue's address %.120q is not an http(s) URL", base), "Correct catalogue.url in the box's config.json.", err)
	}
	if client == nil {
		client = &http.Client{
			Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, ResponseHeaderTimeout: 30 * time.Second, TLSHandshakeTimeout: 20 * time.Second,
				IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 2, DisableCompression: true},
			CheckRedirect: func(_ *http.Request, via []*http.Request) error {
				if len(via) >= 5 {
					return errors.New("too many redirects")
				}
				return nil
			},
		}
	}
	return &HTTP{u, client}, nil
}

// Name is the address.
func (s *HTTP) Name() string { return s.base.Redacted() }

// Open asks for the rest of the blob by Range. A whole answer to a ranged
// request is skipped into place.
func (s *HTTP) Open(ctx context.Context, d blob.Digest, offset, size int64) (io.ReadCloser, error) {
	name := d.String()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base.JoinPath("blobs", name[:2], name).String(), nil)
	if err != nil {
		return nil, fmt.Errorf("ask for blob: %w", err)
	}
	if offset > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, preau.E(preau.Unavailable, "the catalogue's origin cannot be reached", "Nothing to do: the box tries again by itself.", err)
	}
	body, err := s.accept(resp, offset, size)
	if err != nil {
		resp.Body.Close()
		return nil, err
	}
	return body, nil
}

func (s *HTTP) accept(resp *http.Response, offset, size int64) (io.ReadCloser, error) {
	switch resp.StatusCode {
	case http.StatusOK, http.StatusPartialContent:
	case http.StatusNotFound, http.StatusGone:
		return nil, preau.E(preau.NotFound, s.Name()+" has not this blob", "Publish the catalogue again with its blobs.", nil)
	default:
		return nil, preau.E(preau.Unavailable, fmt.Sprintf("%s answers %s", s.Name(), resp.Status), "Nothing to do: the box tries again by itself.", nil)
	}
	if ct := resp.Header.Get("Content-Type"); strings.HasPrefix(ct, "text/html") && resp.ContentLength != size-offset {
		return nil, preau.E(preau.Unavailable, "a web page answers instead of "+s.Name()+" (a captive portal or a proxy)", "Let the box through the school's proxy, or sign in to the portal.", nil)
	}
	if resp.StatusCode == http.StatusPartialContent {
		want := fmt.Sprintf("bytes %d-%d/%d", offset, size-1, size)
		if got := resp.Header.Get("Content-Range"); got != want {
			return nil, preau.E(preau.Corrupt, fmt.Sprintf("%s answers range %.60q, not %q", s.Name(), got, want), "Use another source.", nil)
		}
		return resp.Body, nil
	}
	if resp.ContentLength >= 0 && resp.ContentLength != size {
		return nil, preau.E(preau.Corrupt, s.Name()+" offers "+strconv.FormatInt(resp.ContentLength, 10)+" bytes, not "+strconv.FormatInt(size, 10), "Use another source.", nil)
	}
	if _, err := io.CopyN(io.Discard, resp.Body, offset); err != nil {
		return nil, preau.E(preau.Unavailable, s.Name()+" cut the transfer", "Nothing to do: the box tries again by itself.", err)
	}
	return resp.Body, nil
}

// Folder is a source on a disk: a USB stick, a published catalogue.
type Folder struct{ root string }

// NewFolder makes a source of a folder that holds blobs/ab/<sha256>.
func NewFolder(root string) *Folder { return &Folder{root} }

// Name is the folder's path.
func (s *Folder) Name() string { return s.root }

// Open opens the file at offset.
func (s *Folder) Open(_ context.Context, d blob.Digest, offset, size int64) (io.ReadCloser, error) {
	name := d.String()
	f, err := os.Open(filepath.Join(s.root, "blobs", name[:2], name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, preau.E(preau.NotFound, s.root+" has not this blob", "", err)
	}
	if err != nil {
		return nil, preau.E(preau.Unavailable, s.root+" cannot be read", "Check the stick.", err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != size {
		f.Close()
		return nil, preau.E(preau.Corrupt, s.root+" holds a file of another size under this name", "Use another source.", err)
	}
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		f.Close()
		return nil, fmt.Errorf("seek %s: %w", s.root, err)
	}
	return f, nil
}
