package supply

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"preau"
	"preau/media/blob"
)

// Fill brings a file because somebody waits for it: its chunks as they come,
// or nil once it is whole.
func (s *Supply) Fill(ctx context.Context, d blob.Digest) (*blob.Pieces, error) {
	return s.refresher.Fill(ctx, d)
}

// Reachable reports whether what is not here may be fetched while somebody
// waits.
func (s *Supply) Reachable() bool { return s.refresher.Reachable() }

// patience is how long a page waits for a small file.
const patience = 3 * time.Second

// File opens a small file. One that is not here, as a film's text that is
// read while it comes, is fetched.
func (s *Supply) File(ctx context.Context, d blob.Digest) (*os.File, fs.FileInfo, error) {
	f, info, err := s.Blobs.Open(d)
	if preau.KindOf(err) != preau.NotFound || !s.Reachable() {
		return f, info, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := s.Fill(ctx, d); err != nil {
		return nil, nil, err
	}
	return s.Blobs.Open(d)
}

// Text reads a small file of the catalogue, at most limit bytes of it.
func (s *Supply) Text(ctx context.Context, sha256 string, limit int64) ([]byte, error) {
	d, err := blob.ParseDigest(sha256)
	if err != nil {
		return nil, err
	}
	f, info, err := s.File(ctx, d)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info.Size() > limit {
		return nil, preau.E(preau.TooLarge, fmt.Sprintf("the text %s is over %d bytes", sha256, limit), "", nil)
	}
	out, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("read a text: %w", err)
	}
	return out, nil
}
