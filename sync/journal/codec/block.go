package codec

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"preau"
)

// AppendBlock adds consecutive statements of one stream and epoch, at most
// MaxBlock, as a block. It reads the block back before it answers: what it
// returns is known to give every byte again.
func (c *Coder) AppendBlock(dst []byte, sts []*preau.Statement) ([]byte, error) {
	if len(sts) == 0 || len(sts) > MaxBlock {
		return nil, preau.E(preau.Internal, fmt.Sprintf("a block of %d statements", len(sts)), "", nil)
	}
	table := &uuids{index: map[preau.ID]uint64{}}
	for _, st := range sts {
		table.number(st.ID)
	}
	if len(table.list) != len(sts) {
		return nil, preau.E(preau.Internal, "a block with one id twice", "", nil)
	}
	var frame, body []byte
	var ends []byte
	hlc, stored, at := uint64(0), int64(0), int64(0)
	for _, st := range sts {
		start := len(body)
		body = table.statement(body, st)
		// Neighbours differ little in time: the difference takes a byte or two.
		frame = append(frame, flags(st))
		frame = binary.AppendUvarint(frame, st.HLC-hlc)
		frame = binary.AppendVarint(frame, st.Stored.UnixMilli()-stored)
		frame = binary.AppendVarint(frame, st.Timestamp.UnixMilli()-at)
		hlc, stored, at = st.HLC, st.Stored.UnixMilli(), st.Timestamp.UnixMilli()
		ends = binary.AppendUvarint(ends, uint64(len(body)-start))
	}
	frame = append(append(frame, ends...), body...)
	from := len(dst)
	dst = append(dst, version, byte(len(sts)))
	dst = binary.AppendUvarint(dst, uint64(len(table.list)))
	for _, id := range table.list {
		dst = append(dst, id[:]...)
	}
	dst, err := c.compress(frame, dst)
	if err != nil {
		return nil, err
	}
	return dst, c.prove(dst[from:], sts)
}

// prove decodes what was encoded, so that a fault of the coder costs a log
// line and not a statement.
func (c *Coder) prove(data []byte, sts []*preau.Statement) error {
	b, err := c.OpenBlock(data)
	if err != nil {
		return fmt.Errorf("read back a block: %w", err)
	}
	var was, is []byte
	for i, st := range sts {
		var got preau.Statement
		if err := b.Statement(i, &got); err != nil {
			return fmt.Errorf("read back a block: %w", err)
		}
		was, is = AppendRow(was[:0], st), AppendRow(is[:0], &got)
		if got.ID != st.ID || string(was) != string(is) {
			return preau.E(preau.Internal, "a block does not give its statements back", "", nil)
		}
	}
	return nil
}

func (u *uuids) statement(dst []byte, st *preau.Statement) []byte {
	if !st.Voids.IsZero() {
		dst = append(dst, st.Voids[:]...)
	}
	for _, s := range []string{st.Actor, st.Verb, st.Object, st.ObjectKind} {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
		dst = append(dst, s...)
	}
	for _, raw := range []json.RawMessage{st.Result, st.Context, st.Raw} {
		if len(raw) > 0 {
			folded := u.fold(nil, raw)
			dst = binary.AppendUvarint(dst, uint64(len(folded)))
			dst = append(dst, folded...)
		}
	}
	return dst
}

// Block is a decompressed block. It is never changed and may be shared.
type Block struct {
	table   []byte // 16 bytes a UUID, the statements' ids first
	entries []entry
}

type entry struct {
	flags      byte
	hlc        uint64
	stored, at int64
	body       []byte
}

// OpenBlock decompresses.
func (c *Coder) OpenBlock(data []byte) (*Block, error) {
	r := reader{b: data}
	if r.byte() != version {
		return nil, damaged("a journal block's version")
	}
	n := int(r.byte())
	ids := r.uvarint()
	if r.bad || n == 0 || n > MaxBlock || ids < uint64(n) || ids > uint64(len(r.b)/16) {
		return nil, damaged("a journal block")
	}
	table := append([]byte(nil), r.bytes(int(ids)*16)...)
	frame, err := c.dec.DecodeAll(r.b, nil)
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", damaged("a journal block"), err)
	}
	b := &Block{table: table, entries: make([]entry, n)}
	r = reader{b: frame}
	var last entry
	for i := range b.entries {
		last = entry{flags: r.byte(), hlc: last.hlc + r.uvarint(), stored: last.stored + r.varint(), at: last.at + r.varint()}
		b.entries[i] = last
	}
	lengths := make([]int, n)
	for i := range lengths {
		lengths[i] = r.length()
	}
	for i := range b.entries {
		b.entries[i].body = r.bytes(lengths[i])
	}
	if r.bad || len(r.b) > 0 {
		return nil, damaged("a journal block")
	}
	return b, nil
}

// Len is the number of statements.
func (b *Block) Len() int { return len(b.entries) }

// Size is about the memory that the block holds.
func (b *Block) Size() (n int) {
	for i := range b.entries {
		n += len(b.entries[i].body) + 56
	}
	return n + len(b.table)
}

// ID is the i-th statement's.
func (b *Block) ID(i int) preau.ID { return preau.ID(b.table[i*16 : i*16+16]) }

// Stored is when the i-th statement was appended.
func (b *Block) Stored(i int) time.Time { return time.UnixMilli(b.entries[i].stored).UTC() }

// Statement fills st with the i-th; the texts are copies.
func (b *Block) Statement(i int, st *preau.Statement) error {
	e := &b.entries[i]
	r := reader{b: e.body}
	st.ID, st.HLC = b.ID(i), e.hlc
	st.Stored, st.Timestamp = time.UnixMilli(e.stored).UTC(), time.UnixMilli(e.at).UTC()
	r.head(e.flags, st)
	for _, raw := range fields(st, e.flags) {
		text, ok := unfold(r.bytes(r.length()), b.table)
		if !ok {
			return damaged("a journal block")
		}
		*raw = text
	}
	if r.bad || len(r.b) > 0 || e.flags > maskFlags {
		return damaged("a statement of a journal block")
	}
	return nil
}
