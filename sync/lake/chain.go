package lake

import (
	"cmp"
	"maps"
	"slices"

	"preau"
	"preau/sync/segment"
)

// chain checks that a box's heads follow one another: no hole in an epoch, no
// head that follows one which is not there, no epoch with two futures.
func (h *history) chain() {
	for _, stream := range slices.Sorted(maps.Keys(h.streams)) {
		starts := 0
		followers := map[segment.Link]string{}
		for _, epoch := range sortedEpochs(h.streams[stream]) {
			heads := h.streams[stream][epoch]
			h.dense(stream, epoch, heads)
			if first := heads[0]; first.First == 1 {
				if p := first.Previous; p == nil {
					starts++
				} else if other := followers[*p]; other != "" {
					h.note(first.key, "follows the same head as %s: the card was restored from an image", other)
				} else {
					followers[*p] = first.key
				}
				h.follows(first)
			}
		}
		if starts > 1 {
			h.note(h.box.BoxPrefix()+"heads/"+string(stream), "begun %d times: the box lost its journal and started anew", starts)
		}
	}
	h.forks()
}

func sortedEpochs(m map[segment.EpochID][]*head) []segment.EpochID {
	return slices.SortedFunc(maps.Keys(m), func(a, b segment.EpochID) int { return cmp.Compare(a, b) })
}

// dense finds holes within an epoch.
func (h *history) dense(stream preau.Stream, epoch segment.EpochID, heads []*head) {
	var before *head
	next := uint64(1)
	for _, hd := range heads {
		switch {
		case hd.First > next:
			h.hole(stream, epoch, next, hd.First-1)
		case hd.First < next:
			h.fault(hd.key, "covers statements that the head before it covers")
		case before != nil && (hd.Previous.SHA256 != before.sha || hd.Previous.First != before.First):
			h.fault(hd.key, "does not follow the head before it: one of the two was exchanged")
		}
		before, next = hd, max(next, hd.Last+1)
	}
}

// hole reports missing heads once; a head that is there but does not count
// has been reported already.
func (h *history) hole(stream preau.Stream, epoch segment.EpochID, first, last uint64) {
	for key := range h.bad {
		if p, ok := segment.ParseBoxKey(key); ok && p.Stream == stream && p.Epoch == epoch && p.First >= first && p.First <= last {
			return
		}
	}
	key := h.box.HeadKey(stream, epoch, first)
	h.bad[key] = true
	h.fault(key, "missing: statements %d to %d of %s are not proved", first, last, stream)
}

// follows checks an epoch's first head against the end of an earlier epoch.
func (h *history) follows(hd *head) {
	ends, p := hd.Opening.Ends[hd.Stream], hd.Previous
	if p == nil {
		if ends > 0 {
			h.fault(hd.key, "statements 1 to %d of %s in epoch %s were never delivered", ends, hd.Stream, hd.Opening.Previous)
		}
		return
	}
	if p.Epoch == hd.Opening.Previous && p.Last < ends || ends > 0 && p.Epoch != hd.Opening.Previous {
		h.fault(hd.key, "statements of %s up to %d in epoch %s were never delivered", hd.Stream, ends, hd.Opening.Previous)
	}
	heads := h.streams[hd.Stream][p.Epoch]
	i := slices.IndexFunc(heads, func(o *head) bool { return o.First == p.First })
	switch {
	case i < 0:
		key := h.box.HeadKey(hd.Stream, p.Epoch, p.First)
		if !h.bad[key] {
			h.hole(hd.Stream, p.Epoch, p.First, p.Last)
		}
	case heads[i].sha != p.SHA256:
		h.fault(hd.key, "follows another head than the one at %s: one of the two was exchanged", heads[i].key)
	case i < len(heads)-1:
		h.note(hd.key, "continues epoch %s from %d, which went on to %d: the card was restored from an image", p.Epoch, p.Last, heads[len(heads)-1].Last)
	}
}

// forks finds two epochs that follow one epoch and disagree where it ended.
func (h *history) forks() {
	type life struct {
		ends map[preau.Stream]uint64
		key  string
	}
	seen := map[segment.EpochID]map[segment.EpochID]life{}
	for _, stream := range slices.Sorted(maps.Keys(h.streams)) {
		for _, epoch := range sortedEpochs(h.streams[stream]) {
			hd := h.streams[stream][epoch][0]
			prev := hd.Opening.Previous
			if prev == 0 {
				continue
			}
			if seen[prev] == nil {
				seen[prev] = map[segment.EpochID]life{}
			}
			for other, l := range seen[prev] {
				if other != epoch && !maps.Equal(l.ends, hd.Opening.Ends) && len(seen[prev]) == 1 {
					h.fault(hd.key, "fork: epochs %s and %s both follow %s and disagree where it ended: a card was cloned or restored (see %s)", other, epoch, prev, l.key)
				}
			}
			if _, ok := seen[prev][epoch]; !ok {
				seen[prev][epoch] = life{hd.Opening.Ends, hd.key}
			}
		}
	}
}
