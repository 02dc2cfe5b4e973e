package roster

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// latin9 decodes ISO-8859-15, in which the ministry's exports are written. It
// is Latin-1 but for eight signs, of which French needs Œ, œ, Ÿ and €.
type latin9 struct {
	in   *bufio.Reader
	left []byte // encoded, not yet read
}

var latin9Signs = map[byte]string{0xa4: "€", 0xa6: "Š", 0xa8: "š", 0xb4: "Ž", 0xb8: "ž", 0xbc: "Œ", 0xbd: "œ", 0xbe: "Ÿ"}

func (l *latin9) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(l.left) > 0 {
			k := copy(p[n:], l.left)
			l.left = l.left[k:]
			n += k
			continue
		}
		b, err := l.in.ReadByte()
		if err != nil {
			if n > 0 {
				return n, nil
			}
			return 0, err
		}
		if sign, ok := latin9Signs[b]; ok {
			l.left = []byte(sign)
		} else {
			l.left = []byte(string(rune(b)))
		}
	}
	return n, nil
}

// charset is the decoder's CharsetReader: the encodings that were seen.
func charset(label string, in io.Reader) (io.Reader, error) {
	switch strings.ToUpper(label) {
	case "ISO-8859-15", "ISO-8859-1", "LATIN-9", "WINDOWS-1252":
		// Names differ between them only by the signs that Latin-1 lacks.
		return &latin9{in: bufio.NewReader(in)}, nil
	}
	return nil, fmt.Errorf("unknown encoding %.40q", label)
}
