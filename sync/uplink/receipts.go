package uplink

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
	"preau/sync/segment"
)

// receipts reads the authority's answers, by number: no listing can hide one.
func (u *Uplink) receipts(ctx context.Context) error {
	for {
		var seen string
		err := u.cfg.DB.Read(ctx, func(tx *sqlite.Tx) (err error) {
			seen, err = note(tx, noteReceipt)
			return err
		})
		if err != nil {
			return fmt.Errorf("read last receipt: %w", err)
		}
		number, _ := strconv.ParseUint(seen, 10, 63) // ours; absent is zero
		key := u.cfg.Box.ReceiptKey(number + 1)
		more, err := u.receipt(ctx, key, number+1)
		if err != nil || !more {
			return err
		}
	}
}

func (u *Uplink) receipt(ctx context.Context, key string, number uint64) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout(0))
	defer cancel()
	data, err := u.cfg.Bucket.Get(ctx, key)
	if err != nil {
		if preau.KindOf(err) == preau.NotFound {
			return false, nil
		}
		return false, err
	}
	doc, err := segment.ParseReceipt(data)
	if err != nil {
		return false, notWhatWasSent(key) // perhaps cut short on its way
	}
	if err := segment.VerifyReceipt(doc, u.cfg.Roots, u.cfg.Box); err != nil || doc.Body.Number != number {
		return false, preau.E(preau.Untrusted, "a receipt is not the authority's: "+key, "Have the authority look: the store's key may be stolen.", err)
	}
	if err := u.cfg.Fault("receipt"); err != nil {
		return false, err
	}
	err = u.cfg.DB.Write(ctx, func(tx *sqlite.Tx) error { return u.apply(tx, &doc.Body) })
	if err != nil {
		return false, fmt.Errorf("apply receipt: %w", err)
	}
	u.cfg.Log.Info("receipt", "number", number, "acks", len(doc.Body.Acks), "resend", len(doc.Body.Resend))
	if err := u.cfg.Fault("receipted"); err != nil {
		return false, err
	}
	if err := u.load(ctx); err != nil {
		return false, err
	}
	for _, key := range doc.Body.Resend {
		if err := u.rebuild(ctx, key); err != nil {
			return false, err
		}
	}
	return true, u.sweep(ctx)
}

// apply notes what a verified receipt covers, all in one transaction.
func (u *Uplink) apply(tx *sqlite.Tx, r *segment.Receipt) error {
	for _, a := range r.Acks {
		if err := u.ack(tx, a); err != nil {
			return err
		}
	}
	if err := u.resend(tx, r.Resend); err != nil {
		return err
	}
	// The newest of each stream stays: the next head links to it.
	if _, err := tx.Exec(`DELETE FROM uplink_segment WHERE state = 'receipted' AND id NOT IN (SELECT max(id) FROM uplink_segment GROUP BY stream)`); err != nil {
		return err
	}
	if err := setNote(tx, noteReceipt, strconv.FormatUint(r.Number, 10)); err != nil {
		return err
	}
	return setNote(tx, noteReceiptTime, r.Time.UTC().Format(time.RFC3339))
}

func (u *Uplink) ack(tx *sqlite.Tx, a segment.Ack) error {
	epoch := uint64(a.Epoch)
	before, known, err := journal.Acked(tx, a.Stream, epoch)
	if err != nil || !known {
		return err // unknown: of a life that a restored card has forgotten
	}
	var sha string
	err = tx.QueryRow(`SELECT head_sha FROM uplink_segment WHERE stream = ? AND epoch = ? AND last = ?`, string(a.Stream), int64(epoch), int64(a.Last)).Scan(&sha)
	switch ours := !errors.Is(err, sql.ErrNoRows); {
	case ours && err != nil:
		return err
	case ours && sha != a.Head:
		// Somebody else delivered under our name: what it covers is not what
		// we hold, so nothing of ours may be pruned for it.
		u.cfg.Log.Error("receipt covers other bytes than ours", "stream", a.Stream, "epoch", a.Epoch.String(), "last", a.Last)
		return nil
	case !ours && epoch == u.cfg.Journal.Epoch():
		return nil // nobody but this process could have delivered it
	}
	if err := u.cfg.Journal.Ack(tx, a.Stream, epoch, a.Last); err != nil {
		return err
	}
	after, _, err := journal.Acked(tx, a.Stream, epoch)
	if err != nil {
		return err
	}
	if sha == "" && after > before {
		// A restored card learns what its earlier life delivered. What this
		// life planned meanwhile links to the wrong head: it is made again.
		if err := unplan(tx, a.Stream); err != nil {
			return err
		}
		err = insertPlan(tx, plan{stream: a.Stream, epoch: epoch, first: a.First, last: a.Last, objects: []place{},
			head: place{u.cfg.Box.HeadKey(a.Stream, a.Epoch, a.First), a.Head}}, "receipted")
		if err != nil {
			return err
		}
	}
	_, err = tx.Exec(`UPDATE uplink_segment SET state = 'receipted' WHERE stream = ? AND epoch = ? AND last <= ?`, string(a.Stream), int64(epoch), int64(a.Last))
	return err
}

// resend puts back in line what the authority could not read. Its bytes are
// in the spool until a receipt covers them.
func (u *Uplink) resend(tx *sqlite.Tx, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	list, err := plans(tx, "delivered")
	if err != nil {
		return err
	}
	for _, p := range list {
		wanted := slices.Contains(keys, p.head.Key)
		for _, o := range p.objects {
			wanted = wanted || slices.Contains(keys, o.Key)
		}
		if wanted {
			if _, err := tx.Exec(`UPDATE uplink_segment SET state = 'sealed' WHERE id = ?`, p.id); err != nil {
				return err
			}
			u.cfg.Log.Warn("asked to send again", "stream", p.stream, "first", p.first)
		}
	}
	return nil
}

// rebuild makes facts again that the spool no longer has, from the journal:
// the same range gives the same bytes, so the key itself tells whether it
// succeeded. A segment that is still in line is left to it.
func (u *Uplink) rebuild(ctx context.Context, key string) error {
	at, ok := segment.ParseFactsKey(key, u.cfg.Box)
	if !ok {
		return nil // a head, or a sealed object: only the spool has those
	}
	waiting, err := u.plans(ctx, "sealed")
	if err != nil {
		return err
	}
	for _, p := range waiting {
		if slices.ContainsFunc(p.objects, func(o place) bool { return o.Key == key }) {
			return nil
		}
	}
	n := at.Last - at.First + 1
	sts, err := u.cfg.Journal.Range(ctx, at.Stream, uint64(at.Epoch), at.First, int(min(n, segment.MaxRows)))
	if err != nil || uint64(len(sts)) != n || sts[0].Seq != at.First || segment.Cut(sts) != len(sts) {
		return err // pruned, or of a life that a restored card has forgotten
	}
	made, err := u.maker.Facts(segment.Range{Stream: at.Stream, Epoch: uint64(at.Epoch), Statements: sts})
	if err != nil {
		return err
	}
	if made.Key == key {
		u.cfg.Log.Warn("made again from the journal", "key", key)
		return u.cfg.Bucket.Replace(ctx, key, made.Data)
	}
	u.cfg.Log.Error("cannot make again what the store lost", "key", key)
	return nil
}
