package trust_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"testing"
	"time"

	"preau"
	"preau/media/catalogue/trust"
)

func setup(t *testing.T) (*repo, *box) {
	r := newRepo(t)
	r.publish("one")
	b := newBox(t, r.files["metadata/1.root.json"])
	return r, b
}

func TestRefresh_FollowsWhatIsPublished(t *testing.T) {
	r, b := setup(t)
	b.accepts(r, "one")
	r.publish("two")
	b.restart()
	b.accepts(r, "two")
	b.accepts(r, "two") // nothing new is no fault
	status, err := b.client.Status(t.Context())
	if err != nil || !status.Checked.Equal(start) || !status.Expires.Equal(start.AddDate(0, 0, 30)) {
		t.Errorf("status %+v, %v", status, err)
	}
}

// TestRefresh_Refuses has the mirror and thieves do what they can; after each
// the box accepts the true catalogue again.
func TestRefresh_Refuses(t *testing.T) {
	for name, test := range map[string]struct {
		attack func(r *repo, before map[string][]byte)
		want   trust.Reason
		kind   preau.Kind
	}{
		"a timestamp altered": {func(r *repo, _ map[string][]byte) {
			r.files["metadata/timestamp.json"] = bytes.Replace(r.files["metadata/timestamp.json"], []byte(`"version":2}`), []byte(`"version":3}`), 1)
		}, trust.Signature, preau.Untrusted},
		"a timestamp by another key": {func(r *repo, _ map[string][]byte) {
			other := newRepo(r.t)
			r.keys["timestamp"] = other.keys["timestamp"]
			r.stamp(2)
		}, trust.Signature, preau.Untrusted},
		"targets by another key, the rest stolen": {func(r *repo, _ map[string][]byte) {
			r.keys["targets"] = newRepo(r.t).keys["targets"]
			r.publish("evil")
		}, trust.Signature, preau.Untrusted},
		"targets.json altered": {func(r *repo, _ map[string][]byte) {
			r.files["metadata/2.targets.json"][40] ^= 1
		}, trust.Mixed, preau.Corrupt},
		"targets.json truncated": {func(r *repo, _ map[string][]byte) {
			r.files["metadata/2.targets.json"] = r.files["metadata/2.targets.json"][:100]
		}, trust.Mixed, preau.Corrupt},
		"an older catalogue": {func(r *repo, before map[string][]byte) {
			r.files = before
		}, trust.Rollback, preau.Untrusted},
		"old targets among the new": {func(r *repo, before map[string][]byte) {
			r.files["metadata/2.targets.json"] = before["metadata/1.targets.json"]
		}, trust.Mixed, preau.Corrupt},
		"an old snapshot among the new": {func(r *repo, before map[string][]byte) {
			r.files["metadata/2.snapshot.json"] = before["metadata/1.snapshot.json"]
		}, trust.Mixed, preau.Corrupt},
		"a snapshot longer than signed": {func(r *repo, _ map[string][]byte) {
			r.files["metadata/2.snapshot.json"] = append(r.files["metadata/2.snapshot.json"], ' ')
		}, trust.TooLong, preau.TooLarge},
		"an endless timestamp": {func(r *repo, _ map[string][]byte) {
			r.files["metadata/timestamp.json"] = bytes.Repeat([]byte("a"), 1<<20)
		}, trust.TooLong, preau.TooLarge},
		"a captive portal": {func(r *repo, _ map[string][]byte) {
			for name := range r.files {
				r.files[name] = []byte("<html>Bienvenue</html>")
			}
		}, trust.NotOurs, preau.Corrupt},
		"another's root next": {func(r *repo, _ map[string][]byte) {
			other := newRepo(r.t)
			other.root.Signed.Version = 2
			r.files["metadata/2.root.json"] = other.signRoot(other.keys["root"])
		}, trust.Signature, preau.Untrusted},
		"a target altered": {func(r *repo, _ map[string][]byte) {
			for name, b := range r.files {
				if bytes.Equal(b, []byte("two")) {
					r.files[name] = []byte("ten")
				}
			}
		}, trust.Mixed, preau.Corrupt},
		"a target lengthened": {func(r *repo, _ map[string][]byte) {
			for name, b := range r.files {
				if bytes.Equal(b, []byte("two")) {
					r.files[name] = []byte("two and more")
				}
			}
		}, trust.TooLong, preau.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			r, b := setup(t)
			before := r.copyFiles()
			if test.want == trust.Rollback {
				r.publish("two")
				b.accepts(r, "two")
			} else {
				b.accepts(r, "one")
				r.publish("two")
			}
			keys, good := maps.Clone(r.keys), map[string][]byte{}
			for name, body := range r.files {
				good[name] = bytes.Clone(body)
			}
			test.attack(r, before)
			_, err := b.refresh(r)
			if trust.ReasonOf(err) != test.want || preau.KindOf(err) != test.kind || preau.RemedyOf(err) == "" {
				t.Fatalf("%v: reason %q kind %v, want %q %v", err, trust.ReasonOf(err), preau.KindOf(err), test.want, test.kind)
			}
			r.files, r.keys = good, keys
			r.publish("three") // over whatever number a thief reached
			b.restart()
			b.accepts(r, "three")
		})
	}
}

func TestRefresh_ExpiredAndFrozen(t *testing.T) {
	r, b := setup(t)
	b.accepts(r, "one")
	b.clock.now = start.AddDate(0, 0, 31) // the mirror serves the same for a month
	b.refuses(r, trust.Expired)
	r.now = b.clock.now
	r.stamp(1) // the publisher signs the same content again
	b.accepts(r, "one")
}

func TestRefresh_UnreachableIsNoRefusal(t *testing.T) {
	r, b := setup(t)
	r.fail = preau.E(preau.Unavailable, "no line", "wait", errors.New("dial"))
	if _, err := b.refresh(r); preau.KindOf(err) != preau.Unavailable || trust.ReasonOf(err) != "" {
		t.Fatalf("%v", err)
	}
	r.fail = nil
	delete(r.files, "metadata/timestamp.json")
	if _, err := b.refresh(r); preau.KindOf(err) != preau.Unavailable {
		t.Fatalf("an empty address: %v", err)
	}
}

// TestRefresh_TornStateHeals damages every part of what the box holds in
// every way; go-tuf alone stops for ever on nine of these.
func TestRefresh_TornStateHeals(t *testing.T) {
	for _, role := range []string{"timestamp", "snapshot", "targets"} {
		for name, expr := range map[string]string{
			"empty":     "x''",
			"zeros":     "zeroblob(length(body))",
			"truncated": "substr(body, 1, length(body)/2)",
			"garbage":   "randomblob(200)",
			"null":      "CAST('null' AS BLOB)",
			"other":     "CAST('{\"signed\":{},\"signatures\":[]}' AS BLOB)",
		} {
			t.Run(role+" "+name, func(t *testing.T) {
				r, b := setup(t)
				old := r.copyFiles()
				r.publish("two")
				b.accepts(r, "two")
				b.damage("UPDATE catalogue_role SET body = "+expr+" WHERE role = ?", role)
				b.restart()
				good := r.files
				r.files = old
				b.refuses(r, trust.Rollback) // the number outlives the body
				r.files = good
				b.accepts(r, "two")
			})
		}
	}
}

func TestRefresh_AllTornStillRefusesToGoBack(t *testing.T) {
	r, b := setup(t)
	old := r.copyFiles()
	r.publish("two")
	b.accepts(r, "two")
	b.damage("DELETE FROM catalogue_role")
	b.restart()
	good := r.files
	r.files = old
	b.refuses(r, trust.Rollback)
	r.files = good
	b.accepts(r, "two")
}

// TestRefresh_ClockInThePast: a box that wakes in 1970 finds everything
// unexpired; what it knew before tells it better.
func TestRefresh_ClockInThePast(t *testing.T) {
	r, b := setup(t)
	stale := r.copyFiles()
	b.clock.now = start.AddDate(0, 0, 40)
	r.now = b.clock.now
	r.publish("two")
	b.accepts(r, "two")
	b.clock.now, b.clock.state = time.Unix(0, 0), preau.ClockUnsure
	b.damage("DELETE FROM catalogue_role")
	b.damage("DELETE FROM catalogue_floor") // the versions are forgotten, the time is not
	b.restart()
	r.files = stale
	b.refuses(r, trust.Expired)
}

// TestRefresh_UnsureClockLearnsFromTheSignature: the time at which the
// publisher signed is a floor even for a box that never knew the time.
func TestRefresh_UnsureClockLearnsFromTheSignature(t *testing.T) {
	r, b := setup(t)
	b.clock.now, b.clock.state = time.Unix(0, 0), preau.ClockUnsure
	b.accepts(r, "one")
	if floor := b.client.Floor(); !floor.Equal(start) {
		t.Errorf("floor %v, want %v", floor, start)
	}
	b.restart()
	if floor := b.client.Floor(); !floor.Equal(start) {
		t.Errorf("floor after a restart %v, want %v", floor, start)
	}
}

// TestRefresh_LyingClockDoesNotLockTheCatalogue: a time server ten years
// ahead costs refusals while it lasts, no more.
func TestRefresh_LyingClockDoesNotLockTheCatalogue(t *testing.T) {
	r, b := setup(t)
	b.accepts(r, "one")
	b.clock.now = start.AddDate(10, 0, 0)
	b.refuses(r, trust.Expired)
	b.clock.now = start.AddDate(0, 0, 29) // wrong by less than the expiry
	b.accepts(r, "one")
	b.clock.now = start.AddDate(0, 0, 1)
	r.now = b.clock.now
	r.publish("two")
	b.accepts(r, "two")
}

// TestRefresh_RotatedRootIsNotForgotten: the thief holds the old timestamp
// key and hides the root that revoked it.
func TestRefresh_RotatedRootIsNotForgotten(t *testing.T) {
	for _, torn := range []bool{false, true} {
		t.Run(fmt.Sprintf("torn=%v", torn), func(t *testing.T) {
			r, b := setup(t)
			b.accepts(r, "one")
			stolen := r.keys["timestamp"]
			r.rotate("timestamp")
			r.publish("two")
			b.accepts(r, "two")
			good := r.copyFiles()

			delete(r.files, "metadata/2.root.json")
			r.keys["timestamp"] = stolen
			r.next["timestamp"] = 98
			r.stamp(2)
			want := trust.Signature
			if torn {
				b.damage("UPDATE catalogue_root SET body = zeroblob(length(body)) WHERE version = 2")
				want = trust.Rollback
			}
			b.restart()
			b.refuses(r, want)
			r.files = good
			b.accepts(r, "two")
		})
	}
}

// TestRefresh_PinningAnOlderRootForgetsNothing: provisioning again with the
// first root keeps the chain that starts at it; another's root starts anew.
func TestRefresh_Pinning(t *testing.T) {
	r, b := setup(t)
	r.rotate("timestamp")
	r.publish("two")
	b.accepts(r, "two")
	delete(r.files, "metadata/2.root.json")
	b.restart()
	b.accepts(r, "two")

	other := newRepo(t)
	other.publish("theirs")
	b.refuses(other, trust.Signature)
	b.pinned = other.files["metadata/1.root.json"]
	b.restart()
	b.accepts(other, "theirs")
	b.refuses(r, trust.Signature)
}

// TestRefresh_RecoversFromFastForward: a thief signs version 2^40; the
// publisher rotates the key and numbers start again.
func TestRefresh_RecoversFromFastForward(t *testing.T) {
	r, b := setup(t)
	b.accepts(r, "one")
	r.next["timestamp"] = 1 << 40
	r.stamp(1)
	b.accepts(r, "one")
	r.next["timestamp"] = 1
	r.stamp(1)
	b.refuses(r, trust.Rollback)
	r.rotate("timestamp")
	r.publish("two")
	b.accepts(r, "two")
}

func TestRefresh_CancelledChangesNothing(t *testing.T) {
	r, b := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.client.Refresh(ctx, r); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	if s, err := b.client.Status(t.Context()); err != nil || !s.Checked.IsZero() {
		t.Fatalf("status %+v, %v", s, err)
	}
}

func TestTarget_BoundedAndNamed(t *testing.T) {
	r, b := setup(t)
	v, err := b.client.Refresh(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if _, err := v.Target(t.Context(), "data.json", 2); trust.ReasonOf(err) != trust.TooLong {
		t.Errorf("over the limit: %v", err)
	}
	if _, err := v.Target(t.Context(), "other.json", math.MaxInt64); preau.KindOf(err) != preau.NotFound {
		t.Errorf("absent: %v", err)
	}
}

func TestOpen_UnusableRoot(t *testing.T) {
	r, b := setup(t)
	for _, root := range [][]byte{nil, []byte("{}"), []byte("<html>"), r.files["metadata/timestamp.json"], bytes.Replace(r.files["metadata/1.root.json"], []byte(`"version":1`), []byte(`"version":2`), 1)} {
		if _, err := trust.Open(t.Context(), trust.Config{DB: b.db, Clock: b.clock, Root: root}); preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
			t.Errorf("root %.20q: %v", root, err)
		}
	}
}
