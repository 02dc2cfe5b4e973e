package codec

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"time"

	"preau"
)

const version = 1

// What a statement's flags say; the two lowest bits are its clock's state.
const (
	hasVoids = 1 << (iota + 2)
	hasResult
	hasContext
	hasRaw
	maskFlags = 1<<6 - 1
)

var clocks = [...]preau.ClockState{preau.ClockSynced, preau.ClockHeld, preau.ClockUnsure}

// AppendRow adds the statement's bytes to dst. Times are kept to the
// millisecond.
func AppendRow(dst []byte, st *preau.Statement) []byte {
	dst = append(dst, version, flags(st))
	dst = binary.AppendUvarint(dst, st.HLC)
	dst = binary.AppendVarint(dst, st.Stored.UnixMilli())
	dst = binary.AppendVarint(dst, st.Timestamp.UnixMilli())
	if !st.Voids.IsZero() {
		dst = append(dst, st.Voids[:]...)
	}
	for _, s := range []string{st.Actor, st.Verb, st.Object, st.ObjectKind} {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
		dst = append(dst, s...)
	}
	for _, raw := range []json.RawMessage{st.Result, st.Context, st.Raw} {
		if len(raw) > 0 {
			dst = binary.AppendUvarint(dst, uint64(len(raw)))
			dst = append(dst, raw...)
		}
	}
	return dst
}

// Row fills st from its bytes; the texts are copies.
func Row(b []byte, st *preau.Statement) error {
	if len(b) > 0 && b[0] == legacy {
		return legacyRow(b[1:], st)
	}
	r := reader{b: b}
	if r.byte() != version {
		return damaged("a journal row's version")
	}
	f := r.byte()
	st.HLC = r.uvarint()
	st.Stored = time.UnixMilli(r.varint()).UTC()
	st.Timestamp = time.UnixMilli(r.varint()).UTC()
	r.head(f, st)
	for _, raw := range fields(st, f) {
		*raw = bytes.Clone(r.bytes(r.length()))
	}
	if r.bad || len(r.b) > 0 || f > maskFlags {
		return damaged("a journal row")
	}
	return nil
}

func flags(st *preau.Statement) (f byte) {
	for i, c := range clocks {
		if c == st.ClockState {
			f = byte(i)
		}
	}
	if !st.Voids.IsZero() {
		f |= hasVoids
	}
	if len(st.Result) > 0 {
		f |= hasResult
	}
	if len(st.Context) > 0 {
		f |= hasContext
	}
	if len(st.Raw) > 0 {
		f |= hasRaw
	}
	return f
}

// fields are the JSON texts that flags announce, in their order.
func fields(st *preau.Statement, f byte) (list []*json.RawMessage) {
	st.Result, st.Context, st.Raw = nil, nil, nil
	if f&hasResult != 0 {
		list = append(list, &st.Result)
	}
	if f&hasContext != 0 {
		list = append(list, &st.Context)
	}
	if f&hasRaw != 0 {
		list = append(list, &st.Raw)
	}
	return list
}

// head reads what rows and blocks write alike.
func (r *reader) head(f byte, st *preau.Statement) {
	if int(f&3) >= len(clocks) {
		r.bad = true
		return
	}
	st.ClockState, st.Voids = clocks[f&3], preau.ID{}
	if f&hasVoids != 0 {
		copy(st.Voids[:], r.bytes(len(st.Voids)))
	}
	st.Actor, st.Verb, st.Object, st.ObjectKind = r.string(), r.string(), r.string(), r.string()
}

func damaged(what string) error {
	return preau.E(preau.Corrupt, what+" is damaged", "Stop the box, keep a copy of the data folder and restore the last backup.", nil)
}

// reader takes bytes from the front; once bad it gives zeros.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) bytes(n int) []byte {
	if r.bad || n < 0 || n > len(r.b) {
		r.bad = true
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.bytes(n)
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.bytes(n)
	return v
}

func (r *reader) length() int {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *reader) string() string { return string(r.bytes(r.length())) }
