package pack

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The cuts, by the logarithm of the chunk that is aimed at. Small chunks make
// scattered edits cheap (a page of 20 KB that changes costs 60 KB and not
// 120), large ones keep the table of the largest blobs within MaxTable.
const (
	SmallBits = 15 // 32 KiB
	LargeBits = 19 // 512 KiB

	largeFrom = 4 << 30
)

// BitsFor is the cut of a blob of that size.
func BitsFor(size int64) uint8 {
	if size > largeFrom {
		return LargeBits
	}
	return SmallBits
}

// gear gives each byte a random-looking number, the same for ever: another
// one would cut everything elsewhere.
var gear = func() (g [256]uint64) {
	for i := range g {
		sum := sha256.Sum256([]byte{'p', 'r', 'e', 'a', 'u', byte(i)})
		g[i] = binary.BigEndian.Uint64(sum[:])
	}
	return g
}()

// Cut reads r to its end and shows each chunk to visit, which must not keep
// it. It is FastCDC (Xia et al., USENIX ATC 2016) with normalised chunking: a
// chunk is from a quarter to four times the size aimed at, which is made
// likely by asking for two bits more before it and two bits less after.
func Cut(r io.Reader, bits uint8, visit func(chunk []byte) error) error {
	if bits != SmallBits && bits != LargeBits {
		return fmt.Errorf("cut at 2^%d: no such cut", bits)
	}
	largest := 4 << bits
	buf := make([]byte, 0, 4*largest) // so that little is moved to its front
	for {
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return fmt.Errorf("read what is cut: %w", err)
		}
		// Only the last bytes may be cut before a whole largest chunk is there.
		from := 0
		for from < len(buf) && (last || len(buf)-from >= largest) {
			end := from + boundary(buf[from:min(len(buf), from+largest)], bits)
			if err := visit(buf[from:end]); err != nil {
				return err
			}
			from = end
		}
		if last {
			return nil
		}
		buf = buf[:copy(buf, buf[from:])]
	}
}

// boundary is the length of the chunk that b begins with.
func boundary(b []byte, bits uint8) int {
	least, normal := 1<<(bits-2), 1<<bits
	if len(b) <= least {
		return len(b)
	}
	normal = min(normal, len(b))
	// The high bits depend on the most bytes before.
	strict, loose := 64-(bits+2), 64-(bits-2)
	var h uint64
	i := least
	for ; i < normal; i++ {
		if h = h<<1 + gear[b[i]]; h>>strict == 0 {
			return i + 1
		}
	}
	for ; i < len(b); i++ {
		if h = h<<1 + gear[b[i]]; h>>loose == 0 {
			return i + 1
		}
	}
	return len(b)
}
