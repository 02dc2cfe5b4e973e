package trust_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"maps"
	"testing"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"preau"
	"preau/media/catalogue/trust"
)

// says refuses what the mirror offers and reads what the technician reads.
func (b *box) says(r *repo, want trust.Reason, text, remedy string) {
	b.t.Helper()
	_, err := b.refresh(r)
	e, _ := err.(*preau.Error)
	if trust.ReasonOf(err) != want || e == nil || e.Text != text || e.Remedy != remedy {
		b.t.Fatalf("got %v → %s (%s)\nwant %s → %s (%s)", err, preau.RemedyOf(err), trust.ReasonOf(err), text, remedy, want)
	}
}

const (
	saysOld = "the catalogue offered is older than the one this box has accepted"
	doesOld = "Use the current one: an old copy on a stick or a mirror must be brought up to date."

	saysExpired = "the catalogue offered is past its date; the box still serves what was verified"
	doesExpired = "Have the publisher sign it again (preau catalogue sign, publish), and check the box's clock (preau doctor)."

	saysMixed = "the catalogue's files do not belong together or were altered"
	doesMixed = "Try again in a moment; if it lasts, have it published or copied again."

	saysUnsigned = "the catalogue is not signed by the keys this box trusts"
	doesUnsigned = "Check its address. If the publisher changed all its keys, provision the box again with the new root."

	saysLong = "a file of the catalogue is longer than allowed"
	doesLong = "Have it published again; if it lasts, do not trust this source."
)

func TestAttack_ReplayedOlderCatalogue(t *testing.T) {
	r, b := setup(t)
	old := r.copyFiles()
	r.publish("two")
	b.accepts(r, "two")
	good := r.files
	r.files = old
	b.says(r, trust.Rollback, saysOld, doesOld)
	b.restart()
	b.says(r, trust.Rollback, saysOld, doesOld)
	r.files = good
	b.accepts(r, "two")
}

func TestAttack_FrozenCatalogue(t *testing.T) {
	r, b := setup(t)
	b.accepts(r, "one")
	frozen := r.copyFiles()
	r.publish("two") // the mirror hides it
	good := r.files
	r.files = frozen
	b.accepts(r, "one") // nothing shows within the month
	b.clock.now = start.AddDate(0, 0, 31)
	b.says(r, trust.Expired, saysExpired, doesExpired)
	r.files, r.now = good, b.clock.now
	r.publish("three")
	b.accepts(r, "three")
}

// TestAttack_MixedMetadata: files of two versions, each truly signed.
func TestAttack_MixedMetadata(t *testing.T) {
	for name, mix := range map[string]func(r *repo, one map[string][]byte){
		"targets of one under the snapshot of two": func(r *repo, one map[string][]byte) {
			r.files["metadata/2.targets.json"] = one["metadata/1.targets.json"]
		},
		"snapshot of one under the timestamp of two": func(r *repo, one map[string][]byte) {
			r.files["metadata/2.snapshot.json"] = one["metadata/1.snapshot.json"]
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, b := setup(t)
			b.accepts(r, "one")
			one := r.copyFiles()
			r.publish("two")
			good := r.copyFiles()
			mix(r, one)
			b.says(r, trust.Mixed, saysMixed, doesMixed)
			r.files = good
			b.accepts(r, "two")
		})
	}
}

// TestAttack_StolenTimestampKey: with it a thief can freeze, and no more: not
// bring an old catalogue back, not offer another's, not mix. Once the root
// rotates the key the thief is refused, across a restart too.
func TestAttack_StolenTimestampKey(t *testing.T) {
	r, b := setup(t)
	r.publish("two")
	b.accepts(r, "two")
	stolen := r.keys["timestamp"]
	good := r.copyFiles()

	r.stamp(1) // an older snapshot under a fresh timestamp
	b.says(r, trust.Rollback, saysOld, doesOld)
	r.files = copyOf(good)

	keys := maps.Clone(r.keys)
	r.keys["targets"], r.keys["snapshot"] = newRepo(t).keys["targets"], newRepo(t).keys["snapshot"]
	r.publish("evil") // what it makes up itself
	b.says(r, trust.Signature, saysUnsigned, doesUnsigned)
	r.files, r.keys = copyOf(good), keys

	r.publish("three") // the publisher goes on
	b.accepts(r, "three")
	newest := r.next["snapshot"]
	r.stamp(newest) // a freeze: the same content, for ever fresh
	b.accepts(r, "three")

	r.rotate("timestamp")
	r.stamp(newest)
	b.accepts(r, "three")
	rotated := r.copyFiles()
	r.keys["timestamp"] = stolen
	r.next["timestamp"] = 500
	r.stamp(newest)
	delete(r.files, "metadata/2.root.json") // and it hides the root that revoked it
	b.says(r, trust.Signature, saysUnsigned, doesUnsigned)
	b.restart()
	b.says(r, trust.Signature, saysUnsigned, doesUnsigned)
	r.files = rotated
	b.accepts(r, "three")
}

func copyOf(files map[string][]byte) map[string][]byte {
	c := map[string][]byte{}
	for name, b := range files {
		c[name] = bytes.Clone(b)
	}
	return c
}

// TestAttack_ThresholdNotMet: two of three keys must sign targets; one was
// stolen.
func TestAttack_ThresholdNotMet(t *testing.T) {
	r := newRepo(t)
	keys := []ed25519.PrivateKey{r.keys["targets"]}
	for range 2 {
		r.newKeyBeside("targets")
		keys = append(keys, r.keys["targets"])
	}
	r.root.Signed.Roles["targets"].Threshold = 2
	r.signRoot(r.keys["root"])
	b := newBox(t, r.files["metadata/1.root.json"])
	r.signers = keys[1:]
	r.publish("one")
	b.accepts(r, "one")
	for _, by := range [][]ed25519.PrivateKey{keys[:1], {keys[0], newRepo(t).keys["targets"]}} {
		good := r.copyFiles()
		r.signers = by
		r.publish("evil")
		b.says(r, trust.Signature, saysUnsigned, doesUnsigned)
		r.files = good
	}
	r.signers = []ed25519.PrivateKey{keys[0], keys[2]}
	r.publish("two")
	b.accepts(r, "two")
}

// TestAttack_RootRollback: an old root where the next is looked for, and a
// next root that only its own keys sign.
func TestAttack_RootRollback(t *testing.T) {
	r, b := setup(t)
	r.rotate("timestamp")
	r.publish("two")
	b.accepts(r, "two")
	r.files["metadata/3.root.json"] = r.files["metadata/1.root.json"]
	b.says(r, trust.Rollback, saysOld, doesOld)
	b.restart()
	b.says(r, trust.Rollback, saysOld, doesOld)
	other := newRepo(t)
	other.root.Signed.Version = 3
	r.files["metadata/3.root.json"] = other.signRoot(other.keys["root"])
	b.says(r, trust.Signature, saysUnsigned, doesUnsigned)
	delete(r.files, "metadata/3.root.json")
	b.accepts(r, "two")
}

// TestRoot_ChainOfMany: a box provisioned long ago follows every rotation, of
// the root's own keys too, each signed by the old and the new.
func TestRoot_ChainOfMany(t *testing.T) {
	r, b := setup(t)
	b.accepts(r, "one")
	for i := range 12 {
		r.rotate([]string{"root", "targets", "snapshot", "timestamp"}[i%4])
	}
	r.publish("two")
	b.restart()
	b.accepts(r, "two")
	last := fmt.Sprintf("metadata/%d.root.json", r.root.Signed.Version)
	r.rotate("root")
	next := fmt.Sprintf("metadata/%d.root.json", r.root.Signed.Version)
	meta, err := metadata.Root().FromBytes(r.files[next])
	r.check(err)
	meta.Signatures = meta.Signatures[1:] // the old keys have not signed
	r.files[next], err = meta.ToBytes(false)
	r.check(err)
	b.says(r, trust.Signature, saysUnsigned, doesUnsigned)
	if r.files[last] == nil {
		t.Fatal("the chain has no such root")
	}
}

func TestAttack_EndlessData(t *testing.T) {
	for _, name := range []string{"metadata/timestamp.json", "metadata/2.snapshot.json", "metadata/2.targets.json", "metadata/2.root.json"} {
		t.Run(name, func(t *testing.T) {
			r, b := setup(t)
			b.accepts(r, "one")
			r.publish("two")
			good := r.copyFiles()
			r.files[name] = bytes.Repeat([]byte(" "), 8<<20)
			b.says(r, trust.TooLong, saysLong, doesLong)
			r.files = good
			b.accepts(r, "two")
		})
	}
}

// TestAttack_TruncatedOnDiskAfterPowerCut: every kept body cut short at once;
// the box asks for them again and takes the current catalogue, not an old one.
func TestAttack_TruncatedOnDiskAfterPowerCut(t *testing.T) {
	r, b := setup(t)
	old := r.copyFiles()
	r.publish("two")
	b.accepts(r, "two")
	for _, cut := range []string{"x''", "substr(body, 1, length(body) - 1)", "substr(body, 1, 100)", "zeroblob(length(body))"} {
		b.damage("UPDATE catalogue_role SET body = " + cut)
		b.restart()
		good := r.files
		r.files = old
		b.says(r, trust.Rollback, saysOld, doesOld)
		r.files = good
		b.accepts(r, "two")
	}
}
