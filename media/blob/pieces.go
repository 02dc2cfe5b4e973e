package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"sync"

	"preau"
	"preau/media/pack"
)

// Pieces is a blob on its way in by chunks, in any order and from any number
// of hands. Each chunk is verified before it counts as here, so that readers
// may have it before the whole is. One receiver at a time has it; Put, Wait
// and View may be called from any goroutine.
type Pieces struct {
	store *Store
	d     Digest
	table *pack.Table
	f     *os.File

	mu       sync.Mutex
	here     []bool
	left     int   // chunks that are not here
	bytes    int64 // that are
	unsynced int64
	queue    []int         // chunks that somebody waits for, the longest first
	change   chan struct{} // closed when a chunk comes or all is over
	over     bool
	why      error // when it is over and the blob is not whole

	hashing sync.Mutex
	whole   hash.Hash // of the first hashed chunks
	hashed  int
}

// ReceivePieces takes the blob for this caller, after whoever has it now.
// Every chunk that an earlier attempt left is verified again. preau.Conflict
// when the blob is already here, preau.Full when it would not fit.
func (s *Store) ReceivePieces(ctx context.Context, d Digest, table *pack.Table) (_ *Pieces, err error) {
	if Digest(table.Blob) != d {
		return nil, preau.E(preau.Corrupt, "the chunk table of blob "+d.String()+" is another's", "Publish the catalogue again.", nil)
	}
	if err := s.take(ctx, d); err != nil {
		return nil, err
	}
	p := &Pieces{store: s, d: d, table: table, here: make([]bool, len(table.Chunks)), left: len(table.Chunks), change: make(chan struct{}), whole: sha256.New()}
	defer func() {
		if err == nil {
			return
		}
		if p.f != nil {
			p.f.Close()
			p.dropEmpty()
		}
		s.release(d)
	}()
	if s.Has(d) {
		return nil, preau.E(preau.Conflict, "blob "+d.String()+" is already here", "", nil)
	}
	// What came of it without a table is a prefix: as good as chunks in place.
	if _, err := os.Stat(s.piecesPath(d)); err != nil {
		_ = os.Rename(s.partPath(d), s.piecesPath(d)) // there may be none
	}
	if p.f, err = os.OpenFile(s.piecesPath(d), os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return nil, diskError("open incoming blob", err)
	}
	if err := p.check(ctx); err != nil {
		return nil, err
	}
	if err := s.room(table.Size - p.bytes); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.coming[d] = p
	s.mu.Unlock()
	return p, nil
}

// check reads what is on the disk. Holes are passed over.
func (p *Pieces) check(ctx context.Context) error {
	info, err := p.f.Stat()
	if err != nil {
		return fmt.Errorf("stat incoming blob: %w", err)
	}
	size := info.Size()
	if size > p.table.Size {
		if err := p.f.Truncate(p.table.Size); err != nil {
			return fmt.Errorf("truncate incoming blob: %w", err)
		}
	}
	var buf []byte
	for i, c := range p.table.Chunks {
		if c.End() > size || nextData(p.f, c.Offset) >= c.End() {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(buf) < c.Length {
			buf = make([]byte, 2*c.Length)
		}
		b := buf[:c.Length]
		if _, err := p.f.ReadAt(b, c.Offset); err != nil || sha256.Sum256(b) != c.Sum {
			continue // torn, or the disk lost it: it comes again
		}
		p.note(i, b)
	}
	return nil
}

// note counts a chunk as here.
func (p *Pieces) note(i int, b []byte) {
	p.hashing.Lock()
	if p.hashed == i {
		p.whole.Write(b) // never fails
		p.hashed++
	}
	p.hashing.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.here[i] {
		return
	}
	p.here[i] = true
	p.left--
	p.bytes += int64(len(b))
	if !p.over {
		close(p.change)
		p.change = make(chan struct{})
	}
}

// Table is what the blob is made of.
func (p *Pieces) Table() *pack.Table { return p.table }

// Has reports whether a chunk is here, verified.
func (p *Pieces) Has(i int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.here[i]
}

// Left counts the chunks that are not here, and Bytes the bytes that are.
func (p *Pieces) Left() (chunks int, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.left, p.bytes
}

// Put verifies a chunk and keeps it. Wrong bytes are preau.Corrupt and change
// nothing; so does a full disk, which is preau.Full.
func (p *Pieces) Put(i int, b []byte) error {
	c := p.table.Chunks[i]
	if len(b) != c.Length || sha256.Sum256(b) != c.Sum {
		return preau.E(preau.Corrupt, fmt.Sprintf("the bytes received for blob %s at %d are not its chunk", p.d, c.Offset), "Use another source; nothing of it was kept.", nil)
	}
	p.mu.Lock()
	known := p.here[i]
	p.unsynced += int64(len(b))
	due := p.unsynced >= checkEvery
	if due {
		p.unsynced = 0
	}
	need := p.table.Size - p.bytes
	p.mu.Unlock()
	if known {
		return nil
	}
	if due {
		if err := p.store.room(need); err != nil {
			return err
		}
		if err := p.f.Sync(); err != nil {
			return diskError("sync incoming blob", err)
		}
	}
	if _, err := p.f.WriteAt(b, c.Offset); err != nil {
		return diskError("write incoming blob", err)
	}
	p.note(i, b)
	return nil
}

// Commit is the gate for a blob that came by chunks: as Incoming.Commit, with
// chunks that are not here for bytes that did not come.
func (p *Pieces) Commit() error {
	if left, bytes := p.Left(); left > 0 {
		return preau.E(preau.Unavailable, fmt.Sprintf("%d chunks of blob %s are not here, with %d of %d bytes", left, p.d, bytes, p.table.Size), "Nothing to do: it resumes from there.", nil)
	}
	p.hashing.Lock()
	defer p.hashing.Unlock()
	if p.hashed < len(p.table.Chunks) {
		from := p.table.Chunks[p.hashed].Offset
		if _, err := io.Copy(p.whole, io.NewSectionReader(p.f, from, p.table.Size-from)); err != nil {
			return fmt.Errorf("read incoming blob: %w", err)
		}
		p.hashed = len(p.table.Chunks)
	}
	if got := Digest(p.whole.Sum(nil)); got != p.d {
		err := preau.E(preau.Corrupt, fmt.Sprintf("the chunks received for blob %s do not make it: they hash to %s", p.d, got), "Publish the catalogue again, and check the box's disk; nothing of it was kept.", nil)
		return errors.Join(err, remove(p.store.piecesPath(p.d)), remove(p.store.tablePath(p.d)))
	}
	if err := p.store.admit(p.f, p.store.piecesPath(p.d), p.d); err != nil {
		return err
	}
	p.end(nil)
	return errors.Join(remove(p.store.tablePath(p.d)), remove(p.store.partPath(p.d)))
}

// Close gives the blob to the next receiver, and tells whoever waits for it
// why nothing more comes. What came stays on the disk.
func (p *Pieces) Close(why error) error {
	if why == nil {
		why = preau.E(preau.Unavailable, "blob "+p.d.String()+" stopped on its way", "Nothing to do: it resumes from there.", nil)
	}
	p.end(why)
	err := p.f.Close()
	if _, bytes := p.Left(); bytes == 0 {
		p.dropEmpty()
	}
	p.store.mu.Lock()
	delete(p.store.coming, p.d)
	p.store.mu.Unlock()
	p.store.release(p.d)
	return err
}

// end says that nothing more comes. Once is enough.
func (p *Pieces) end(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	p.over, p.why = true, why
	close(p.change)
}

// dropEmpty removes the file when it holds no chunk.
func (p *Pieces) dropEmpty() {
	if p.bytes == 0 && !p.store.Has(p.d) {
		_ = remove(p.store.piecesPath(p.d)) // it only takes room
	}
}
