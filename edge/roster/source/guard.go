package source

import (
	"bytes"
	"errors"
	"io"
)

// The decoder holds a whole tag, text or comment in memory before it hands
// it over, so what is endless must be cut before the decoder.
var (
	errRun     = errors.New("a tag or text without end")
	errDoctype = errors.New("document type or entities")
)

// guard reads XML through and fails at what no export holds.
type guard struct {
	in    io.Reader
	state byte
	run   int    // bytes since the token began
	tail  []byte // the last bytes, to see markup that two reads cut
}

const (
	inText byte = iota
	inTag
	inComment
	inData
	inDoctype
)

// aafDoctype is the one document type that is let through: every AAF export
// names it. It declares nothing, and nothing is ever fetched.
const aafDoctype = `!DOCTYPE ficAlimMENESR SYSTEM "ficAlimMENESR.dtd">`

func (g *guard) Read(p []byte) (int, error) {
	n, err := g.in.Read(p)
	for i := range n {
		if bad := g.step(p[i]); bad != nil {
			return i, bad
		}
	}
	return n, err
}

func (g *guard) step(b byte) error {
	if g.tail = append(g.tail, b); len(g.tail) > 64 {
		g.tail = append(g.tail[:0], g.tail[len(g.tail)-16:]...)
	}
	if g.run++; g.run > maxRun {
		return errRun
	}
	ends := func(s string) bool { return bytes.HasSuffix(g.tail, []byte(s)) }
	switch g.state {
	case inText:
		if b == '<' {
			g.state, g.run = inTag, 0
		}
	case inTag:
		switch {
		case b == '>':
			g.state, g.run = inText, 0
		case g.run == 3 && ends("!--"):
			g.state = inComment
		case g.run == 8 && ends("![CDATA["):
			g.state = inData
		case g.run == 2 && ends("!D"):
			g.state = inDoctype
		case g.run == 2 && b != '-' && g.tail[len(g.tail)-2] == '!' && b != '[':
			return errDoctype
		}
	case inDoctype:
		if g.run > len(aafDoctype) || b != aafDoctype[g.run-1] {
			return errDoctype
		}
		if b == '>' {
			g.state, g.run = inText, 0
		}
	case inComment:
		if b == '>' && g.run > 5 && ends("-->") {
			g.state, g.run = inText, 0
		}
	case inData:
		if b == '>' && ends("]]>") {
			g.state, g.run = inText, 0
		}
	}
	return nil
}

// lines reads CSV through and fails at a record that never ends.
type lines struct {
	in     io.Reader
	run    int
	quoted bool
}

func (l *lines) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	for i := range n {
		l.run++
		switch p[i] {
		case '"':
			l.quoted = !l.quoted
		case '\n', '\r':
			if !l.quoted {
				l.run = 0
			}
		}
		if l.run > maxRun {
			return i, errRun
		}
	}
	return n, err
}
