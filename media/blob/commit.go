package blob

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"preau"
	"preau/internal/durable"
)

// Commit is the gate: with Pieces.Commit, the only way by which a name appears
// under blobs. The order is the promise: the bytes are the blob, they are on the disk, then
// the name, then the name is on the disk.
//
// Bytes that are not the blob are thrown away and the error is preau.Corrupt;
// fewer bytes than declared stay for later and are preau.Unavailable.
func (in *Incoming) Commit() error {
	if in.off < in.size {
		return preau.E(preau.Unavailable, fmt.Sprintf("blob %s stops at %d of %d bytes", in.d, in.off, in.size), "Nothing to do: it resumes from there.", nil)
	}
	if got := Digest(in.sum.Sum(nil)); got != in.d {
		err := preau.E(preau.Corrupt, fmt.Sprintf("the bytes received for blob %s are not it: they hash to %s", in.d, got), "Use another source; nothing of it was kept.", nil)
		return errors.Join(err, in.Restart())
	}
	if err := in.store.admit(in.f, in.store.partPath(in.d), in.d); err != nil {
		return err
	}
	// What came of it by chunks before is no use any more.
	return errors.Join(remove(in.store.piecesPath(in.d)), remove(in.store.tablePath(in.d)))
}

// admit gives verified bytes their name.
func (s *Store) admit(f *os.File, from string, d Digest) error {
	if err := f.Sync(); err != nil {
		return diskError("sync incoming blob", err)
	}
	path := s.path(d)
	if err := os.Rename(from, path); err != nil {
		return diskError("admit blob", err)
	}
	// Against mistakes, ours and a technician's. A stick's file system may not
	// know modes: the blob is as whole without.
	_ = f.Chmod(0o444)
	if err := durable.SyncDir(filepath.Dir(path)); err != nil {
		return err
	}
	return remove(s.quarantinePath(d))
}
