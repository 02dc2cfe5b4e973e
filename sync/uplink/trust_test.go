package uplink

import (
	"strings"
	"testing"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
	"preau/sync/segment"
	"preau/sync/segment/segmenttest"
)

// TestAdopt_NotAnothersStatements puts a head of this very box at the place
// of ours, with other statements: a copy of the box that lives on elsewhere.
func TestAdopt_NotAnothersStatements(t *testing.T) {
	r := newRig(t)
	defer r.db.Close()
	r.record(preau.StreamLearning, 3)
	r.record(preau.StreamAttendance, 2)
	maker, err := segment.NewMaker(segmenttest.Box(), r.u.cfg.Signer, make([]byte, 32), nil)
	r.ok(err)
	var sts []*preau.Statement
	for i := range uint64(3) {
		sts = append(sts, &preau.Statement{ID: preau.NewID(), Stream: preau.StreamLearning, Verb: journal.VerbPlayed, Object: "ark:/99999/x",
			Epoch: r.j.Epoch(), Seq: i + 1, Timestamp: time.Now(), Stored: time.Now()})
	}
	seg, err := maker.Make(segment.Range{Stream: preau.StreamLearning, Epoch: r.j.Epoch(), Statements: sts}, time.Now(), preau.ClockSynced)
	r.ok(err)
	for _, b := range append(seg.Objects, seg.Doc) {
		r.ok(r.store.Create(t.Context(), b.Key, b.Data))
	}
	if err := r.u.Flush(t.Context()); preau.KindOf(err) != preau.Untrusted || err == nil {
		t.Fatalf("delivered over a copy: %v", err)
	}
	if n := r.delivered(preau.StreamAttendance); n != 2 {
		t.Fatalf("one stream's trouble held up attendance: %d delivered", n)
	}
	if s := r.status(); s.Streams[preau.StreamLearning] != 3 || s.Problem.Kind != "untrusted" {
		t.Fatalf("our statements are no longer ours: %+v", s)
	}
}

func TestAdopt_NotAStrangersHead(t *testing.T) {
	r := newRig(t)
	defer r.db.Close()
	r.record(preau.StreamLearning, 1)
	thief := segmenttest.New(t)
	maker, err := segment.NewMaker(segmenttest.Box(), thief.Signer(segmenttest.Box()), make([]byte, 32), nil)
	r.ok(err)
	sts, err := r.j.Range(t.Context(), preau.StreamLearning, r.j.Epoch(), 1, 1)
	r.ok(err)
	seg, err := maker.Make(segment.Range{Stream: preau.StreamLearning, Epoch: r.j.Epoch(), Statements: sts}, time.Now(), preau.ClockSynced)
	r.ok(err)
	r.ok(r.store.Create(t.Context(), seg.Doc.Key, seg.Doc.Data))
	if err := r.u.Flush(t.Context()); preau.KindOf(err) != preau.Untrusted || err == nil {
		t.Fatalf("a stranger's head was taken for ours: %v", err)
	}
}

// TestReceipts_OnlyTrueOnesPrune offers receipts that must not free a row.
func TestReceipts_OnlyTrueOnesPrune(t *testing.T) {
	for name, c := range map[string]struct {
		ack  func(p plan) segment.Ack
		sign func(r *rig) segment.Signer
		kind preau.Kind // of Flush's error; Internal for none
	}{
		"signed by the box itself": {trueAck, func(r *rig) segment.Signer { return r.ca.Signer(segmenttest.Box()) }, preau.Untrusted},
		"signed by a stranger": {trueAck, func(r *rig) segment.Signer {
			return segmenttest.New(r.t).Receipts(segmenttest.Box().Authority)
		}, preau.Untrusted},
		"for other bytes": {func(p plan) segment.Ack {
			a := trueAck(p)
			a.Head = strings.Repeat("0", 64)
			return a
		}, func(r *rig) segment.Signer { return r.ca.Receipts(segmenttest.Box().Authority) }, preau.Internal},
		"for what was never sent": {func(p plan) segment.Ack {
			a := trueAck(p)
			a.Last += 2
			return a
		}, func(r *rig) segment.Signer { return r.ca.Receipts(segmenttest.Box().Authority) }, preau.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			defer r.db.Close()
			r.record(preau.StreamLearning, 4)
			r.ok(r.u.Flush(t.Context()))
			r.record(preau.StreamLearning, 2)
			list, err := r.u.plans(t.Context(), "delivered")
			r.ok(err)
			box := segmenttest.Box()
			doc, err := segment.SignReceipt(&segment.Receipt{Authority: box.Authority, Box: box.ID, UAI: box.UAI, Number: 1, Time: time.Now(), Acks: []segment.Ack{c.ack(list[0])}}, c.sign(r))
			r.ok(err)
			r.ok(r.store.Create(t.Context(), box.ReceiptKey(1), doc))
			err = r.u.receipts(t.Context())
			if (err != nil) != (c.kind != preau.Internal) || err != nil && preau.KindOf(err) != c.kind {
				t.Fatalf("got %v, want kind %v", err, c.kind)
			}
			r.ok(r.db.Read(t.Context(), func(tx *sqlite.Tx) error {
				acked, _, err := journal.Acked(tx, preau.StreamLearning, r.j.Epoch())
				if acked != 0 {
					t.Errorf("%d statements may be pruned", acked)
				}
				return err
			}))
		})
	}
}

func trueAck(p plan) segment.Ack {
	return segment.Ack{Epoch: segment.EpochID(p.epoch), First: p.first, Last: p.last, Head: p.head.SHA256, Stream: p.stream}
}
