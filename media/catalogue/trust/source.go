package trust

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"preau"
)

// Source gives the files of a published catalogue by their path, such as
// metadata/timestamp.json. An absent file is preau.NotFound, one longer than
// limit preau.TooLarge, a source out of reach preau.Unavailable.
type Source interface {
	Fetch(ctx context.Context, name string, limit int64) ([]byte, error)
	String() string // for people: an address or a folder
}

// fileTimeout bounds one file: metadata and packs are small.
const fileTimeout = 2 * time.Minute

// HTTP is a catalogue at an address; a nil client is a new one. Redirects are
// followed wherever they lead: trust comes from signatures, not from places.
func HTTP(base string, client *http.Client) (Source, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, preau.E(preau.Invalid, fmt.Sprintf("%.200q is not the address of a catalogue", base), "Give an http:// or https:// address.", err)
	}
	if client == nil {
		client = &http.Client{}
	}
	return &httpSource{u, client}, nil
}

type httpSource struct {
	base   *url.URL
	client *http.Client
}

func (s *httpSource) String() string { return s.base.Redacted() }

func (s *httpSource) Fetch(ctx context.Context, name string, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base.JoinPath(name).String(), nil)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", name, err)
	}
	resp, err := s.client.Do(req)
	if known, ok := errors.AsType[*preau.Error](err); ok {
		return nil, known // the client knows what stands in the way
	}
	if err != nil {
		return nil, s.unavailable("cannot be reached", err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone:
		return nil, absent(s, name, nil)
	case resp.StatusCode != http.StatusOK:
		return nil, s.unavailable("answers "+resp.Status, nil)
	}
	b, err := readAll(resp.Body, name, limit)
	if err != nil && preau.KindOf(err) != preau.TooLarge {
		return nil, s.unavailable("broke off", err)
	}
	return b, err
}

func (s *httpSource) unavailable(what string, cause error) error {
	return preau.E(preau.Unavailable, fmt.Sprintf("the catalogue at %s %s", s, what),
		"Check the line and the address; what the box holds is served meanwhile, and it tries again by itself.", cause)
}

// Folder is a catalogue in a folder: a stick, a disk.
func Folder(dir string) Source { return folder(dir) }

type folder string

func (s folder) String() string { return string(s) }

func (s folder) Fetch(_ context.Context, name string, limit int64) ([]byte, error) {
	root, err := os.OpenRoot(string(s)) // a link on a stick leads nowhere else
	if err != nil {
		return nil, preau.E(preau.Unavailable, fmt.Sprintf("the catalogue in %s cannot be opened", s), "Check that the disk is plugged in and that the folder holds metadata/.", err)
	}
	defer root.Close()
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe must not keep us waiting
	if errors.Is(err, fs.ErrNotExist) {
		return nil, absent(s, name, err)
	}
	if err != nil {
		return nil, preau.E(preau.Unavailable, fmt.Sprintf("%s of the catalogue in %s cannot be opened", name, s), "Check the disk, or copy the catalogue again.", err)
	}
	defer f.Close()
	b, err := readAll(f, name, limit)
	if err != nil && preau.KindOf(err) != preau.TooLarge {
		return nil, preau.E(preau.Unavailable, fmt.Sprintf("%s of the catalogue in %s cannot be read", name, s), "Check the disk, or copy the catalogue again.", err)
	}
	return b, err
}

func absent(s Source, name string, cause error) error {
	return preau.E(preau.NotFound, fmt.Sprintf("there is no %s in the catalogue at %s", name, s), "Check the address, or have the catalogue published again.", cause)
}

func readAll(r io.Reader, name string, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if int64(len(b)) > limit {
		return nil, preau.E(preau.TooLarge, fmt.Sprintf("%s of the catalogue is longer than the %d bytes allowed", path.Base(strings.TrimSuffix(name, "/")), limit),
			"Tell the catalogue's publisher; what the box holds stays.", nil)
	}
	return b, nil
}
