package lake

import (
	"context"

	"preau"
	"preau/sync/journal"
	"preau/sync/segment"
)

// erasures are the pseudonyms that a box asked readers to forget. Objects in
// the store are immutable and their chain must stay provable, so that what is
// erased is never read out again; the authority's own compaction leaves it
// out of what it writes.
type erasures map[string]bool

// erased reads them from the stream that leaves first, where the box says so
// as it says everything: once, signed, in order. Heads name the verbs they
// cover, so that only the objects with an erasure are read.
func (l *Lake) erased(ctx context.Context, b *Box) (erasures, error) {
	b.once.Do(func() {
		b.erasures = erasures{}
		for _, hd := range b.history.all() {
			for _, o := range hd.Objects {
				if hd.Stream != preau.StreamAttendance || hd.Verbs[journal.VerbErased] == 0 || o.Kind != segment.KindFacts {
					continue
				}
				data, err := l.object(ctx, o)
				if err != nil {
					b.unread = err
					return
				}
				facts, err := decode(hd, data)
				if err != nil {
					b.unread = err
					return
				}
				for _, f := range facts {
					if f.Verb == journal.VerbErased && f.ObjectKind == "person" {
						b.erasures[f.Object] = true
					}
				}
			}
		}
	})
	return b.erasures, b.unread
}

// hides reports whether a fact is about somebody erased. That somebody was is
// not hidden.
func (e erasures) hides(f segment.Fact) bool {
	return e[f.Actor] || f.Verb != journal.VerbErased && f.ObjectKind == "person" && e[f.Object]
}
