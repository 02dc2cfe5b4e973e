package trust_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path/filepath"
	"testing"
	"time"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"

	"preau"
	"preau/internal/sqlite"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/trust"
)

// repo simulates a publisher that can do anything its keys allow, and a
// mirror that can do anything to files.
type repo struct {
	t       *testing.T
	keys    map[string]ed25519.PrivateKey
	root    *metadata.Metadata[metadata.RootType]
	files   map[string][]byte // what the mirror serves
	now     time.Time
	next    map[string]int64
	fail    error // when set, the mirror is out of reach
	grants  []*grant
	signers []ed25519.PrivateKey // of targets, when not keys["targets"]
}

// grant is a publisher of the simulation and what it delivered last.
type grant struct {
	name      string
	keys      []ed25519.PrivateKey
	threshold int
	version   int64
	paths     []string // of the delegation; nil: its own folder
	more      int      // packs of 16 MB that its list names besides
}

var start = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func newRepo(t *testing.T) *repo {
	r := &repo{t: t, keys: map[string]ed25519.PrivateKey{}, files: map[string][]byte{}, now: start, next: map[string]int64{}}
	r.root = metadata.Root(start.AddDate(2, 0, 0))
	for _, role := range []string{"root", "targets", "snapshot", "timestamp"} {
		r.newKey(role)
	}
	r.signRoot(r.keys["root"])
	return r
}

func (r *repo) newKey(role string) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	r.check(err)
	r.keys[role] = private
	public, err := metadata.KeyFromPublicKey(private.Public())
	r.check(err)
	r.root.Signed.Roles[role].KeyIDs = nil
	r.check(r.root.Signed.AddKey(public, role))
}

// newKeyBeside adds a key to those of a role.
func (r *repo) newKeyBeside(role string) {
	ids := r.root.Signed.Roles[role].KeyIDs
	r.newKey(role)
	r.root.Signed.Roles[role].KeyIDs = append(ids, r.root.Signed.Roles[role].KeyIDs...)
}

func (r *repo) signRoot(by ...ed25519.PrivateKey) []byte {
	r.root.ClearSignatures()
	b := sign(r, r.root, by...)
	r.files[fmt.Sprintf("metadata/%d.root.json", r.root.Signed.Version)] = b
	return b
}

// rotate gives role a new key in a new root.
func (r *repo) rotate(role string) {
	old := r.keys["root"]
	r.newKey(role)
	r.root.Signed.Version++
	r.signRoot(old, r.keys["root"])
}

func sign[T metadata.Roles](r *repo, meta *metadata.Metadata[T], by ...ed25519.PrivateKey) []byte {
	for i, private := range by {
		if i > 0 && private.Equal(by[0]) {
			continue
		}
		signer, err := signature.LoadED25519Signer(private)
		r.check(err)
		_, err = meta.Sign(signer)
		r.check(err)
	}
	b, err := meta.ToBytes(false)
	r.check(err)
	return b
}

func (r *repo) check(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// publish signs a version with one target, data.json.
func (r *repo) publish(data string) {
	sum := sha256.Sum256([]byte(data))
	r.files["targets/"+hex.EncodeToString(sum[:])+".data.json"] = []byte(data)
	targets := metadata.Targets(r.now.AddDate(1, 0, 0))
	targets.Signed.Version = r.version("targets")
	info, err := metadata.TargetFile().FromBytes("data.json", []byte(data), "sha256")
	r.check(err)
	targets.Signed.Targets["data.json"] = info
	r.delegate(targets)
	signers := r.signers
	if signers == nil {
		signers = []ed25519.PrivateKey{r.keys["targets"]}
	}
	r.put("targets", targets.Signed.Version, sign(r, targets, signers...))
	snapshot := metadata.Snapshot(r.now.AddDate(0, 0, 90))
	snapshot.Signed.Version = r.version("snapshot")
	snapshot.Signed.Meta["targets.json"] = r.describe("targets", targets.Signed.Version)
	for _, g := range r.grants {
		if g.version > 0 {
			snapshot.Signed.Meta[g.name+".json"] = r.describe(g.name, g.version)
		}
	}
	r.put("snapshot", snapshot.Signed.Version, sign(r, snapshot, r.keys["snapshot"]))
	r.stamp(snapshot.Signed.Version)
}

// stamp signs a timestamp over a snapshot.
func (r *repo) stamp(snapshot int64) {
	timestamp := metadata.Timestamp(r.now.AddDate(0, 0, 30))
	timestamp.Signed.Version = r.version("timestamp")
	timestamp.Signed.Meta["snapshot.json"] = r.describe("snapshot", snapshot)
	timestamp.Signed.UnrecognizedFields = map[string]any{trust.SignedAt: r.now.Format(time.RFC3339)}
	r.files["metadata/timestamp.json"] = sign(r, timestamp, r.keys["timestamp"])
}

func (r *repo) version(role string) int64 { r.next[role]++; return r.next[role] }

func (r *repo) put(role string, version int64, b []byte) {
	r.files[fmt.Sprintf("metadata/%d.%s.json", version, role)] = b
}

func (r *repo) describe(role string, version int64) *metadata.MetaFiles {
	b := r.files[fmt.Sprintf("metadata/%d.%s.json", version, role)]
	info, err := metadata.TargetFile().FromBytes(role, b, "sha256")
	r.check(err)
	meta := metadata.MetaFile(version)
	meta.Length, meta.Hashes = info.Length, info.Hashes
	return meta
}

// copyFiles is the mirror as it is now, to be served again later.
func (r *repo) copyFiles() map[string][]byte { return maps.Clone(r.files) }

func (r *repo) String() string { return "the simulated mirror" }

func (r *repo) Fetch(_ context.Context, name string, limit int64) ([]byte, error) {
	if r.fail != nil {
		return nil, r.fail
	}
	b, ok := r.files[name]
	if !ok {
		return nil, preau.E(preau.NotFound, "no "+name, "", nil)
	}
	if int64(len(b)) > limit {
		return nil, preau.E(preau.TooLarge, name+" is too long", "", nil)
	}
	return b, nil
}

// clock is set by the test.
type clock struct {
	now   time.Time
	state preau.ClockState
}

func (c *clock) Now() time.Time          { return c.now }
func (c *clock) State() preau.ClockState { return c.state }

// box is a client on a database of its own.
type box struct {
	t      *testing.T
	db     *sqlite.DB
	clock  *clock
	client *trust.Client
	pinned []byte
}

func newBox(t *testing.T, pinned []byte) *box {
	b := &box{t: t, clock: &clock{start, preau.ClockSynced}, pinned: pinned}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "preau.db"), b.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	b.db = db
	b.restart()
	return b
}

// restart is what a power cut leaves: the database and the pinned root.
func (b *box) restart() {
	b.t.Helper()
	client, err := trust.Open(b.t.Context(), trust.Config{DB: b.db, Clock: b.clock, Root: b.pinned})
	if err != nil {
		b.t.Fatal(err)
	}
	b.client = client
}

// refresh returns what data.json says.
func (b *box) refresh(r *repo) (string, error) {
	v, err := b.client.Refresh(b.t.Context(), r)
	if err != nil {
		return "", err
	}
	defer v.Close()
	data, err := v.Target(b.t.Context(), "data.json", 1<<20)
	return string(data), err
}

func (b *box) accepts(r *repo, want string) {
	b.t.Helper()
	if got, err := b.refresh(r); err != nil || got != want {
		b.t.Fatalf("got %q, %v; want %q", got, err, want)
	}
}

func (b *box) refuses(r *repo, want trust.Reason) {
	b.t.Helper()
	got, err := b.refresh(r)
	if trust.ReasonOf(err) != want {
		b.t.Fatalf("got %q, %v; want a refusal for %s", got, err, want)
	}
	if preau.RemedyOf(err) == "" {
		b.t.Fatalf("%v has no remedy", err)
	}
}

// damage changes what the database holds.
func (b *box) damage(query string, args ...any) {
	b.t.Helper()
	err := b.db.Write(b.t.Context(), func(tx *sqlite.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// grant names a publisher in the next version.
func (r *repo) grant(name string, keys, threshold int) *grant {
	g := &grant{name: name, threshold: threshold}
	g.renew(r, keys)
	r.grants = append(r.grants, g)
	return g
}

// renew gives a publisher other keys.
func (g *grant) renew(r *repo, keys int) {
	g.keys = nil
	for range keys {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		r.check(err)
		g.keys = append(g.keys, private)
	}
}

// delegate writes the delegations into targets.
func (r *repo) delegate(targets *metadata.Metadata[metadata.TargetsType]) {
	if len(r.grants) == 0 {
		return
	}
	d := &metadata.Delegations{Keys: map[string]*metadata.Key{}}
	for _, g := range r.grants {
		role := metadata.DelegatedRole{Name: g.name, Threshold: g.threshold, Terminating: true, Paths: g.paths}
		if role.Paths == nil {
			role.Paths = []string{"publishers/" + g.name + "/*"}
		}
		for _, private := range g.keys {
			public, err := metadata.KeyFromPublicKey(private.Public())
			r.check(err)
			id, err := public.ID()
			r.check(err)
			d.Keys[id] = public
			role.KeyIDs = append(role.KeyIDs, id)
		}
		d.Roles = append(d.Roles, role)
	}
	targets.Signed.Delegations = d
}

// deliver signs what a publisher offers: an index with one pack of items, and
// whatever else it claims to sign. by are the keys that sign.
func (g *grant) deliver(r *repo, items string, by []ed25519.PrivateKey, more ...string) {
	g.version++
	pack := fmt.Sprintf(`{"format":1,"slug":"p","version":%d,"items":[%s]}`, g.version, items)
	sum := sha256.Sum256([]byte(pack))
	r.files[fmt.Sprintf("targets/publishers/%s/packs/p/%x.%d.json", g.name, sum, g.version)] = []byte(pack)
	index := fmt.Sprintf(`{"format":2,"made":"2026-11-23T08:00:00Z","packs":[{"slug":"p","version":%d,"sha256":"%x","size":%d}`, g.version, sum, len(pack))
	for n := range g.more {
		index += fmt.Sprintf(`,{"slug":"x%02d","version":1,"sha256":"%x","size":%d}`, n, sum, notice.MaxPack)
	}
	index += "]}"
	sum = sha256.Sum256([]byte(index))
	r.files[fmt.Sprintf("targets/publishers/%s/%x.index.json", g.name, sum)] = []byte(index)
	meta := metadata.Targets(r.now.AddDate(1, 0, 0))
	meta.Signed.Version = g.version
	for _, path := range append([]string{"publishers/" + g.name + "/index.json"}, more...) {
		info, err := metadata.TargetFile().FromBytes(path, []byte(index), "sha256")
		r.check(err)
		meta.Signed.Targets[path] = info
	}
	r.put(g.name, g.version, sign(r, meta, by...))
}
