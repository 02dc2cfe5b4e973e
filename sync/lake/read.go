package lake

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"preau"
	"preau/sync/segment"
)

// Box is what a store proves of one box.
type Box struct {
	segment.Box
	Identity *segment.Identity // nil when the box has not introduced itself
	Streams  []StreamState     // in byte order of the stream
	Seen     time.Time         // the newest head, by the box's clock
	Received time.Time         // the same, by the store's: the last sign of life
	Receipt  uint64            // number of the newest receipt, 0 for none
	Findings []Finding
	history  *history

	once     sync.Once // erasures are read once, when first needed
	erasures erasures
	unread   error
}

// StreamState sums up a stream.
type StreamState struct {
	Stream     preau.Stream
	Statements uint64
	Verbs      map[string]uint64
	Seen       time.Time
}

// Boxes reads every box's heads and receipts. It does not read their objects:
// see Facts and Verify.
func (l *Lake) Boxes(ctx context.Context) ([]*Box, error) {
	lists, err := l.boxes(ctx)
	if err != nil {
		return nil, err
	}
	var boxes []*Box
	for _, list := range lists {
		if list.box.ID == "" {
			continue
		}
		h, err := l.load(ctx, list, nil)
		if err != nil {
			return nil, err
		}
		sum := Summary{}
		if err := l.verifyReceipts(ctx, h, &sum); err != nil {
			return nil, err
		}
		boxes = append(boxes, summarise(h, uint64(sum.Receipts)))
	}
	return boxes, nil
}

func summarise(h *history, receipts uint64) *Box {
	b := &Box{Box: h.box, Identity: h.identity, Receipt: receipts, Findings: h.findings, history: h}
	for stream, epochs := range h.streams {
		st := StreamState{Stream: stream, Verbs: map[string]uint64{}}
		for _, heads := range epochs {
			for _, hd := range heads {
				st.Statements += hd.Last - hd.First + 1
				for verb, n := range hd.Verbs {
					st.Verbs[verb] += n
				}
				if hd.Sealed.After(st.Seen) {
					st.Seen = hd.Sealed
				}
				if hd.received.After(b.Received) {
					b.Received = hd.received
				}
			}
		}
		if st.Seen.After(b.Seen) {
			b.Seen = st.Seen
		}
		b.Streams = append(b.Streams, st)
	}
	slices.SortFunc(b.Streams, func(x, y StreamState) int { return strings.Compare(string(x.Stream), string(y.Stream)) })
	return b
}

// Facts reads a stream's facts that were stored between two days (UTC,
// included), each statement once. An object that is missing or altered gives
// one error that names it, and the reading goes on.
func (l *Lake) Facts(ctx context.Context, b *Box, stream preau.Stream, from, to time.Time) iter.Seq2[segment.Fact, error] {
	low, high := from.UTC().Format(time.DateOnly), to.UTC().Format(time.DateOnly)
	// Numbers are dense, so a journal tells a statement once. A restored card
	// is two journals with one beginning: what tablets sent to both is told
	// twice, and not every such past can be seen from the heads.
	seen := map[preau.ID]struct{}{}
	return func(yield func(segment.Fact, error) bool) {
		erased, err := l.erased(ctx, b)
		if err != nil {
			yield(segment.Fact{}, err)
			return
		}
		told := yield
		yield = func(f segment.Fact, err error) bool {
			if err == nil && erased.hides(f) {
				return true
			}
			return told(f, err)
		}
		for _, hd := range b.history.all() {
			for _, o := range hd.Objects {
				if day := dayOf(o.Key); hd.Stream != stream || o.Kind != segment.KindFacts || day < low || day > high {
					continue
				}
				if !l.facts(ctx, hd, o, seen, yield) {
					return
				}
			}
		}
	}
}

func (l *Lake) facts(ctx context.Context, hd *head, o segment.Object, seen map[preau.ID]struct{}, yield func(segment.Fact, error) bool) bool {
	data, err := l.object(ctx, o)
	var facts []segment.Fact
	if err == nil {
		facts, err = decode(hd, data)
	}
	if err != nil {
		return yield(segment.Fact{}, fmt.Errorf("read %s: %w", o.Key, err)) && ctx.Err() == nil
	}
	for _, f := range facts {
		if _, again := seen[f.ID]; again {
			continue
		}
		seen[f.ID] = struct{}{}
		if !yield(f, nil) {
			return false
		}
	}
	return true
}

func dayOf(key string) string {
	_, after, _ := strings.Cut(key, "/date=")
	day, _, _ := strings.Cut(after, "/")
	return day
}

// Effective drops voided facts and the corrections themselves when they only
// void: what counts after corrections.
func Effective(facts []segment.Fact) []segment.Fact {
	voided := map[preau.ID]bool{}
	for _, f := range facts {
		if !f.Voids.IsZero() {
			voided[f.Voids] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(facts), func(f segment.Fact) bool {
		return voided[f.ID] || strings.HasSuffix(f.Verb, "/voided")
	})
}
