package publisher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"preau"
	"preau/internal/durable"
	"preau/media/catalogue/keyring"
	"preau/media/catalogue/stock"
)

// Repository is a publisher's folder, held by this process until Close.
type Repository struct {
	// Report hears how far the files being copied are, never twice at once; may
	// be nil.
	Report func(preau.Progress)

	dir       string
	publisher string // "": the catalogue's owner; else a publisher to whom it delegates
	ring      *keyring.Ring
	lock      *durable.Lock
	stock     *stock.Stock
}

// settings is catalogue.json.
type settings struct {
	Format    int    `json:"format"`
	Publisher string `json:"publisher,omitempty"`
}

const settingsFormat = 1

// InitOptions of a new repository.
type InitOptions struct {
	Keys      int    // of root and of targets each, or of the publisher
	Threshold int    // how many of them must sign
	Publisher string // make the folder of a publisher to whom a catalogue delegates
	Now       time.Time
}

// Init makes keys and an empty repository in dir. It returns the root that
// boxes must be given, or for a publisher's folder the public keys that the
// catalogue's owner must be given.
func Init(dir string, opts InitOptions) (file string, err error) {
	for _, name := range []string{"catalogue.json", "keys"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return "", preau.E(preau.Conflict, fmt.Sprintf("%s has a catalogue already (%s)", dir, name),
				"Give another folder; to renew signatures use preau catalogue sign.", nil)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("look into %s: %w", dir, err)
		}
	}
	if opts.Threshold < 1 || opts.Keys < opts.Threshold {
		return "", preau.E(preau.Invalid, fmt.Sprintf("%d keys of which %d sign cannot be", opts.Keys, opts.Threshold), "Take at least one key and a threshold no higher than their number.", nil)
	}
	for _, sub := range []string{"metadata", "targets", "blobs"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return "", fmt.Errorf("make the repository: %w", err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "keys"), 0o700); err != nil {
		return "", fmt.Errorf("make the folder of keys: %w", err)
	}
	ring := keyring.At(dir)
	if opts.Publisher != "" {
		file, err = ring.InitPublisher(opts.Publisher, opts.Keys, opts.Threshold)
	} else {
		file, err = ring.InitRoot(opts.Keys, opts.Threshold, opts.Now)
	}
	if err != nil {
		_ = os.Remove(filepath.Join(dir, "keys")) // empty unless the disk failed: another try is not refused
		return "", err
	}
	b, err := json.MarshalIndent(settings{settingsFormat, opts.Publisher}, "", "  ")
	if err != nil {
		return "", fmt.Errorf("encode settings: %w", err)
	}
	return file, durable.WriteBytes(filepath.Join(dir, "catalogue.json"), 0o644, append(b, '\n'))
}

// Open takes the repository in dir.
func Open(ctx context.Context, dir string) (_ *Repository, err error) {
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
	r := &Repository{dir: dir, publisher: s.Publisher, ring: keyring.At(dir)}
	if r.lock, err = durable.LockDir(dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()
	r.stock, err = stock.Open(ctx, dir, r.publisher)
	return r, err
}

// Publisher is whose folder this is; "" for the catalogue's owner.
func (r *Repository) Publisher() string { return r.publisher }

// Stock is its items and packs.
func (r *Repository) Stock() *stock.Stock { return r.stock }

// Ring is its keys and metadata.
func (r *Repository) Ring() *keyring.Ring { return r.ring }

// Close gives the repository back.
func (r *Repository) Close() error {
	var err error
	if r.stock != nil {
		err = r.stock.Close()
	}
	return errors.Join(err, r.lock.Close())
}

func (r *Repository) path(elem ...string) string {
	return filepath.Join(append([]string{r.dir}, elem...)...)
}
