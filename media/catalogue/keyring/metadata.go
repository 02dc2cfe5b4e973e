package keyring

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"preau"
	"preau/internal/durable"
)

// How long each role's signature is valid. The timestamp is short: a box that
// is kept from newer ones notices within a month. None of them stops a box
// from serving what it has. A publisher's role is as valid as targets.
var validity = map[string]time.Duration{
	metadata.ROOT:      2 * 365 * 24 * time.Hour,
	metadata.TARGETS:   365 * 24 * time.Hour,
	metadata.SNAPSHOT:  90 * 24 * time.Hour,
	metadata.TIMESTAMP: 30 * 24 * time.Hour,
}

func validFor(role string) time.Duration {
	if d, ok := validity[role]; ok {
		return d
	}
	return validity[metadata.TARGETS]
}

// Expiry is until when what is signed now is valid.
func Expiry(role string, now time.Time) time.Time {
	return now.Add(validFor(role)).UTC().Truncate(time.Second)
}

// Due reports whether less than half of a role's validity is left.
func Due(role string, expires, now time.Time) bool { return expires.Sub(now) < validFor(role)/2 }

// Roles are those of every catalogue, in the order in which they are signed.
var Roles = []string{metadata.ROOT, metadata.TARGETS, metadata.SNAPSHOT, metadata.TIMESTAMP}

// Reserved reports whether a publisher cannot have that name.
func Reserved(name string) bool { return slices.Contains(Roles, name) }

// FileName is that of a version of a role.
func FileName(role string, version int64) string {
	if role == metadata.TIMESTAMP {
		return "timestamp.json"
	}
	return fmt.Sprintf("%d.%s.json", version, role)
}

// Versions lists the versions of role in a metadata folder, the highest last.
func Versions(dir, role string) ([]int64, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*."+role+".json"))
	if err != nil {
		return nil, fmt.Errorf("list metadata: %w", err)
	}
	var list []int64
	for _, file := range files {
		number, ok := strings.CutSuffix(filepath.Base(file), "."+role+".json")
		if v, err := strconv.ParseInt(number, 10, 64); ok && err == nil && v > 0 {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, cmp.Compare[int64])
	return list, nil
}

// Latest reads the highest version of a role; nil when there is none.
func Latest[T metadata.Roles](dir, role string, into *metadata.Metadata[T]) (*metadata.Metadata[T], error) {
	if role == metadata.TIMESTAMP {
		path := filepath.Join(dir, FileName(role, 0))
		if _, err := os.Stat(path); os.IsNotExist(err) {
			return nil, nil
		}
		return Read(path, into)
	}
	versions, err := Versions(dir, role)
	if err != nil || len(versions) == 0 {
		return nil, err
	}
	return Read(filepath.Join(dir, FileName(role, versions[len(versions)-1])), into)
}

// maxMetadata bounds a file of metadata.
const maxMetadata = 8 << 20

// Read reads one file of metadata.
func Read[T metadata.Roles](path string, into *metadata.Metadata[T]) (*metadata.Metadata[T], error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read metadata: %w", err)
	}
	if info.Size() > maxMetadata {
		return nil, preau.E(preau.TooLarge, path+" is too long for metadata", "Restore it from a copy of the repository.", nil)
	}
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

// write writes metadata whole.
func write[T metadata.Roles](path string, meta *metadata.Metadata[T]) error {
	b, err := meta.ToBytes(true)
	if err != nil {
		return fmt.Errorf("encode metadata: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make a folder of metadata: %w", err)
	}
	return durable.WriteBytes(path, 0o644, b)
}

// Describe gives the length and hash of metadata as they were written.
func (r *Ring) Describe(role string, version int64) (*metadata.MetaFiles, error) {
	b, err := os.ReadFile(filepath.Join(r.Metadata(), FileName(role, version)))
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
