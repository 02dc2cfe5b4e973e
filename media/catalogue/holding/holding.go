// Package holding knows what keeps a version of the catalogue on the box: the
// generations, what a lesson has open, and what a technician went back from.
// It promises that nothing is forgotten while one of them keeps it, and that a
// blob is named an orphan before the last row that knew it goes. It refuses to
// touch the disk, and to judge what is worth its room: package shelf does.
//
// Words. Use: a file of one version of an item. Lease: somebody has a version
// open until a moment. Bar: the generation that was left by a rollback. Orphan:
// a blob that no row knows any more. The tables are package catalogue's.
package holding

import (
	"sync/atomic"

	"preau/internal/sqlite"
	"preau/media/blob"
)

// Holder says which blobs are on the disk, verified: a *blob.Store.
type Holder interface {
	Has(d blob.Digest) bool
}

// Keeper asks and changes the tables.
type Keeper struct {
	db   *sqlite.DB
	held Holder

	through atomic.Pointer[func() bool]
	lacking atomic.Pointer[map[int64]bool]
}

// New works on the catalogue's database.
func New(db *sqlite.DB, held Holder) *Keeper { return &Keeper{db: db, held: held} }

// Want is a blob and its size.
type Want struct {
	Digest blob.Digest
	Size   int64
}

// Known is the FROM and WHERE of the uses of a blob (one parameter) that may
// be served: those of the current generation, of the one before, and of what
// is open.
const Known = `FROM catalogue_asset a JOIN catalogue_item i ON i.id = a.item WHERE a.sha256 = ? AND ` + Served

// Served holds for items i whose files may be asked for.
const Served = `(i.live = 1 OR EXISTS (SELECT 1 FROM catalogue_lease l WHERE l.item = i.id) OR EXISTS (SELECT 1 FROM catalogue_generation_pack gp
	JOIN catalogue_generation g ON g.id = gp.generation AND g.state = 'previous' WHERE gp.pack = i.pack))`

// digestOf reads a digest as its column holds it.
func digestOf(key []byte) (d blob.Digest) {
	copy(d[:], key)
	return d
}
