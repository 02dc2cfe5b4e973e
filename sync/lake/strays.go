package lake

import (
	"context"
	"fmt"

	"preau/sync/segment"
)

// strays finds facts that no head names. Our readers never see them, but one
// who reads the folder would. An object on its way waits for its head; one
// whose place a head has taken, or of a box that nobody certified, was put
// there by somebody else.
func (l *Lake) strays(ctx context.Context, known []*history, named map[string]bool) (found []Finding, err error) {
	authorities, err := l.authorities(ctx)
	if err != nil {
		return nil, err
	}
	for _, authority := range authorities {
		for info, err := range l.bucket.List(ctx, "v1/"+authority+"/facts/", "") {
			if err != nil {
				return nil, fmt.Errorf("list facts: %w", err)
			}
			if !named[info.Key] {
				found = append(found, stray(info.Key, authority, known))
			}
		}
	}
	return found, nil
}

func stray(key, authority string, known []*history) Finding {
	for _, h := range known {
		p, ok := segment.ParseFactsKey(key, h.box)
		if !ok || h.box.Authority != authority || h.identity == nil {
			continue
		}
		for _, hd := range h.streams[p.Stream][p.Epoch] {
			if p.First <= hd.Last && p.Last >= hd.First {
				return Finding{Key: key, Text: "not delivered by the box: " + hd.key + " names other facts for these statements"}
			}
		}
		for bad := range h.bad {
			if b, ok := segment.ParseBoxKey(bad); ok && b.Stream == p.Stream && b.Epoch == p.Epoch {
				return Finding{Key: key, Text: "its head is missing or does not count, as said above", Note: true}
			}
		}
		return Finding{Key: key, Text: fmt.Sprintf("no head names it yet: statements %d to %d of %s are on their way", p.First, p.Last, p.Stream), Note: true}
	}
	return Finding{Key: key, Text: "no box of the authority made it"}
}
