package blob

import (
	"crypto/sha256"
	"os"

	"preau"
	"preau/media/pack"
)

// KeepTable keeps the table of a blob's chunks beside what comes of it. It
// need not reach the disk: Table believes its hash only.
func (s *Store) KeepTable(d Digest, raw []byte) error {
	if err := os.WriteFile(s.tablePath(d), raw, 0o644); err != nil {
		return diskError("keep a chunk table", err)
	}
	return nil
}

// Table reads the table kept for a blob on its way, if it is the one named;
// preau.NotFound when it has to be fetched.
func (s *Store) Table(d, name Digest) (*pack.Table, error) {
	raw, err := os.ReadFile(s.tablePath(d))
	if err == nil && sha256.Sum256(raw) == name {
		return pack.Parse(raw)
	}
	return nil, preau.E(preau.NotFound, "the chunk table "+name.String()+" is not here", "It comes with the blob.", err)
}
