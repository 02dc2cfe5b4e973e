package course_test

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// to64 rewrites a small zip's end in the 64-bit form: what has more files or
// bytes than 32 bits tell is written so.
func to64(z []byte) []byte {
	at := bytes.LastIndex(z, []byte("PK\x05\x06"))
	end := z[at:]
	n, size, offset := binary.LittleEndian.Uint16(end[10:]), binary.LittleEndian.Uint32(end[12:]), binary.LittleEndian.Uint32(end[16:])
	out := bytes.Clone(z[:at])
	le := binary.LittleEndian
	out = append(out, "PK\x06\x06"...)
	out = le.AppendUint64(out, 44)
	out = le.AppendUint32(out, 45|45<<16) // made by, needed
	out = le.AppendUint64(out, 0)         // disks
	out = le.AppendUint64(out, uint64(n))
	out = le.AppendUint64(out, uint64(n))
	out = le.AppendUint64(out, uint64(size))
	out = le.AppendUint64(out, uint64(offset))
	out = append(out, "PK\x06\x07"...)
	out = le.AppendUint32(out, 0)
	out = le.AppendUint64(out, uint64(at))
	out = le.AppendUint32(out, 1)
	out = append(out, "PK\x05\x06\x00\x00\x00\x00"...)
	out = append(out, bytes.Repeat([]byte{0xff}, 12)...)
	return append(out, 0, 0)
}

func TestReadsZip64(t *testing.T) {
	z := to64(zipped(t, "cmi5.xml", structure(au("1", "", "a.html")), "a.html", "x"))
	p, err := read(z)
	if err != nil || len(p.Files) != 1 || p.Files[0].Path != "a.html" {
		t.Fatalf("got %+v, %v", p, err)
	}
}
