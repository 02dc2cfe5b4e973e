package blob_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"preau"
	"preau/media/blob"
	"preau/media/pack"
)

// cut makes a blob and its table.
func cut(t *testing.T, seed uint64, n int) ([]byte, blob.Digest, *pack.Table) {
	t.Helper()
	b, d := random(seed, n)
	table, err := pack.Make(bytes.NewReader(b), int64(n))
	if err != nil {
		t.Fatal(err)
	}
	return b, d, table
}

func pieces(t *testing.T, s *blob.Store, d blob.Digest, table *pack.Table) *blob.Pieces {
	t.Helper()
	p, err := s.ReceivePieces(t.Context(), d, table)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func put(t *testing.T, p *blob.Pieces, b []byte, chunks ...int) {
	t.Helper()
	for _, i := range chunks {
		c := p.Table().Chunks[i]
		if err := p.Put(i, b[c.Offset:c.End()]); err != nil {
			t.Fatal(err)
		}
	}
}

// backwards lists all chunks, the last first.
func backwards(table *pack.Table) (list []int) {
	for i := range table.Chunks {
		list = append([]int{i}, list...)
	}
	return list
}

func wantWhole(t *testing.T, s *blob.Store, d blob.Digest, b []byte) {
	t.Helper()
	f, _, err := s.Open(d)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, b) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
}

func TestPieces_TakesChunksInAnyOrder(t *testing.T) {
	for name, order := range map[string]func(*pack.Table) []int{
		"backwards": backwards,
		"forwards": func(table *pack.Table) (list []int) {
			for i := range table.Chunks {
				list = append(list, i)
			}
			return list
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := open(t, 0)
			b, d, table := cut(t, 30, 900_000)
			if err := s.KeepTable(d, table.Encode()); err != nil {
				t.Fatal(err)
			}
			p := pieces(t, s, d, table)
			wantKind(t, p.Commit(), preau.Unavailable)
			put(t, p, b, order(table)...)
			put(t, p, b, 0) // again: harmless
			if s.Has(d) {
				t.Error("it is visible before the gate")
			}
			if err := errors.Join(p.Commit(), p.Close(nil)); err != nil {
				t.Fatal(err)
			}
			wantWhole(t, s, d, b)
			if left, _ := os.ReadDir(filepath.Join(dir, "incoming")); len(left) != 0 {
				t.Errorf("left in incoming: %v", left)
			}
			_, err := s.ReceivePieces(t.Context(), d, table)
			wantKind(t, err, preau.Conflict)
		})
	}
}

func TestPieces_RefusesWrongBytes(t *testing.T) {
	s, _ := open(t, 0)
	b, d, table := cut(t, 31, 300_000)
	p := pieces(t, s, d, table)
	bad := bytes.Clone(b[:table.Chunks[0].Length])
	bad[77] ^= 1
	wantKind(t, p.Put(0, bad), preau.Corrupt)
	wantKind(t, p.Put(0, bad[:10]), preau.Corrupt)
	if p.Has(0) {
		t.Error("a wrong chunk is here")
	}
	if err := p.Close(nil); err != nil {
		t.Fatal(err)
	}
	if s.Partial(d) != 0 {
		t.Error("wrong bytes were kept")
	}
	_, err := s.ReceivePieces(t.Context(), blob.Digest{1}, table)
	wantKind(t, err, preau.Corrupt)
}

// A table whose chunks are right and make something else is refused at the
// gate: it is signed, and still not believed.
func TestPieces_RefusesATableThatLies(t *testing.T) {
	s, dir := open(t, 0)
	b, _, table := cut(t, 32, 300_000)
	d := blob.Digest{7}
	table.Blob = d
	if err := s.KeepTable(d, table.Encode()); err != nil {
		t.Fatal(err)
	}
	p := pieces(t, s, d, table)
	put(t, p, b, backwards(table)...)
	wantKind(t, p.Commit(), preau.Corrupt)
	if err := p.Close(nil); err != nil || s.Has(d) {
		t.Errorf("%v, visible %v", err, s.Has(d))
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "incoming")); len(left) != 0 {
		t.Errorf("left in incoming: %v", left)
	}
}

// Whatever happened to the file meanwhile, what is right is kept and what is
// not comes again.
func TestPieces_VerifiesEachChunkWhenItGoesOn(t *testing.T) {
	b, d, table := cut(t, 33, 600_000)
	n := len(table.Chunks)
	for name, c := range map[string]struct {
		spoil func(f *os.File) error
		keeps int
	}{
		"nothing happened":  {func(*os.File) error { return nil }, n - 1},
		"cut in a chunk":    {func(f *os.File) error { return f.Truncate(table.Chunks[n-2].Offset + 5) }, n - 2},
		"garbage behind":    {func(f *os.File) error { _, err := f.WriteAt(make([]byte, 99), table.Size); return err }, n - 1},
		"one flipped bit":   {func(f *os.File) error { _, err := f.WriteAt([]byte{b[10] ^ 4}, 10); return err }, n - 2},
		"zeroes at the end": {func(f *os.File) error { _, err := f.WriteAt(make([]byte, 10), table.Chunks[n-1].Offset-10); return err }, n - 2},
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := open(t, 0)
			p := pieces(t, s, d, table)
			put(t, p, b, backwards(table)[1:]...)
			if err := p.Close(nil); err != nil {
				t.Fatal(err)
			}
			f, err := os.OpenFile(filepath.Join(dir, "incoming", d.String()+".pieces"), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(c.spoil(f), f.Close()); err != nil {
				t.Fatal(err)
			}
			p = pieces(t, s, d, table)
			defer p.Close(nil)
			if left, _ := p.Left(); n-left != c.keeps {
				t.Errorf("%d of %d chunks are kept, want %d", n-left, n, c.keeps)
			}
			put(t, p, b, backwards(table)...)
			if err := p.Commit(); err != nil {
				t.Fatal(err)
			}
			wantWhole(t, s, d, b)
		})
	}
}

// What came without a table, as a prefix, is not fetched again with one.
func TestPieces_GoesOnFromAPrefix(t *testing.T) {
	s, _ := open(t, 0)
	b, d, table := cut(t, 34, 300_000)
	in := receive(t, s, d, len(b))
	write(t, in, b[:table.Chunks[2].Offset+3])
	done(t, in)
	p := pieces(t, s, d, table)
	defer p.Close(nil)
	if !p.Has(0) || !p.Has(1) || p.Has(2) {
		t.Error("the chunks of the prefix are not here")
	}
}

func TestWait_ForTheByteAndNoLonger(t *testing.T) {
	s, _ := open(t, 0)
	b, d, table := cut(t, 35, 600_000)
	if s.Coming(d) != nil {
		t.Fatal("it is coming before anybody brings it")
	}
	p := pieces(t, s, d, table)
	if s.Coming(d) != p {
		t.Fatal("it is not seen to come")
	}
	view, err := p.View()
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	type answer struct {
		end int64
		err error
	}
	ask := func(off int64) chan answer {
		c := make(chan answer, 1)
		go func() {
			end, err := p.Wait(t.Context(), off)
			c <- answer{end, err}
		}()
		return c
	}
	until := func(i int) {
		for {
			if u, ok := p.Urgent(); ok && u == i {
				return
			}
			if t.Context().Err() != nil {
				t.Fatal("nobody is seen to wait")
			}
		}
	}
	first := ask(table.Chunks[3].Offset + 7)
	until(3)
	second := ask(0)
	put(t, p, b, 4)
	put(t, p, b, 3)
	if a := <-first; a.err != nil || a.end != table.Chunks[4].End() {
		t.Errorf("%+v, want the end of chunk 4", a)
	}
	got := make([]byte, table.Chunks[3].Length)
	if _, err := view.ReadAt(got, table.Chunks[3].Offset); err != nil || sha256.Sum256(got) != table.Chunks[3].Sum {
		t.Errorf("what may be read is not the chunk: %v", err)
	}
	until(0)
	why := preau.E(preau.Unavailable, "the line is cut", "Wait.", nil)
	if err := p.Close(why); err != nil {
		t.Fatal(err)
	}
	if a := <-second; !errors.Is(a.err, why) {
		t.Errorf("%+v, want the reason", a)
	}
	if s.Coming(d) != nil {
		t.Error("it is still seen to come")
	}
	p = pieces(t, s, d, table)
	put(t, p, b, backwards(table)...)
	third := ask(1)
	if a := <-third; a.err != nil || a.end != table.Size {
		t.Errorf("%+v", a)
	}
	if err := errors.Join(p.Commit(), p.Close(nil)); err != nil {
		t.Fatal(err)
	}
	if end, err := p.Wait(t.Context(), 0); err != nil || end != table.Size {
		t.Errorf("once it is whole: %d, %v", end, err)
	}
}

func TestTable_IsBelievedByItsHashOnly(t *testing.T) {
	s, dir := open(t, 0)
	_, d, table := cut(t, 36, 300_000)
	raw := table.Encode()
	name := blob.Digest(sha256.Sum256(raw))
	_, err := s.Table(d, name)
	wantKind(t, err, preau.NotFound)
	if err := s.KeepTable(d, raw); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Table(d, name); err != nil || blob.Digest(got.Blob) != d {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "incoming", d.String()+".chunks")
	if err := os.WriteFile(path, raw[:len(raw)-1], 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = s.Table(d, name)
	wantKind(t, err, preau.NotFound)
	// Nobody wants it any more.
	if err := s.Sweep(func(blob.Digest) bool { return false }); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the table stays: %v", err)
	}
}

// TestCommit_LeavesNothingOfAnEarlierWay: chunks that came before the blob came
// whole another way, from a stick.
func TestCommit_LeavesNothingOfAnEarlierWay(t *testing.T) {
	dir := t.TempDir()
	s, err := blob.Open(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	b, d, table := cut(t, 31, 900_000)
	if err := s.KeepTable(d, table.Encode()); err != nil {
		t.Fatal(err)
	}
	p := pieces(t, s, d, table)
	put(t, p, b, 0, 2)
	if err := p.Close(nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), d, int64(len(b)), bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	wantWhole(t, s, d, b)
	if left, err := os.ReadDir(filepath.Join(dir, "incoming")); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
}
