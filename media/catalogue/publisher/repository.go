package publisher

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"preau"
	"preau/internal/durable"
)

// Repository is a publisher's folder, held by this process until Close.
type Repository struct {
	dir  string
	lock *durable.Lock
}

// settings is catalogue.json.
type settings struct {
	Format int `json:"format"`
}

const settingsFormat = 1

// How long each role's signature is valid. The timestamp is short: a box that
// is kept from newer ones notices within a month. None of them stops a box
// from serving what it has.
var validity = map[string]time.Duration{
	metadata.ROOT:      2 * 365 * 24 * time.Hour,
	metadata.TARGETS:   365 * 24 * time.Hour,
	metadata.SNAPSHOT:  90 * 24 * time.Hour,
	metadata.TIMESTAMP: 30 * 24 * time.Hour,
}

// InitOptions of a new repository.
type InitOptions struct {
	Keys      int // of root and of targets each
	Threshold int // how many of them must sign
	Now       time.Time
}

const maxKeys = 16

// Init makes keys and an empty repository in dir, and returns where the root
// is that boxes must be given.
func Init(dir string, opts InitOptions) (root string, err error) {
	if opts.Threshold < 1 || opts.Keys < opts.Threshold || opts.Keys > maxKeys {
		return "", preau.E(preau.Invalid, fmt.Sprintf("%d keys of which %d sign cannot be", opts.Keys, opts.Threshold),
			fmt.Sprintf("Take from 1 to %d keys and a threshold no higher.", maxKeys), nil)
	}
	for _, name := range []string{"catalogue.json", "keys"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return "", preau.E(preau.Conflict, fmt.Sprintf("%s has a catalogue already (%s)", dir, name),
				"Give another folder; to renew signatures use preau catalogue sign.", nil)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("look into %s: %w", dir, err)
		}
	}
	for _, sub := range []string{"metadata", "targets", "blobs", "items"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return "", fmt.Errorf("make the repository: %w", err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "keys"), 0o700); err != nil {
		return "", fmt.Errorf("make the folder of keys: %w", err)
	}
	meta := metadata.Root(expiry(metadata.ROOT, opts.Now))
	var rootKeys []key
	for _, role := range []string{metadata.ROOT, metadata.TARGETS, metadata.SNAPSHOT, metadata.TIMESTAMP} {
		n, threshold := 1, 1
		if role == metadata.ROOT || role == metadata.TARGETS {
			n, threshold = opts.Keys, opts.Threshold
		}
		for i := range n {
			k, err := makeKey(filepath.Join(dir, "keys"), fmt.Sprintf("%s-%d.pem", role, i+1))
			if err != nil {
				return "", err
			}
			if err := meta.Signed.AddKey(k.public, role); err != nil {
				return "", fmt.Errorf("add a key to the root: %w", err)
			}
			if role == metadata.ROOT {
				rootKeys = append(rootKeys, k)
			}
		}
		meta.Signed.Roles[role].Threshold = threshold
	}
	if err := signWith(meta, rootKeys); err != nil {
		return "", err
	}
	root = filepath.Join(dir, "metadata", "1.root.json")
	if err := writeMetadata(root, meta); err != nil {
		return "", err
	}
	b, err := json.MarshalIndent(settings{Format: settingsFormat}, "", "  ")
	if err != nil {
		return "", fmt.Errorf("encode settings: %w", err)
	}
	return root, durable.WriteBytes(filepath.Join(dir, "catalogue.json"), 0o644, append(b, '\n'))
}

// Open takes the repository in dir.
func Open(dir string) (*Repository, error) {
	b, err := os.ReadFile(filepath.Join(dir, "catalogue.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, preau.E(preau.NotFound, dir+" is not a catalogue's repository", "Make one with preau catalogue init "+dir+".", err)
	}
	if err != nil {
		return nil, fmt.Errorf("open the repository: %w", err)
	}
	var s settings
	if err := json.Unmarshal(b, &s); err != nil || s.Format != settingsFormat {
		return nil, preau.E(preau.Corrupt, filepath.Join(dir, "catalogue.json")+" cannot be read by this release", "Restore it from a copy, or use the release that wrote it.", err)
	}
	lock, err := durable.LockDir(dir)
	if err != nil {
		return nil, err
	}
	return &Repository{dir, lock}, nil
}

// Close gives the repository back.
func (r *Repository) Close() error { return r.lock.Close() }

func (r *Repository) path(elem ...string) string {
	return filepath.Join(append([]string{r.dir}, elem...)...)
}

func expiry(role string, now time.Time) time.Time {
	return now.Add(validity[role]).UTC().Truncate(time.Second)
}

// writeMetadata writes signed metadata whole.
func writeMetadata[T metadata.Roles](path string, meta *metadata.Metadata[T]) error {
	b, err := meta.ToBytes(true)
	if err != nil {
		return fmt.Errorf("encode metadata: %w", err)
	}
	return durable.WriteBytes(path, 0o644, b)
}
