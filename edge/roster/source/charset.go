package source

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// latin decodes what French administrations call Latin-1: ISO-8859-15, or
// ISO-8859-1, or Windows-1252, whatever the label says. They differ by signs
// of which names need Œ, œ, Ÿ and the apostrophe; where two of them use the
// same byte, the sign of a name wins over a fraction or a currency.
type latin struct {
	in   *bufio.Reader
	left []byte // encoded, not yet read
	last byte
}

var latinSigns = map[byte]string{
	0xa4: "€", 0xa6: "Š", 0xa8: "š", 0xb4: "Ž", 0xb8: "ž", 0xbc: "Œ", 0xbd: "œ", 0xbe: "Ÿ", // ISO-8859-15
	0x80: "€", 0x82: "‚", 0x84: "„", 0x85: "…", 0x8a: "Š", 0x8c: "Œ", 0x8e: "Ž", 0x91: "‘", 0x92: "’", // Windows-1252
	0x93: "“", 0x94: "”", 0x95: "•", 0x96: "–", 0x97: "—", 0x99: "™", 0x9a: "š", 0x9c: "œ", 0x9e: "ž", 0x9f: "Ÿ",
}

// errEncoding: no name in Latin-9 holds « Ã© »; é in UTF-8 does.
var errEncoding = errors.New("the text is UTF-8 though it says otherwise")

func newLatin(in io.Reader) io.Reader { return &latin{in: bufio.NewReader(in)} }

func (l *latin) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(l.left) > 0 {
			k := copy(p[n:], l.left)
			l.left = l.left[k:]
			n += k
			continue
		}
		b, err := l.in.ReadByte()
		if err == nil && l.last == 0xc3 && b >= 0x80 && b <= 0xbf {
			err = errEncoding
		}
		if err != nil {
			if n > 0 && errors.Is(err, io.EOF) {
				return n, nil
			}
			return n, err
		}
		l.last = b
		switch sign, ok := latinSigns[b]; {
		case b < 0x80:
			p[n] = b
			n++
		case ok:
			l.left = []byte(sign)
		default:
			l.left = []byte(string(rune(b)))
		}
	}
	return n, nil
}

// charset is the XML decoder's CharsetReader: the encodings that were seen.
func charset(label string, in io.Reader) (io.Reader, error) {
	switch strings.ToUpper(label) {
	case "UTF-8", "US-ASCII":
		return in, nil
	case "ISO-8859-15", "ISO-8859-1", "LATIN1", "LATIN-9", "LATIN9", "WINDOWS-1252", "CP1252":
		return newLatin(in), nil
	}
	return nil, fmt.Errorf("unknown encoding %.40q", label)
}
