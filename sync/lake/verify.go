package lake

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"preau"
	"preau/sync/segment"
)

// Summary is what a verification covered.
type Summary struct {
	Boxes, Heads, Objects, Receipts int
	Statements                      uint64
	Faults                          int
	Notes                           int
}

// Verify reads everything that every box delivered and reports each finding,
// box by box. The error is only for a store that could not be read: then
// nothing was proved.
func (l *Lake) Verify(ctx context.Context, report func(Finding)) (Summary, error) {
	var sum Summary
	lists, err := l.boxes(ctx)
	if err != nil {
		return sum, err
	}
	far := l.meter()
	for _, list := range lists {
		for _, info := range list.heads {
			far.add(info.Size)
		}
	}
	named := map[string]bool{}
	var all, known []*history
	for _, list := range lists {
		h, err := l.load(ctx, list, far)
		if err != nil {
			return sum, err
		}
		all = append(all, h)
		for _, hd := range h.all() {
			for _, o := range hd.Objects {
				named[o.Key] = true
				far.add(o.Size)
			}
		}
	}
	for _, h := range all {
		if h.box.ID != "" {
			known = append(known, h)
			sum.Boxes++
			if err := l.verifyReceipts(ctx, h, &sum); err != nil {
				return sum, err
			}
			if err := l.verifyObjects(ctx, h, far, &sum); err != nil {
				return sum, err
			}
		}
		sum.tell(h.findings, report)
	}
	strays, err := l.strays(ctx, known, named)
	if err != nil {
		return sum, err
	}
	sum.tell(strays, report)
	return sum, nil
}

func (s *Summary) tell(findings []Finding, report func(Finding)) {
	for _, f := range findings {
		if f.Note {
			s.Notes++
		} else {
			s.Faults++
		}
		report(f)
	}
}

// all lists the verified heads in a fixed order.
func (h *history) all() (heads []*head) {
	for _, epochs := range h.streams {
		for _, hs := range epochs {
			heads = append(heads, hs...)
		}
	}
	slices.SortFunc(heads, func(a, b *head) int { return cmp.Compare(a.key, b.key) })
	return heads
}

func (l *Lake) verifyObjects(ctx context.Context, h *history, far *meter, sum *Summary) error {
	heads := h.all()
	found := make([][]Finding, len(heads))
	err := each(ctx, len(heads), func(ctx context.Context, i int) error {
		for _, o := range heads[i].Objects {
			f, err := l.verifyObject(ctx, heads[i], o)
			if err != nil {
				return err
			}
			if f != nil {
				found[i] = append(found[i], *f)
			}
			far.read(o.Size)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read objects: %w", err)
	}
	for i, hd := range heads {
		sum.Heads++
		sum.Objects += len(hd.Objects)
		sum.Statements += hd.Last - hd.First + 1
		h.findings = append(h.findings, found[i]...)
	}
	return nil
}

func (l *Lake) verifyObject(ctx context.Context, hd *head, o segment.Object) (*Finding, error) {
	data, err := l.object(ctx, o)
	switch {
	case err != nil && passing(err):
		return nil, err
	case err != nil:
		return &Finding{Key: o.Key, Text: fmt.Sprintf("%s (statements %d to %d of %s)", why(err), hd.First, hd.Last, hd.Stream)}, nil
	case o.Kind != segment.KindFacts:
		return nil, nil // sealed: only its recipient reads on
	}
	if _, err := decode(hd, data); err != nil {
		return &Finding{Key: o.Key, Text: err.Error()}, nil
	}
	return nil, nil
}

// decode reads facts and checks that they are those of the head: its box, its
// range, each number once.
func decode(hd *head, data []byte) ([]segment.Fact, error) {
	facts, err := segment.DecodeFacts(hd.Stream, data)
	if err != nil {
		return nil, err
	}
	ok := uint64(len(facts)) == hd.Last-hd.First+1
	for i := 0; ok && i < len(facts); i++ {
		f := &facts[i]
		ok = f.Seq == hd.First+uint64(i) && f.Epoch == uint64(hd.Epoch) && f.UAI == hd.UAI && f.Box == hd.Box
	}
	if !ok {
		return nil, preau.E(preau.Corrupt, "does not hold the statements that its head names", "", nil)
	}
	return facts, nil
}

// verifyReceipts checks the authority's own papers, and that what they cover
// is still there: a tail cut off leaves no hole, but a receipt remembers it.
func (l *Lake) verifyReceipts(ctx context.Context, h *history, sum *Summary) error {
	prefix := h.box.ReceiptPrefix()
	next, previous := uint64(1), ""
	for info, err := range l.bucket.List(ctx, prefix, "") {
		if err != nil {
			return fmt.Errorf("list receipts: %w", err)
		}
		if info.Key == h.box.ReceiptStateKey() {
			continue
		}
		number, perr := strconv.ParseUint(strings.TrimSuffix(strings.TrimPrefix(info.Key, prefix), ".json"), 10, 63)
		if perr != nil || h.box.ReceiptKey(number) != info.Key {
			h.fault(info.Key, "not an object of this layout")
			continue
		}
		if number != next {
			h.fault(h.box.ReceiptKey(next), "missing: receipts %d to %d", next, number-1)
			previous = ""
		}
		next = number + 1
		doc, err := l.receipt(ctx, h.box, number)
		switch {
		case err != nil && passing(err):
			return err
		case err != nil:
			h.fault(info.Key, "%s", why(err))
			previous = ""
			continue
		case previous != "" && doc.Body.Previous != previous:
			h.fault(info.Key, "does not follow the receipt before it: one of the two was exchanged")
		}
		previous = doc.SHA256
		sum.Receipts++
		for _, a := range doc.Body.Acks {
			h.kept(a, number)
		}
	}
	return nil
}

func (l *Lake) receipt(ctx context.Context, box segment.Box, number uint64) (*segment.Document[segment.Receipt], error) {
	data, err := l.bucket.Get(ctx, box.ReceiptKey(number))
	if err != nil {
		return nil, err
	}
	doc, err := segment.ParseReceipt(data)
	if err != nil {
		return nil, err
	}
	if err := segment.VerifyReceipt(doc, l.roots, box); err != nil {
		return nil, err
	}
	if doc.Body.Number != number {
		return nil, preau.E(preau.Untrusted, "the number in the receipt is not that of its place", "", nil)
	}
	return doc, nil
}

// kept checks one ack against the heads that are there.
func (h *history) kept(a segment.Ack, number uint64) {
	key := h.box.HeadKey(a.Stream, a.Epoch, a.First)
	if h.bad[key] {
		return
	}
	heads := h.streams[a.Stream][a.Epoch]
	i := slices.IndexFunc(heads, func(o *head) bool { return o.First == a.First })
	switch {
	case i < 0:
		h.bad[key] = true
		h.fault(key, "missing although receipt %d covers it: statements %d to %d of %s", number, a.First, a.Last, a.Stream)
	case heads[i].sha != a.Head:
		h.bad[key] = true
		h.fault(key, "exchanged since receipt %d covered it", number)
	}
}
