package uplink

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"preau"
	"preau/internal/durable"
	"preau/internal/sqlite"
	"preau/sync/journal"
	"preau/sync/segment"
)

// seal turns what is due into segments. An earlier epoch is always due: it
// will not grow. With all, so is the current one.
func (u *Uplink) seal(ctx context.Context, due map[preau.Stream]bool, all bool) error {
	if err := u.refresh(ctx); err != nil {
		return err
	}
	for _, p := range journal.Streams() {
		if !u.maker.Leaves(p.Stream) {
			continue
		}
		for list := u.todo[p.Stream]; len(list) > 0; list = list[1:] {
			if len(list) == 1 && !all && !due[p.Stream] {
				break
			}
			// A later epoch's head links to an earlier one's: in order.
			if err := u.sealEpoch(ctx, p.Stream, list[0]); err != nil {
				return fmt.Errorf("seal %s: %w", p.Stream, err)
			}
			if len(list) > 1 {
				u.todo[p.Stream] = list[1:]
			}
		}
	}
	return nil
}

func (u *Uplink) sealEpoch(ctx context.Context, stream preau.Stream, p *pending) error {
	for p.sealed < p.last {
		sts, err := u.cfg.Journal.Range(ctx, stream, p.epoch, p.sealed+1, segment.MaxRows)
		if err != nil {
			return err
		}
		if len(sts) == 0 || sts[0].Seq != p.sealed+1 {
			return preau.E(preau.Corrupt, fmt.Sprintf("the journal lacks statement %d of %s in epoch %016x", p.sealed+1, stream, p.epoch),
				"Run preau doctor: the database has lost rows.", nil)
		}
		link, err := u.newest(ctx, stream)
		if err != nil {
			return err
		}
		seg, err := u.maker.Make(segment.Range{Stream: stream, Epoch: p.epoch, Opening: u.openings[p.epoch], Statements: sts[:segment.Cut(sts)], Previous: link},
			u.cfg.Clock.Now(), u.cfg.Clock.State())
		if err != nil {
			return err
		}
		if err := u.keep(ctx, stream, p.epoch, seg); err != nil {
			return err
		}
		p.sealed = seg.Head.Last
	}
	return nil
}

// keep makes a segment durable: bytes first, then the row that needs them.
func (u *Uplink) keep(ctx context.Context, stream preau.Stream, epoch uint64, seg *segment.Segment) error {
	row := plan{stream: stream, epoch: epoch, first: seg.Head.First, last: seg.Head.Last, head: place{seg.Doc.Key, seg.Doc.SHA256}, objects: []place{}}
	for _, b := range append(seg.Objects, seg.Doc) {
		if err := durable.WriteBytes(u.spool(b.SHA256), 0o600, b.Data); err != nil {
			return err
		}
		if err := u.cfg.Fault("spooled"); err != nil {
			return err
		}
	}
	for _, b := range seg.Objects {
		row.objects = append(row.objects, place{b.Key, b.SHA256})
	}
	if err := u.cfg.DB.Write(ctx, func(tx *sqlite.Tx) error { return insertPlan(tx, row, "sealed") }); err != nil {
		return fmt.Errorf("plan segment: %w", err)
	}
	u.cfg.Log.Debug("segment sealed", "stream", stream, "first", row.first, "last", row.last)
	return u.cfg.Fault("sealed")
}

func (u *Uplink) spool(sha string) string { return filepath.Join(u.cfg.Spool, sha) }

// errSpool marks bytes that the card has lost or damaged.
var errSpool = errors.New("not in the spool as sealed")

// spooled reads an object's bytes back and checks them: the card may rot.
func (u *Uplink) spooled(p place) ([]byte, error) {
	b, err := os.ReadFile(u.spool(p.SHA256))
	if err != nil {
		return nil, preau.E(preau.Corrupt, "the spool has lost "+p.Key, "Run preau doctor: the disk may be failing.", errors.Join(errSpool, err))
	}
	if segment.SHA256(b) != p.SHA256 {
		return nil, preau.E(preau.Corrupt, "the spool has damaged "+p.Key, "Run preau doctor: the disk may be failing.", errSpool)
	}
	return b, nil
}

// sweep removes from the spool what no unreceipted plan needs: leftovers of a
// sealing cut short, and what a receipt has covered.
func (u *Uplink) sweep(ctx context.Context) error {
	needed := map[string]bool{}
	for _, state := range []string{"sealed", "delivered"} {
		list, err := u.plans(ctx, state)
		if err != nil {
			return err
		}
		for _, p := range list {
			needed[p.head.SHA256] = true
			for _, o := range p.objects {
				needed[o.SHA256] = true
			}
		}
	}
	entries, err := os.ReadDir(u.cfg.Spool)
	if err != nil {
		return fmt.Errorf("read spool: %w", err)
	}
	for _, e := range entries {
		if !needed[e.Name()] {
			if err := os.Remove(filepath.Join(u.cfg.Spool, e.Name())); err != nil {
				return fmt.Errorf("sweep spool: %w", err)
			}
		}
	}
	return nil
}

// lost deals with a plan whose bytes the spool has lost. What was never sent
// is sealed again; of what was sent and is asked for again, the facts can be
// made again.
func (u *Uplink) lost(ctx context.Context, p plan) error {
	err := u.cfg.DB.Write(ctx, func(tx *sqlite.Tx) error {
		if p.sent {
			_, err := tx.Exec(`UPDATE uplink_segment SET state = 'delivered' WHERE id = ?`, p.id)
			return err
		}
		return unplan(tx, p.stream)
	})
	if err != nil {
		return fmt.Errorf("plan again: %w", err)
	}
	u.cfg.Log.Error("the spool lost a segment", "stream", p.stream, "first", p.first, "last", p.last, "sealed again", !p.sent)
	for _, o := range p.objects {
		if p.sent {
			if err := u.rebuild(ctx, o.Key); err != nil {
				return err
			}
		}
	}
	return u.load(ctx)
}
