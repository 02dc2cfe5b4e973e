package publisher

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"preau"
	"preau/media/catalogue/keyring"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/trust"
)

// SignOptions of Sign.
type SignOptions struct {
	Keys []string // folders of keys besides the repository's own
	As   string   // the publisher whose folder this must be; "" for what it is
	Now  time.Time
}

// Signed says what Sign made.
type Signed struct {
	Publisher string    `json:"publisher,omitempty"`
	Items     int       `json:"items"`
	Packs     int       `json:"packs"`
	Root      int64     `json:"root"`
	Targets   int64     `json:"targets"` // or that of the publisher's role
	Snapshot  int64     `json:"snapshot"`
	Timestamp int64     `json:"timestamp"`
	Changed   bool      `json:"changed"`         // there is new content, not only new dates
	Expires   time.Time `json:"expires"`         // when it must be signed again
	Stale     []string  `json:"stale,omitempty"` // publishers whose delivery boxes refuse: they must sign again
}

func (s *Signed) until(expires time.Time) {
	if s.Expires.IsZero() || expires.Before(s.Expires) {
		s.Expires = expires
	}
}

// Sign signs what was added. Without new content only the roles whose date
// comes near, or whose keys changed, are signed again: the timestamp always,
// so that a routine can run this with the snapshot's and the timestamp's keys
// alone. What has not enough signatures waits in pending/.
func (r *Repository) Sign(ctx context.Context, opts SignOptions) (Signed, error) {
	if opts.As != "" && opts.As != r.publisher {
		return Signed{}, preau.E(preau.Invalid, fmt.Sprintf("%s is not the folder of publisher %.70s", r.dir, opts.As),
			"Make that publisher's folder with preau catalogue init FOLDER --as "+opts.As+", on the publisher's own machine.", nil)
	}
	keys, err := keyring.Load(append([]string{r.ring.Keys()}, opts.Keys...)...)
	if err != nil {
		return Signed{}, err
	}
	if r.publisher != "" {
		return r.signPublisher(ctx, keys, opts.Now)
	}
	root, err := r.ring.RenewRoot(keys, opts.Now)
	if err != nil {
		return Signed{}, err
	}
	if root.Signed.IsExpired(opts.Now) {
		return Signed{}, preau.E(preau.Expired, fmt.Sprintf("the root expired on %s, and boxes refuse this catalogue", root.Signed.Expires.Format(time.DateOnly)),
			"Sign again with enough of the root's keys at hand (--keys): boxes follow a new root even from an expired one.", nil)
	}
	s := Signed{Root: root.Signed.Version, Expires: root.Signed.Expires}
	targets, err := r.signTargets(ctx, root, keys, opts.Now, &s)
	if err != nil {
		return Signed{}, err
	}
	snapshot, err := r.signSnapshot(root, keys, opts.Now, targets, &s)
	if err != nil {
		return Signed{}, err
	}
	timestamp, err := r.signTimestamp(root, keys, opts.Now, snapshot)
	if err != nil {
		return Signed{}, err
	}
	s.Targets, s.Snapshot, s.Timestamp = targets.Signed.Version, snapshot.Signed.Version, timestamp.Signed.Version
	s.until(targets.Signed.Expires)
	s.until(snapshot.Signed.Expires)
	s.until(timestamp.Signed.Expires)
	return s, nil
}

type (
	targetsMeta   = metadata.Metadata[metadata.TargetsType]
	snapshotMeta  = metadata.Metadata[metadata.SnapshotType]
	timestampMeta = metadata.Metadata[metadata.TimestampType]
)

// signList signs an index, and what else targets says, under a role.
func (r *Repository) signList(a keyring.Authority, keys keyring.Keys, now time.Time, next *targetsMeta) (_ *targetsMeta, changed bool, err error) {
	old, err := keyring.Latest(r.ring.Metadata(), a.Role, metadata.Targets())
	if err != nil {
		return nil, false, err
	}
	if old != nil {
		if changed, err = differ(old, next); err != nil {
			return nil, false, err
		}
		if !changed && !keyring.Due(a.Role, old.Signed.Expires, now) && a.Holds(old) {
			return old, false, nil
		}
		next.Signed.Version = old.Signed.Version + 1
	}
	next.Signed.Expires = keyring.Expiry(a.Role, now)
	// What waits for signatures keeps its date, or they would gather on nothing.
	waits, err := keyring.Latest(r.ring.Pending(), a.Role, metadata.Targets())
	if err != nil {
		return nil, false, err
	}
	if waits != nil && waits.Signed.Version == next.Signed.Version && !keyring.Due(a.Role, waits.Signed.Expires, now) {
		next.Signed.Expires = waits.Signed.Expires
	}
	return next, changed || old == nil, keyring.Seal(r.ring, a, next.Signed.Version, next, keys)
}

func differ(old, next *targetsMeta) (bool, error) {
	say := func(m *targetsMeta) (string, error) {
		b, err := json.Marshal([]any{m.Signed.Targets, m.Signed.Delegations})
		return string(b), err
	}
	x, err := say(old)
	if err != nil {
		return false, fmt.Errorf("encode targets: %w", err)
	}
	y, err := say(next)
	return x != y, err
}

func addTarget(meta *targetsMeta, path string, b []byte) error {
	info, err := metadata.TargetFile().FromBytes(path, b, "sha256")
	if err != nil {
		return fmt.Errorf("describe target %s: %w", path, err)
	}
	meta.Signed.Targets[path] = info
	return nil
}

func (r *Repository) signTargets(ctx context.Context, root *keyring.Root, keys keyring.Keys, now time.Time, s *Signed) (*targetsMeta, error) {
	_, rawTaxons, err := r.taxons("")
	if err != nil {
		return nil, err
	}
	l, err := r.stock.Build(ctx, rawTaxons, now)
	if err != nil {
		return nil, err
	}
	s.Items, s.Packs = l.Items, l.Packs
	next := metadata.Targets()
	if err := addTarget(next, notice.IndexPath, l.Index); err != nil {
		return nil, err
	}
	if len(rawTaxons) > 0 {
		if err := addTarget(next, notice.TaxonsPath, rawTaxons); err != nil {
			return nil, err
		}
	}
	grants, err := r.ring.Grants()
	if err != nil {
		return nil, err
	}
	next.Signed.Delegations = keyring.Delegations(grants)
	meta, changed, err := r.signList(keyring.Top(root, metadata.TARGETS), keys, now, next)
	s.Changed = changed
	return meta, err
}

// signPublisher signs what a publisher offers, under its own role.
func (r *Repository) signPublisher(ctx context.Context, keys keyring.Keys, now time.Time) (Signed, error) {
	grant, err := r.ring.Grant(r.publisher)
	if err != nil {
		return Signed{}, err
	}
	l, err := r.stock.Build(ctx, nil, now)
	if err != nil {
		return Signed{}, err
	}
	next := metadata.Targets()
	if err := addTarget(next, notice.PublisherPath(r.publisher), l.Index); err != nil {
		return Signed{}, err
	}
	meta, changed, err := r.signList(grant.Authority(), keys, now, next)
	if err != nil {
		return Signed{}, err
	}
	return Signed{Publisher: r.publisher, Items: l.Items, Packs: l.Packs, Targets: meta.Signed.Version, Changed: changed, Expires: meta.Signed.Expires}, nil
}

func (r *Repository) signSnapshot(root *keyring.Root, keys keyring.Keys, now time.Time, targets *targetsMeta, s *Signed) (*snapshotMeta, error) {
	old, err := keyring.Latest(r.ring.Metadata(), metadata.SNAPSHOT, metadata.Snapshot())
	if err != nil {
		return nil, err
	}
	meta := metadata.Snapshot(keyring.Expiry(metadata.SNAPSHOT, now))
	if old != nil {
		// A role that was named once stays named, even revoked: boxes take its
		// absence for an attack.
		maps.Copy(meta.Signed.Meta, old.Signed.Meta)
	}
	if err := r.nameRoles(meta, targets, now, s); err != nil {
		return nil, err
	}
	a := keyring.Top(root, metadata.SNAPSHOT)
	if old != nil {
		same := maps.EqualFunc(old.Signed.Meta, meta.Signed.Meta, func(x, y *metadata.MetaFiles) bool { return x.Version == y.Version })
		if same && !keyring.Due(metadata.SNAPSHOT, old.Signed.Expires, now) && a.Holds(old) {
			return old, nil
		}
		meta.Signed.Version = old.Signed.Version + 1
	}
	return meta, keyring.Seal(r.ring, a, meta.Signed.Version, meta, keys)
}

// nameRoles puts targets and the publishers' deliveries into a snapshot.
func (r *Repository) nameRoles(meta *snapshotMeta, targets *targetsMeta, now time.Time, s *Signed) (err error) {
	if meta.Signed.Meta["targets.json"], err = r.ring.Describe(metadata.TARGETS, targets.Signed.Version); err != nil {
		return err
	}
	grants, err := r.ring.Grants()
	if err != nil {
		return err
	}
	for _, g := range grants {
		delivered, err := keyring.Latest(r.ring.Metadata(), g.Publisher, metadata.Targets())
		if err != nil {
			return err
		}
		if delivered == nil {
			continue
		}
		if meta.Signed.Meta[g.Publisher+".json"], err = r.ring.Describe(g.Publisher, delivered.Signed.Version); err != nil {
			return err
		}
		s.until(delivered.Signed.Expires)
		if !g.Authority().Holds(delivered) || delivered.Signed.IsExpired(now) {
			s.Stale = append(s.Stale, g.Publisher)
		}
	}
	return nil
}

func (r *Repository) signTimestamp(root *keyring.Root, keys keyring.Keys, now time.Time, snapshot *snapshotMeta) (*timestampMeta, error) {
	meta := metadata.Timestamp(keyring.Expiry(metadata.TIMESTAMP, now))
	old, err := keyring.Latest(r.ring.Metadata(), metadata.TIMESTAMP, metadata.Timestamp())
	if err != nil {
		return nil, err
	}
	if old != nil {
		meta.Signed.Version = old.Signed.Version + 1
	}
	if meta.Signed.Meta["snapshot.json"], err = r.ring.Describe(metadata.SNAPSHOT, snapshot.Signed.Version); err != nil {
		return nil, err
	}
	meta.Signed.UnrecognizedFields = map[string]any{trust.SignedAt: now.UTC().Format(time.RFC3339)}
	return meta, keyring.Seal(r.ring, keyring.Top(root, metadata.TIMESTAMP), meta.Signed.Version, meta, keys)
}
