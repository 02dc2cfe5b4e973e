package codec

import (
	"encoding/binary"
	"encoding/hex"

	"preau"
)

// mark stands in a block's JSON for a UUID of its table; the index follows.
const mark = 0x01

const uuidText = 36

// uuids numbers the distinct UUIDs of a block.
type uuids struct {
	list  []preau.ID
	index map[preau.ID]uint64
}

func (u *uuids) number(id preau.ID) uint64 {
	n, ok := u.index[id]
	if !ok {
		n = uint64(len(u.list))
		u.list = append(u.list, id)
		u.index[id] = n
	}
	return n
}

// fold adds text to dst with its UUIDs as marks and indices.
func (u *uuids) fold(dst, text []byte) []byte {
	start := 0
	for i := 0; i+uuidText <= len(text); {
		// The third dash first: text rarely has one just there.
		if text[i+18] != '-' || text[i+8] != '-' || text[i+13] != '-' || text[i+23] != '-' {
			i++
			continue
		}
		id, ok := parseUUID(text[i : i+uuidText])
		if !ok {
			i++
			continue
		}
		dst = append(dst, text[start:i]...)
		dst = append(dst, mark)
		dst = binary.AppendUvarint(dst, u.number(id))
		i += uuidText
		start = i
	}
	return append(dst, text[start:]...)
}

// unfold is the way back; ok is false for an index that is not in the table.
func unfold(folded []byte, table []byte) (text []byte, ok bool) {
	text = make([]byte, 0, len(folded)+len(folded)/4)
	for len(folded) > 0 {
		c := folded[0]
		folded = folded[1:]
		if c != mark {
			text = append(text, c)
			continue
		}
		n, size := binary.Uvarint(folded)
		if size <= 0 || n >= uint64(len(table)/16) {
			return nil, false
		}
		folded = folded[size:]
		text = appendUUID(text, table[n*16:n*16+16])
	}
	return text, true
}

// parseUUID accepts lower case only: the text must come back as it was.
func parseUUID(text []byte) (id preau.ID, ok bool) {
	at := 0
	for i := 0; i < uuidText; {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			i++
			continue
		}
		hi, lo := nibble(text[i]), nibble(text[i+1])
		if hi > 15 || lo > 15 {
			return id, false
		}
		id[at] = hi<<4 | lo
		at++
		i += 2
	}
	return id, true
}

func nibble(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

func appendUUID(dst, id []byte) []byte {
	for i, part := range [][]byte{id[:4], id[4:6], id[6:8], id[8:10], id[10:]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return dst
}
