package publisher

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"preau"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/trust"
)

// SignOptions of Sign.
type SignOptions struct {
	Keys []string // folders of keys besides the repository's own
	Now  time.Time
}

// Signed says what Sign made.
type Signed struct {
	Items     int       `json:"items"`
	Packs     int       `json:"packs"`
	Root      int64     `json:"root"`
	Targets   int64     `json:"targets"`
	Snapshot  int64     `json:"snapshot"`
	Timestamp int64     `json:"timestamp"`
	Changed   bool      `json:"changed"` // there is new content, not only new dates
	Expires   time.Time `json:"expires"` // when it must be signed again
}

// Sign signs what was added. Without new content only the roles whose date
// comes near are signed again: the timestamp always, so that a routine can
// run this with the snapshot's and the timestamp's keys alone.
func (r *Repository) Sign(ctx context.Context, opts SignOptions) (Signed, error) {
	keys, err := loadKeys(append([]string{r.path("keys")}, opts.Keys...))
	if err != nil {
		return Signed{}, err
	}
	root, err := latest(r.path("metadata"), metadata.ROOT, metadata.Root())
	if err != nil {
		return Signed{}, err
	}
	if root == nil {
		return Signed{}, preau.E(preau.Corrupt, "the repository has no root", "Restore metadata/ from a copy.", nil)
	}
	if root.Signed.IsExpired(opts.Now) {
		return Signed{}, preau.E(preau.Expired, fmt.Sprintf("the root expired on %s", root.Signed.Expires.Format(time.DateOnly)),
			"Boxes refuse this catalogue: make a new one with preau catalogue init and provision them with its root.", nil)
	}
	if err := ctx.Err(); err != nil {
		return Signed{}, err
	}
	s := Signed{Root: root.Signed.Version, Expires: root.Signed.Expires}
	targets, err := r.signTargets(root, keys, opts.Now, &s)
	if err != nil {
		return Signed{}, err
	}
	snapshot, err := r.signSnapshot(root, keys, opts.Now, targets)
	if err != nil {
		return Signed{}, err
	}
	timestamp, err := r.signTimestamp(root, keys, opts.Now, snapshot)
	if err != nil {
		return Signed{}, err
	}
	s.Targets, s.Snapshot, s.Timestamp = targets.Signed.Version, snapshot.Signed.Version, timestamp.Signed.Version
	for _, expires := range []time.Time{targets.Signed.Expires, snapshot.Signed.Expires, timestamp.Signed.Expires} {
		if expires.Before(s.Expires) {
			s.Expires = expires
		}
	}
	return s, nil
}

// due reports whether less than half of a role's validity is left.
func due(role string, expires, now time.Time) bool {
	return expires.Sub(now) < validity[role]/2
}

func (r *Repository) signTargets(root *metadata.Metadata[metadata.RootType], keys map[string]key, now time.Time, s *Signed) (*metadata.Metadata[metadata.TargetsType], error) {
	old, err := latest(r.path("metadata"), metadata.TARGETS, metadata.Targets())
	if err != nil {
		return nil, err
	}
	before := content{}
	if old != nil {
		if before, err = r.signed(old); err != nil {
			return nil, err
		}
	}
	items, err := r.items()
	if err != nil {
		return nil, err
	}
	_, rawTaxons, err := r.taxons("")
	if err != nil {
		return nil, err
	}
	next, err := build(items, rawTaxons, before, now)
	if err != nil {
		return nil, err
	}
	s.Items, s.Packs = len(items), len(next)-1
	if len(rawTaxons) > 0 {
		s.Packs--
	}
	s.Changed = old == nil || !bytes.Equal(next[notice.IndexPath], before[notice.IndexPath])
	if !s.Changed && !due(metadata.TARGETS, old.Signed.Expires, now) {
		return old, nil
	}
	by, err := signers(root, keys, metadata.TARGETS)
	if err != nil {
		return nil, err
	}
	if err := r.keep(next); err != nil {
		return nil, err
	}
	meta := metadata.Targets(expiry(metadata.TARGETS, now))
	if old != nil {
		meta.Signed.Version = old.Signed.Version + 1
	}
	for path, b := range next {
		if meta.Signed.Targets[path], err = metadata.TargetFile().FromBytes(path, b, "sha256"); err != nil {
			return nil, fmt.Errorf("describe target %s: %w", path, err)
		}
	}
	return meta, write(r, metadata.TARGETS, meta.Signed.Version, meta, by)
}

func (r *Repository) signSnapshot(root *metadata.Metadata[metadata.RootType], keys map[string]key, now time.Time, targets *metadata.Metadata[metadata.TargetsType]) (*metadata.Metadata[metadata.SnapshotType], error) {
	old, err := latest(r.path("metadata"), metadata.SNAPSHOT, metadata.Snapshot())
	if err != nil {
		return nil, err
	}
	if old != nil && old.Signed.Meta["targets.json"].Version == targets.Signed.Version && !due(metadata.SNAPSHOT, old.Signed.Expires, now) {
		return old, nil
	}
	by, err := signers(root, keys, metadata.SNAPSHOT)
	if err != nil {
		return nil, err
	}
	meta := metadata.Snapshot(expiry(metadata.SNAPSHOT, now))
	if old != nil {
		meta.Signed.Version = old.Signed.Version + 1
	}
	if meta.Signed.Meta["targets.json"], err = r.describe(metadata.TARGETS, targets.Signed.Version); err != nil {
		return nil, err
	}
	return meta, write(r, metadata.SNAPSHOT, meta.Signed.Version, meta, by)
}

func (r *Repository) signTimestamp(root *metadata.Metadata[metadata.RootType], keys map[string]key, now time.Time, snapshot *metadata.Metadata[metadata.SnapshotType]) (*metadata.Metadata[metadata.TimestampType], error) {
	by, err := signers(root, keys, metadata.TIMESTAMP)
	if err != nil {
		return nil, err
	}
	meta := metadata.Timestamp(expiry(metadata.TIMESTAMP, now))
	old, err := readTimestamp(r.path("metadata"))
	if err != nil {
		return nil, err
	}
	if old != nil {
		meta.Signed.Version = old.Signed.Version + 1
	}
	if meta.Signed.Meta["snapshot.json"], err = r.describe(metadata.SNAPSHOT, snapshot.Signed.Version); err != nil {
		return nil, err
	}
	meta.Signed.UnrecognizedFields = map[string]any{trust.SignedAt: now.UTC().Format(time.RFC3339)}
	if err := signWith(meta, by); err != nil {
		return nil, err
	}
	return meta, writeMetadata(r.path("metadata", "timestamp.json"), meta)
}

// write signs metadata and keeps it under its version.
func write[T metadata.Roles](r *Repository, role string, version int64, meta *metadata.Metadata[T], by []key) error {
	if err := signWith(meta, by); err != nil {
		return err
	}
	return writeMetadata(r.path("metadata", fmt.Sprintf("%d.%s.json", version, role)), meta)
}

// describe gives the length and hash of metadata as they were written.
func (r *Repository) describe(role string, version int64) (*metadata.MetaFiles, error) {
	b, err := os.ReadFile(r.path("metadata", fmt.Sprintf("%d.%s.json", version, role)))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", role, err)
	}
	info, err := metadata.TargetFile().FromBytes(role, b, "sha256")
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", role, err)
	}
	meta := metadata.MetaFile(version)
	meta.Length, meta.Hashes = info.Length, info.Hashes
	return meta, nil
}

// latest reads the highest version of a role; nil when there is none.
func latest[T metadata.Roles](dir, role string, into *metadata.Metadata[T]) (*metadata.Metadata[T], error) {
	versions, err := sortedVersions(dir, role)
	if err != nil || len(versions) == 0 {
		return nil, err
	}
	return readMetadata(filepath.Join(dir, fmt.Sprintf("%d.%s.json", versions[len(versions)-1], role)), into)
}

func readTimestamp(dir string) (*metadata.Metadata[metadata.TimestampType], error) {
	path := filepath.Join(dir, "timestamp.json")
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return nil, nil
	}
	return readMetadata(path, metadata.Timestamp())
}

func readMetadata[T metadata.Roles](path string, into *metadata.Metadata[T]) (*metadata.Metadata[T], error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read metadata: %w", err)
	}
	meta, err := into.FromBytes(b)
	if err != nil {
		return nil, preau.E(preau.Corrupt, path+" cannot be read", "Restore it from a copy of the repository.", err)
	}
	return meta, nil
}
