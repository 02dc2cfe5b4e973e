package journal_test

import (
	"path/filepath"
	"testing"

	"preau"
	"preau/sync/journal"
)

// BenchmarkRecord is 32 writers, each acknowledged before its next.
func BenchmarkRecord(b *testing.B) {
	db, j := open(b, filepath.Join(b.TempDir(), "preau.db"), preau.SystemClock())
	defer db.Close()
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			err := j.Record(b.Context(), &preau.Statement{Stream: preau.StreamLearning, Actor: "p1", Verb: journal.VerbPlayed,
				Object: "ark:/99999/lf-adjectif-1", ObjectKind: "video", Result: []byte(`{"a":1}`)})
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
}
