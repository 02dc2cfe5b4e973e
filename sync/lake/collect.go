package lake

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"preau"
	"preau/sync/bucket"
	"preau/sync/segment"
)

// Collector is the authority's answering side: it verifies what is new and
// signs receipts, the only word on which boxes prune. It keeps no state but
// the store's. One runs per authority.
type Collector struct {
	*Lake
	authority string
	signer    segment.Signer
	clock     preau.Clock
	log       *slog.Logger
	states    map[string]*state // by box prefix; a cache of what the store holds
}

// askAgain is how long a box has to send again before it is asked anew.
const askAgain = 10 * time.Minute

// NewCollector makes one. signer's certificate names the authority's receipts.
func NewCollector(b bucket.Bucket, roots *x509.CertPool, authority string, signer segment.Signer, clock preau.Clock, log *slog.Logger) *Collector {
	return &Collector{New(b, roots), authority, signer, clock, log, map[string]*state{}}
}

// Collected is what a pass did.
type Collected struct {
	Boxes, Receipts int
	Findings        []Finding
}

// Serve collects every so often until ctx ends. A store that cannot be read
// is waited for.
func (c *Collector) Serve(ctx context.Context, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if _, err := c.Collect(ctx); err != nil && ctx.Err() == nil {
			c.log.Warn("collect deliveries", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Collect makes one pass over every box of the authority. A box in trouble
// does not keep the others waiting.
func (c *Collector) Collect(ctx context.Context) (done Collected, err error) {
	lists, err := c.boxes(ctx)
	if err != nil {
		return done, err
	}
	var troubles []error
	for _, list := range lists {
		if list.box.ID == "" || list.box.Authority != c.authority {
			continue
		}
		h, err := c.load(ctx, list, nil)
		if err == nil {
			done.Boxes++
			done.Findings = append(done.Findings, h.findings...)
			var signed bool
			signed, err = c.answer(ctx, h)
			if signed {
				done.Receipts++
			}
		}
		if err != nil {
			troubles = append(troubles, fmt.Errorf("collect %s %s: %w", list.box.UAI, list.box.ID, err))
		}
	}
	return done, errors.Join(troubles...)
}

// state is what receipts have said to a box so far.
type state struct {
	number uint64
	sha    string // of the last receipt
	acks   map[place]segment.Ack
	resend []string
	asked  time.Time
}

type place struct {
	stream preau.Stream
	epoch  segment.EpochID
}

// answer signs a receipt when there is something new to say.
func (c *Collector) answer(ctx context.Context, h *history) (signed bool, err error) {
	st, err := c.state(ctx, h.box)
	if err != nil {
		return false, err
	}
	acks, resend, err := c.progress(ctx, h, st)
	if err != nil {
		return false, err
	}
	now := c.clock.Now().UTC().Truncate(time.Millisecond)
	if len(acks) == 0 && (len(resend) == 0 || slices.Equal(resend, st.resend) && now.Sub(st.asked) < askAgain) {
		return false, nil
	}
	r := &segment.Receipt{Acks: acks, Authority: h.box.Authority, Box: h.box.ID, UAI: h.box.UAI, Number: st.number + 1, Previous: st.sha, Resend: resend, Time: now}
	doc, err := segment.SignReceipt(r, c.signer)
	if err != nil {
		return false, err
	}
	key := h.box.ReceiptKey(r.Number)
	switch err := c.bucket.Create(ctx, key, doc); {
	case err != nil && preau.KindOf(err) == preau.Conflict:
		// A receipt of which we missed the acknowledgement, or another
		// collector's: it counts, ours does not; the next pass goes on from it.
		delete(c.states, h.box.BoxPrefix())
		return false, nil
	case err != nil:
		return false, err
	}
	back, err := c.bucket.Get(ctx, key)
	if err != nil || !bytes.Equal(back, doc) {
		delete(c.states, h.box.BoxPrefix())
		return false, err
	}
	st.take(r, segment.SHA256(doc))
	c.log.Info("receipt signed", "uai", h.box.UAI, "box", h.box.ID, "number", r.Number, "acks", len(acks), "resend", len(resend))
	return true, c.saveState(ctx, h.box, st)
}

// progress walks each epoch on from where receipts stopped, as far as heads
// and objects are all there.
func (c *Collector) progress(ctx context.Context, h *history, st *state) (acks []segment.Ack, resend []string, err error) {
	for stream, epochs := range h.streams {
		for epoch := range epochs {
			ack, missing, err := c.walk(ctx, h, stream, epoch, st.acks[place{stream, epoch}])
			if err != nil {
				return nil, nil, err
			}
			if ack != nil {
				acks = append(acks, *ack)
			}
			resend = append(resend, missing...)
		}
	}
	slices.SortFunc(acks, func(a, b segment.Ack) int {
		return cmp.Or(cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Epoch, b.Epoch))
	})
	slices.Sort(resend)
	return acks, resend, nil
}

func (c *Collector) walk(ctx context.Context, h *history, stream preau.Stream, epoch segment.EpochID, from segment.Ack) (ack *segment.Ack, resend []string, err error) {
	upTo, sha := from.Last, from.Head
	heads := h.streams[stream][epoch]
	// No end: the listing may lag, but a place can be asked for by name.
	for {
		key := h.box.HeadKey(stream, epoch, upTo+1)
		i := slices.IndexFunc(heads, func(o *head) bool { return o.First == upTo+1 })
		var hd *head
		switch {
		case i >= 0:
			hd = heads[i]
		case !slices.ContainsFunc(heads, func(o *head) bool { return o.First > upTo }):
			return ack, resend, nil // all that is known is covered
		default:
			hd, err = c.head(ctx, bucket.Info{Key: key})
			if err != nil && passing(err) {
				return nil, nil, err
			}
			if err != nil {
				return ack, append(resend, key), nil
			}
		}
		if hd.First > 1 && hd.Previous.SHA256 != sha {
			return ack, resend, nil // a finding says so; nobody can send it better
		}
		missing, err := c.missing(ctx, hd)
		if err != nil {
			return nil, nil, err
		}
		if len(missing) > 0 {
			return ack, append(resend, missing...), nil
		}
		upTo, sha = hd.Last, hd.sha
		ack = &segment.Ack{Epoch: epoch, First: hd.First, Head: hd.sha, Last: hd.Last, Stream: stream}
	}
}

// missing lists a head's objects that are not what it says.
func (c *Collector) missing(ctx context.Context, hd *head) (keys []string, err error) {
	for _, o := range hd.Objects {
		data, err := c.object(ctx, o)
		if err == nil && o.Kind == segment.KindFacts {
			_, err = decode(hd, data)
		}
		if err != nil && passing(err) {
			return nil, err
		}
		if err != nil {
			keys = append(keys, o.Key)
		}
	}
	return keys, nil
}

func (s *state) take(r *segment.Receipt, sha string) {
	for _, a := range r.Acks {
		s.acks[place{a.Stream, a.Epoch}] = a
	}
	s.number, s.sha, s.resend, s.asked = r.Number, sha, r.Resend, r.Time
}

// state recalls what was said to a box: the summary, then every receipt after
// it. Both are signed by us; anything else in their place is not believed.
func (c *Collector) state(ctx context.Context, box segment.Box) (*state, error) {
	if st := c.states[box.BoxPrefix()]; st != nil {
		return st, nil
	}
	st := &state{acks: map[place]segment.Ack{}}
	data, err := c.bucket.Get(ctx, box.ReceiptStateKey())
	if err != nil && preau.KindOf(err) != preau.NotFound {
		return nil, err
	}
	if err == nil {
		doc, err := segment.ParseReceiptState(data)
		if err == nil && segment.VerifyReceipt(doc, c.roots, box) == nil {
			st.take(&doc.Body, doc.Body.Previous) // the summary's Previous is the receipt it ends with
		} else {
			c.log.Warn("the summary of receipts is damaged: reading them all", "key", box.ReceiptStateKey())
		}
	}
	for {
		doc, err := c.receipt(ctx, box, st.number+1)
		if err != nil && preau.KindOf(err) == preau.NotFound {
			c.states[box.BoxPrefix()] = st
			return st, nil
		}
		if err != nil {
			return nil, err
		}
		st.take(&doc.Body, doc.SHA256)
	}
}

func (c *Collector) saveState(ctx context.Context, box segment.Box, st *state) error {
	acks := slices.SortedFunc(maps.Values(st.acks), func(a, b segment.Ack) int {
		return cmp.Or(cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Epoch, b.Epoch))
	})
	doc, err := segment.SignReceiptState(&segment.Receipt{
		Acks: acks, Authority: box.Authority, Box: box.ID, UAI: box.UAI, Number: st.number, Previous: st.sha, Resend: st.resend, Time: st.asked,
	}, c.signer)
	if err != nil {
		return err
	}
	return c.bucket.Replace(ctx, box.ReceiptStateKey(), doc)
}
