package pack

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"sort"

	"preau"
)

// Limits of a table: they bound what a box with little memory takes in.
const (
	// Threshold is the smallest blob that is worth a table: below, the table's
	// own request costs more than what it saves.
	Threshold = 512 << 10
	MaxChunk  = 4 << LargeBits
	MaxChunks = 1 << 19
	MaxTable  = headerSize + MaxChunks*rowSize
)

const (
	magic      = "preauchk"
	format     = 1
	headerSize = 64
	rowSize    = 4 + sha256.Size
)

// Chunk is a run of a blob's bytes.
type Chunk struct {
	Offset int64
	Length int
	Sum    [sha256.Size]byte
}

// End is the offset after its last byte.
func (c Chunk) End() int64 { return c.Offset + int64(c.Length) }

// Table lists the chunks of a blob, in order and without a hole.
type Table struct {
	Blob   [sha256.Size]byte
	Size   int64
	Bits   uint8 // of the cut
	Chunks []Chunk
}

// Make cuts what r gives, which must be size bytes.
func Make(r io.Reader, size int64) (*Table, error) {
	t := &Table{Bits: BitsFor(size)}
	whole := sha256.New()
	err := Cut(r, t.Bits, func(b []byte) error {
		whole.Write(b) // never fails
		t.Chunks = append(t.Chunks, Chunk{t.Size, len(b), sha256.Sum256(b)})
		t.Size += int64(len(b))
		return nil
	})
	if err != nil {
		return nil, err
	}
	if t.Size != size {
		return nil, fmt.Errorf("cut a file of %d bytes: it has %d now", size, t.Size)
	}
	whole.Sum(t.Blob[:0])
	return t, nil
}

// At is the number of the chunk that holds the byte at off.
func (t *Table) At(off int64) int {
	return sort.Search(len(t.Chunks), func(i int) bool { return t.Chunks[i].End() > off })
}

// Encode writes the table as it is published.
func (t *Table) Encode() []byte {
	b := make([]byte, headerSize, headerSize+len(t.Chunks)*rowSize)
	copy(b, magic)
	b[8], b[9] = format, t.Bits
	binary.BigEndian.PutUint64(b[16:], uint64(t.Size))
	binary.BigEndian.PutUint32(b[24:], uint32(len(t.Chunks)))
	copy(b[32:], t.Blob[:])
	for _, c := range t.Chunks {
		b = binary.BigEndian.AppendUint32(b, uint32(c.Length))
		b = append(b, c.Sum[:]...)
	}
	return b
}

// Parse reads a table.
func Parse(b []byte) (*Table, error) {
	if len(b) < headerSize || string(b[:8]) != magic {
		return nil, unreadable("it does not begin as one")
	}
	if b[8] > format {
		return nil, preau.E(preau.Invalid, fmt.Sprintf("a chunk table has format %d, newer than this box's %d", b[8], format),
			"Update the box; until then the file is fetched whole.", nil)
	}
	t := &Table{Bits: b[9], Size: int64(binary.BigEndian.Uint64(b[16:]))}
	rows := binary.BigEndian.Uint32(b[24:])
	count := int(min(rows, MaxChunks+1)) // an int has 32 bits on some boxes
	copy(t.Blob[:], b[32:])
	var none [6]byte
	switch {
	case b[8] != format || !bytes.Equal(b[10:16], none[:]) || !bytes.Equal(b[28:32], none[:4]):
		return nil, unreadable("its header is wrong")
	case t.Bits != SmallBits && t.Bits != LargeBits:
		return nil, unreadable(fmt.Sprintf("it names a cut of 2^%d", t.Bits))
	case count > MaxChunks || len(b)-headerSize != count*rowSize:
		return nil, unreadable(fmt.Sprintf("%d bytes do not hold its %d chunks", len(b), rows))
	}
	t.Chunks = make([]Chunk, count)
	var off int64
	for i := range t.Chunks {
		row := b[headerSize+i*rowSize:]
		length := binary.BigEndian.Uint32(row)
		if length == 0 || length > MaxChunk {
			return nil, unreadable(fmt.Sprintf("its chunk %d has %d bytes", i, length))
		}
		t.Chunks[i] = Chunk{off, int(length), [sha256.Size]byte(row[4:])}
		off += int64(length)
	}
	if off != t.Size {
		return nil, unreadable(fmt.Sprintf("its chunks make %d bytes, not %d", off, t.Size))
	}
	return t, nil
}

func unreadable(why string) error {
	return preau.E(preau.Corrupt, "the chunk table cannot be used: "+why, "Tell the catalogue's publisher; the file is fetched whole meanwhile.", nil)
}
