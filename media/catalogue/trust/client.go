package trust

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/config"
	"github.com/theupdateframework/go-tuf/v2/metadata/updater"

	"preau"
	"preau/internal/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Config is what a client needs.
type Config struct {
	DB    *sqlite.DB
	Clock preau.Clock
	Root  []byte // the pinned root.json
	Log   *slog.Logger
}

// Client verifies one catalogue. Refresh is called by one goroutine at a
// time; the other methods by any.
type Client struct {
	db     *sqlite.DB
	clock  preau.Clock
	log    *slog.Logger
	root   []byte
	anchor string
	floor  atomic.Int64 // milliseconds since 1970
}

// Open prepares the tables and checks the pinned root.
func Open(ctx context.Context, cfg Config) (*Client, error) {
	root, err := metadata.Root().FromBytes(cfg.Root)
	if err == nil {
		err = root.VerifyDelegate(metadata.ROOT, root)
	}
	if err != nil {
		return nil, preau.E(preau.Invalid, "the pinned root of the catalogue cannot be used", "Provision the box again with the publisher's root.json.", err)
	}
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open migrations: %w", err)
	}
	if err := cfg.DB.Migrate(ctx, "catalogue-trust", sub); err != nil {
		return nil, fmt.Errorf("open trust: %w", err)
	}
	c := &Client{db: cfg.DB, clock: cfg.Clock, log: cfg.Log, root: cfg.Root}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if err := c.anchorRoot(ctx, root.Signed.Version); err != nil {
		return nil, fmt.Errorf("pin root: %w", err)
	}
	return c, nil
}

// Floor is the latest time at which a catalogue was known to be valid; the
// zero time when none ever was.
func (c *Client) Floor() time.Time {
	if ms := c.floor.Load(); ms > 0 {
		return time.UnixMilli(ms)
	}
	return time.Time{}
}

// Verified is one version of a catalogue that passed every check.
type Verified struct {
	Root, Timestamp, Snapshot, Targets int64     // versions
	Expires                            time.Time // until when it may be installed

	up      *updater.Updater
	fetcher *fetcher
	client  *Client
	dir     string
}

// Close forgets the temporary copy.
func (v *Verified) Close() {
	_ = os.RemoveAll(v.dir) // a copy in the temporary folder; nothing depends on it
}

// Refresh fetches the newest metadata from source and verifies it. What was
// accepted on the way (a rotated root, a newer timestamp) is kept even when a
// later step fails, as TUF asks; what was refused is not.
func (c *Client) Refresh(ctx context.Context, source Source) (_ *Verified, err error) {
	held, err := c.load(ctx)
	if err != nil {
		return nil, fmt.Errorf("load trusted metadata: %w", err)
	}
	dir, err := os.MkdirTemp("", "preau-catalogue-")
	if err != nil {
		return nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	v := &Verified{dir: dir, client: c, fetcher: &fetcher{ctx: ctx, source: source, roots: map[int64][]byte{}}}
	defer func() {
		if err != nil {
			v.Close()
		}
	}()
	now := c.clock.Now()
	if floor := c.Floor(); now.Before(floor) {
		now = floor
	}
	if v.up, err = open(dir, held, v.fetcher, now); err != nil {
		return nil, classify(err)
	}
	refused := classify(v.up.Refresh())
	if ctx.Err() != nil {
		return nil, fmt.Errorf("refresh: %w", ctx.Err())
	}
	found, err := readBack(dir, v.up, v.fetcher.roots)
	if err != nil {
		return nil, err
	}
	if lower := held.below(c.anchor, found); lower != "" {
		// The torn copy of what we accepted is gone; its number is not.
		return nil, refuse(Rollback, fmt.Errorf("%s is older than the one accepted before", lower))
	}
	if refused == nil {
		found.judge(now, c.clock.State() != preau.ClockUnsure)
	}
	if err := c.save(ctx, held, found); err != nil {
		return nil, fmt.Errorf("keep trusted metadata: %w", err)
	}
	if refused != nil {
		return nil, refused
	}
	v.Root, v.Timestamp, v.Snapshot, v.Targets = found.version["root"], found.version["timestamp"], found.version["snapshot"], found.version["targets"]
	v.Expires = found.expires
	return v, nil
}

// open starts go-tuf's client on what we hold.
func open(dir string, held *state, f *fetcher, now time.Time) (*updater.Updater, error) {
	cfg, err := config.New("metadata", held.root)
	if err != nil {
		return nil, fmt.Errorf("configure the client: %w", err)
	}
	cfg.RemoteMetadataURL = "metadata"
	cfg.RemoteTargetsURL = "targets"
	cfg.LocalMetadataDir = dir
	cfg.LocalTargetsDir = filepath.Join(dir, "targets")
	cfg.Fetcher = f
	for role, body := range held.bodies {
		if err := os.WriteFile(filepath.Join(dir, role+".json"), body, 0o600); err != nil {
			return nil, fmt.Errorf("write a temporary copy: %w", err)
		}
	}
	up, err := updater.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("start the client: %w", err)
	}
	up.UnsafeSetRefTime(now) // "unsafe" because it replaces the clock: ours knows a floor
	return up, nil
}

// Target fetches a signed file and checks its length and hash. More than
// limit bytes are refused before they are asked for.
func (v *Verified) Target(ctx context.Context, path string, limit int64) ([]byte, error) {
	v.fetcher.ctx = ctx
	info, err := v.up.GetTargetInfo(path)
	if err != nil {
		if v.up.GetTopLevelTargets()[path] == nil {
			return nil, preau.E(preau.NotFound, "the catalogue has no "+path, "Have it signed and published again.", err)
		}
		return nil, classify(err)
	}
	if info.Length > limit {
		return nil, refuse(TooLong, fmt.Errorf("%s has %d bytes, over %d", path, info.Length, limit))
	}
	sum, ok := info.Hashes["sha256"]
	if !ok {
		return nil, refuse(NotOurs, fmt.Errorf("%s is signed without a SHA-256", path))
	}
	b, err := v.fetcher.source.Fetch(ctx, "targets/"+HashedPath(path, hex.EncodeToString(sum)), info.Length)
	if err != nil {
		return nil, classify(err)
	}
	if err := info.VerifyLengthHashes(b); err != nil {
		return nil, classify(err)
	}
	return b, nil
}

// HashedPath is where a target's bytes are published: its hash before its
// name, so that two versions never share a file.
func HashedPath(path, sha256 string) string {
	dir, name := filepath.Split(path)
	return dir + sha256 + "." + name
}

func fingerprint(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
