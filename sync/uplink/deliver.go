package uplink

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
	"preau/sync/segment"
)

// timeout bounds one transfer: a thin line is given time, a dead one is not.
func timeout(size int) time.Duration {
	return time.Minute + time.Duration(size/4096)*time.Second
}

// pick chooses the plan that leaves next: the oldest of the stream of highest
// priority, but every twentieth of the lowest that waits, so that it never
// starves. Streams in skip are passed over.
func (u *Uplink) pick(list []plan, skip map[preau.Stream]bool) (best plan, ok bool) {
	u.picks++
	lowest := u.picks%20 == 0
	rank := map[preau.Stream]int{}
	for i, p := range journal.Streams() {
		rank[p.Stream] = i
	}
	for _, p := range list {
		better := !ok || lowest && rank[p.stream] > rank[best.stream] || !lowest && rank[p.stream] < rank[best.stream]
		if !skip[p.stream] && better {
			best, ok = p, true
		}
	}
	return best, ok
}

// deliver brings one plan into the store: objects, then the head, each read
// back.
func (u *Uplink) deliver(ctx context.Context, p plan) error {
	// After a restart the store may hold this place already: a card restored
	// from an image has forgotten what it sent. Looking first spares objects
	// that no head would name.
	if p.epoch != u.cfg.Journal.Epoch() {
		ctx, cancel := context.WithTimeout(ctx, timeout(0))
		defer cancel()
		switch _, err := u.cfg.Bucket.Stat(ctx, p.head.Key); {
		case err == nil:
			if same, err := u.compareHead(ctx, p); err != nil || !same {
				return err
			}
		case preau.KindOf(err) != preau.NotFound:
			return err
		}
	}
	for _, o := range p.objects {
		if u.there[o.Key] && !p.sent { // a line that drops every few requests must still get through
			continue
		}
		if err := u.putObject(ctx, o); err != nil {
			return err
		}
		u.there[o.Key] = true
		if err := u.cfg.Fault("object"); err != nil {
			return err
		}
	}
	same, err := u.putHead(ctx, p)
	if err != nil || !same {
		return err
	}
	if err := u.cfg.Fault("head"); err != nil {
		return err
	}
	err = u.cfg.DB.Write(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.Exec(`UPDATE uplink_segment SET state = 'delivered', sent = ? WHERE id = ?`, tx.Now.UnixMilli(), p.id); err != nil {
			return err
		}
		return setNote(tx, noteDelivery, tx.Now.UTC().Format(time.RFC3339))
	})
	if err != nil {
		return fmt.Errorf("note delivery: %w", err)
	}
	clear(u.there)
	u.cfg.Log.Info("segment delivered", "stream", p.stream, "first", p.first, "last", p.last)
	return u.cfg.Fault("delivered")
}

// putObject creates an object and reads it back. Its key names its hash, so
// other bytes there are damage, and may be replaced.
func (u *Uplink) putObject(ctx context.Context, o place) error {
	data, err := u.spooled(o)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*timeout(len(data)))
	defer cancel()
	if err := u.cfg.Bucket.Create(ctx, o.Key, data); err != nil && preau.KindOf(err) != preau.Conflict {
		return err
	}
	if err := u.cfg.Fault("object put"); err != nil {
		return err
	}
	back, err := u.cfg.Bucket.Get(ctx, o.Key)
	if err != nil || bytes.Equal(back, data) {
		return err
	}
	if err := u.cfg.Bucket.Replace(ctx, o.Key, data); err != nil {
		return err
	}
	if back, err = u.cfg.Bucket.Get(ctx, o.Key); err == nil && !bytes.Equal(back, data) {
		err = notWhatWasSent(o.Key)
	}
	return err
}

func notWhatWasSent(key string) error {
	return preau.E(preau.Unavailable, "the store gives back other bytes than were sent: "+key,
		"Something between the box and the store alters what passes, or the store is damaged.", nil)
}

// putHead creates the head; same is false when the store held another for
// this place, which was adopted.
func (u *Uplink) putHead(ctx context.Context, p plan) (same bool, err error) {
	data, err := u.spooled(p.head)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout(len(data)))
	defer cancel()
	if err := u.cfg.Bucket.Create(ctx, p.head.Key, data); err != nil && preau.KindOf(err) != preau.Conflict {
		return false, err
	}
	if err := u.cfg.Fault("head put"); err != nil {
		return false, err
	}
	return u.compareHead(ctx, p)
}

// compareHead reads the head at p's place. A conflict never means "mine" nor
// "failed": only the bytes tell.
func (u *Uplink) compareHead(ctx context.Context, p plan) (same bool, err error) {
	back, err := u.cfg.Bucket.Get(ctx, p.head.Key)
	if err != nil {
		return false, err
	}
	if segment.SHA256(back) == p.head.SHA256 {
		return true, nil
	}
	theirs, err := segment.ParseHead(back)
	if err != nil {
		return false, notWhatWasSent(p.head.Key) // cut short on its way, or damaged: look again later
	}
	if err := segment.VerifyHead(theirs, u.cfg.Roots); err != nil || theirs.Body.Key() != p.head.Key {
		return false, preau.E(preau.Untrusted, "the store holds a head that this box did not sign: "+p.head.Key,
			"Have the authority look: the store's key may be stolen.", err)
	}
	return false, u.adopt(ctx, p, theirs)
}

// adopt takes over the cut that the store has: an earlier life of this box
// made it, and delivered it. What this life planned after it is made again.
func (u *Uplink) adopt(ctx context.Context, p plan, theirs *segment.Document[segment.Head]) error {
	h := theirs.Body
	if err := u.sameStatements(ctx, p, &h); err != nil {
		return err
	}
	row := plan{stream: p.stream, epoch: p.epoch, first: h.First, last: h.Last, head: place{p.head.Key, theirs.SHA256}, objects: []place{}}
	err := u.cfg.DB.Write(ctx, func(tx *sqlite.Tx) error {
		if err := unplan(tx, p.stream); err != nil {
			return err
		}
		return insertPlan(tx, row, "delivered")
	})
	if err != nil {
		return fmt.Errorf("adopt the store's cut: %w", err)
	}
	u.cfg.Log.Warn("adopted what an earlier life delivered", "stream", p.stream, "first", h.First, "last", h.Last)
	if err := u.cfg.Fault("adopted"); err != nil {
		return err
	}
	return u.load(ctx)
}

// sameStatements checks that what the store holds under our name is what we
// hold, as far as we hold it. A copy of this box that lives on elsewhere
// would otherwise take our records' place.
func (u *Uplink) sameStatements(ctx context.Context, p plan, h *segment.Head) error {
	for _, o := range h.Objects {
		if o.Kind != segment.KindFacts {
			continue
		}
		data, err := u.cfg.Bucket.Get(ctx, o.Key)
		if err != nil && preau.KindOf(err) != preau.NotFound {
			return err
		}
		if segment.SHA256(data) != o.SHA256 {
			continue // lost or damaged: the authority will ask for it
		}
		facts, err := segment.DecodeFacts(h.Stream, data)
		if err != nil {
			return err
		}
		ours, err := u.cfg.Journal.Range(ctx, p.stream, p.epoch, h.First, len(facts))
		if err != nil {
			return err
		}
		for i, st := range ours {
			if st.ID != facts[i].ID || st.Seq != facts[i].Seq {
				return preau.E(preau.Untrusted, "another box delivers under this box's name: "+p.head.Key,
					"Stop the copy of this box, then enrol this one again.", nil)
			}
		}
	}
	return nil
}

// introduce puts the box's identity where it differs from what is there.
func (u *Uplink) introduce(ctx context.Context) error {
	if u.introduced {
		return nil
	}
	b := u.cfg.Box
	id := &segment.Identity{
		Academie: b.Academie, Authority: b.Authority, Box: b.ID, UAI: b.UAI, Name: u.cfg.Name, Versions: u.cfg.Versions,
		Capabilities: []string{"facts-v1", "heads-v1"}, Written: u.cfg.Clock.Now().UTC().Truncate(time.Second),
	}
	doc, err := segment.SignIdentity(id, u.cfg.Signer)
	if err != nil {
		return fmt.Errorf("sign identity: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout(len(doc)))
	defer cancel()
	if err := u.cfg.Bucket.Replace(ctx, b.IdentityKey(), doc); err != nil {
		return err
	}
	back, err := u.cfg.Bucket.Get(ctx, b.IdentityKey())
	if err != nil {
		return err
	}
	if !bytes.Equal(back, doc) {
		return notWhatWasSent(b.IdentityKey())
	}
	u.introduced = true
	return u.cfg.Fault("introduced")
}
