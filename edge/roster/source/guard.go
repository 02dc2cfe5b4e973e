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
	run   int     // bytes since the token began
	begin [8]byte // the first ones
	last  [2]byte // the last ones, where a read may have cut the end
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
	for i := 0; i < n; {
		step, bad := g.step(p[i:n])
		if bad != nil {
			return i, bad
		}
		i += step
	}
	return n, err
}

// step looks at some bytes of b and says how many.
func (g *guard) step(b []byte) (int, error) {
	if g.state == inText {
		n := bytes.IndexByte(b, '<')
		if n < 0 {
			n = len(b)
		}
		if g.run += n; g.run > maxRun {
			return 0, errRun
		}
		if n < len(b) {
			g.state, g.run = inTag, 0
			n++
		}
		return n, nil
	}
	n := bytes.IndexByte(b, '>')
	switch {
	case g.run < len(g.begin) || g.state == inDoctype:
		n = 1 // the beginning says what it is
	case n < 0:
		n = len(b)
	default:
		n++
	}
	if err := g.mark(b[:n]); err != nil {
		return 0, err
	}
	if b[n-1] == '>' && g.ends() {
		g.state, g.run = inText, 0
	}
	return n, nil
}

// mark takes in a part of what stands between < and >, of which only the last
// byte may be >.
func (g *guard) mark(b []byte) error {
	if g.run < len(g.begin) {
		g.begin[g.run] = b[0]
	}
	if g.state == inDoctype && (g.run >= len(aafDoctype) || b[0] != aafDoctype[g.run]) {
		return errDoctype
	}
	if g.run += len(b); g.run > maxRun {
		return errRun
	}
	for _, c := range b[max(0, len(b)-3) : len(b)-1] {
		g.last = [2]byte{g.last[1], c}
	}
	if c := b[len(b)-1]; c != '>' {
		g.last = [2]byte{g.last[1], c}
	}
	switch begun := string(g.begin[:min(g.run, len(g.begin))]); {
	case g.state != inTag || g.run > len(g.begin):
	case begun == "!--":
		g.state = inComment
	case begun == "![CDATA[":
		g.state = inData
	case begun == "!D":
		g.state = inDoctype
	case len(begun) == 2 && begun[0] == '!' && begun[1] != '-' && begun[1] != '[':
		return errDoctype
	}
	return nil
}

// ends reports whether the > that was just read closes the token.
func (g *guard) ends() bool {
	switch g.state {
	case inComment:
		return g.run > 5 && g.last == [2]byte{'-', '-'}
	case inData:
		return g.last == [2]byte{']', ']'}
	}
	return true
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
