package pack_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"testing/iotest"

	"preau"
	"preau/media/pack"
)

func random(seed byte, n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

func table(t testing.TB, b []byte) *pack.Table {
	t.Helper()
	tab, err := pack.Make(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func TestMake_CoversTheBlobWithinItsBounds(t *testing.T) {
	for _, n := range []int{0, 1, 8 << 10, 8<<10 + 1, 300_000, 5_000_000} {
		b := random(1, n)
		tab := table(t, b)
		var joined []byte
		for i, c := range tab.Chunks {
			piece := b[c.Offset:c.End()]
			if sha256.Sum256(piece) != c.Sum {
				t.Fatalf("%d bytes: chunk %d has another hash", n, i)
			}
			if c.Length > 128<<10 || c.Length < 8<<10 && i < len(tab.Chunks)-1 {
				t.Errorf("chunk %d has %d bytes", i, c.Length)
			}
			if tab.At(c.Offset) != i || tab.At(c.End()-1) != i {
				t.Errorf("chunk %d is not found by its bytes", i)
			}
			joined = append(joined, piece...)
		}
		if !bytes.Equal(joined, b) || tab.Blob != sha256.Sum256(b) {
			t.Errorf("%d bytes: the chunks do not make the blob", n)
		}
		if n == 5_000_000 {
			if mean := n / len(tab.Chunks); mean < 28<<10 || mean > 48<<10 {
				t.Errorf("chunks have %d bytes on average", mean)
			}
		}
	}
}

// However the bytes arrive, they are cut at the same places.
func TestCut_DoesNotDependOnHowItIsRead(t *testing.T) {
	b := random(2, 700_000)
	var whole, slow []int
	note := func(list *[]int) func([]byte) error {
		return func(c []byte) error { *list = append(*list, len(c)); return nil }
	}
	for list, r := range map[*[]int]io.Reader{&whole: bytes.NewReader(b), &slow: iotest.HalfReader(bytes.NewReader(b))} {
		if err := pack.Cut(r, pack.SmallBits, note(list)); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(whole, slow) {
		t.Errorf("%v\n%v", whole, slow)
	}
	if err := pack.Cut(bytes.NewReader(b), 3, note(&slow)); err == nil {
		t.Error("a cut that no table may name is made")
	}
}

// What is inserted moves the bytes behind it, not the cuts.
func TestMake_AnInsertionChangesTheChunksAroundIt(t *testing.T) {
	old := random(3, 4_000_000)
	edited := slices.Concat(old[:1_000_000], []byte("un mot de plus"), old[1_000_000:])
	held := map[[32]byte]bool{}
	for _, c := range table(t, old).Chunks {
		held[c.Sum] = true
	}
	fresh := 0
	for _, c := range table(t, edited).Chunks {
		if !held[c.Sum] {
			fresh += c.Length
		}
	}
	if fresh == 0 || fresh > 300_000 {
		t.Errorf("%d bytes of 4 MB are new", fresh)
	}
}

func TestMake_RefusesAFileThatChangesMeanwhile(t *testing.T) {
	if _, err := pack.Make(bytes.NewReader(random(4, 1000)), 1001); err == nil {
		t.Error("a file that shrank has a table")
	}
}

// The cut of the largest blobs keeps their table within its limit.
func TestBitsFor_KeepsTheTableBounded(t *testing.T) {
	for _, size := range []int64{1 << 20, 4 << 30, 4<<30 + 1, 64 << 30} {
		if least := int64(1) << (pack.BitsFor(size) - 2); size/least > pack.MaxChunks {
			t.Errorf("%d bytes may have %d chunks", size, size/least)
		}
	}
}

func TestParse_RefusesWhatNoPublisherWrites(t *testing.T) {
	good := table(t, random(5, 200_000)).Encode()
	edit := func(at int, v byte) []byte { b := bytes.Clone(good); b[at] = v; return b }
	for name, c := range map[string]struct {
		b    []byte
		kind preau.Kind
	}{
		"nothing":        {nil, preau.Corrupt},
		"a page":         {[]byte("<html>Connectez-vous</html>"), preau.Corrupt},
		"a later format": {edit(8, 2), preau.Invalid},
		"no format":      {edit(8, 0), preau.Corrupt},
		"another cut":    {edit(9, 40), preau.Corrupt},
		"reserved bytes": {edit(12, 1), preau.Corrupt},
		"another size":   {edit(20, 9), preau.Corrupt},
		"too many":       {edit(24, 255), preau.Corrupt},
		"cut short":      {good[:len(good)-1], preau.Corrupt},
		"more behind":    {append(bytes.Clone(good), 0), preau.Corrupt},
		"empty chunk":    {append(bytes.Clone(good[:64]), make([]byte, len(good)-64)...), preau.Corrupt},
		"a huge chunk":   {edit(64, 255), preau.Corrupt},
	} {
		_, err := pack.Parse(c.b)
		if err == nil || preau.KindOf(err) != c.kind || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var update = flag.Bool("update", false, "write testdata again")

// TestGolden holds later versions to the cuts and the bytes of this one: a
// table published today is read, and the blob it is of is cut as it was.
func TestGolden(t *testing.T) {
	const path = "testdata/v1.chunks"
	b := random(42, 1_500_000)
	if *update {
		if err := os.WriteFile(path, table(t, b).Encode(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tab, err := pack.Parse(want)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(table(t, b).Encode(), want) || tab.Blob != sha256.Sum256(b) {
		t.Error("the cut has changed: every published table would be useless for what boxes hold")
	}
	if got := hex.EncodeToString(tab.Blob[:4]); tab.Size != 1_500_000 || len(tab.Chunks) < 20 {
		t.Errorf("%s of %d bytes in %d chunks", got, tab.Size, len(tab.Chunks))
	}
}

// TestParse_RefusesMoreChunksThanAnIntHolds: one of 32 bits, as on armv7.
func TestParse_RefusesMoreChunksThanAnIntHolds(t *testing.T) {
	b := table(t, nil).Encode()
	b[24] = 0x80
	if _, err := pack.Parse(b); preau.KindOf(err) != preau.Corrupt {
		t.Errorf("%v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(table(f, random(6, 100_000)).Encode())
	f.Add(table(f, nil).Encode())
	f.Add([]byte("preauchk"))
	f.Fuzz(func(t *testing.T, b []byte) {
		tab, err := pack.Parse(b)
		if err != nil {
			return
		}
		if !bytes.Equal(tab.Encode(), b) {
			t.Fatal("it is written as other bytes")
		}
		for i, c := range tab.Chunks {
			if tab.At(c.Offset) != i {
				t.Fatalf("chunk %d is not where it says", i)
			}
		}
	})
}

func FuzzCut(f *testing.F) {
	f.Add([]byte("abc"), uint16(900))
	f.Add(random(7, 40_000), uint16(3))
	f.Fuzz(func(t *testing.T, b []byte, times uint16) {
		b = bytes.Repeat(b, int(times)%64+1)
		var joined []byte
		err := pack.Cut(bytes.NewReader(b), pack.SmallBits, func(c []byte) error {
			if len(c) == 0 || len(c) > pack.MaxChunk {
				t.Fatalf("a chunk of %d bytes", len(c))
			}
			joined = append(joined, c...)
			return nil
		})
		if err != nil || !bytes.Equal(joined, b) {
			t.Fatalf("%d bytes of %d, %v", len(joined), len(b), err)
		}
	})
}

func BenchmarkCut(b *testing.B) {
	data := random(8, 64<<20)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if err := pack.Cut(bytes.NewReader(data), pack.SmallBits, func([]byte) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
