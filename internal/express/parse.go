package express

import (
	"bytes"
	"net"
	"strings"
	"time"
)

// Request is what is read of a plain request. Its texts are valid only while
// the taker looks at them.
type Request struct {
	Path    []byte // as sent; never with a query
	Range   []byte // nil: none
	IfRange []byte
	Cookie  []byte
	Remote  func() net.Addr
	Handed  time.Time // when net/http last had a request of this connection

	size int   // of the head, with the empty line
	body int64 // declared
}

// kind is what some bytes amount to.
type kind uint8

const (
	plain   kind = iota // a whole plain request
	whole               // a whole head with a body of known length, or without
	partial             // not enough to tell
	other               // for net/http to judge
)

// parse reads the head of one request. It is strict where net/http forgives:
// what it calls plain or whole, net/http would read in the same way.
func parse(b []byte, req *Request) kind {
	line, rest, end := cutLine(b)
	if end != plain {
		return atMost(end, b, maxLine)
	}
	method, target, found := bytes.Cut(line, []byte{' '})
	target, version, found2 := bytes.Cut(target, []byte{' '})
	if !found || !found2 || string(version) != "HTTP/1.1" || len(target) == 0 || target[0] != '/' || !token(method) || !visible(target) {
		return other
	}
	isGet := string(method) == "GET"
	isPlain := isGet && bytes.IndexByte(target, '?') < 0
	req.Path = target
	var host, length, ranges, ifRange bool
	for {
		line, rest, end = cutLine(rest)
		if end != plain {
			return atMost(end, b, maxHead)
		}
		if len(line) == 0 {
			break
		}
		name, value, found := bytes.Cut(line, []byte{':'})
		if !found || !token(name) || !text(value) {
			return other
		}
		value = bytes.Trim(value, " \t")
		switch field(name) {
		case "host":
			if host || !isHost(value) {
				return other
			}
			host = true
		case "content-length":
			n, ok := decimal(value)
			if length || !ok {
				return other
			}
			length, isPlain, req.body = true, false, n
		case "transfer-encoding", "expect", "upgrade", "trailer", "te":
			return other
		case "connection":
			if !strings.EqualFold(string(value), "keep-alive") {
				return other
			}
		case "range":
			isPlain = isPlain && !ranges
			ranges, req.Range = true, value
		case "if-range":
			isPlain = isPlain && !ifRange
			ifRange, req.IfRange = true, value
		case "cookie":
			req.Cookie = value
		case "harmless":
		default:
			isPlain = false
		}
	}
	req.size = len(b) - len(rest)
	switch {
	case !host:
		return other
	case isPlain:
		return plain
	}
	return whole
}

const (
	maxLine = 1 << 10
	maxHead = 3 << 10 // below what net/http reads at once
)

// atMost waits for the end of a line, but not for ever.
func atMost(end kind, b []byte, n int) kind {
	if len(b) > n {
		return other
	}
	return end
}

// cutLine cuts at CRLF: plain, or partial without one. A bare LF is other:
// net/http takes it for an end of line.
func cutLine(b []byte) (line, rest []byte, end kind) {
	i := bytes.IndexByte(b, '\n')
	switch {
	case i < 0:
		return nil, nil, partial
	case i == 0 || b[i-1] != '\r':
		return nil, nil, other
	}
	return b[:i-1], b[i+1:], plain
}

// field gives the lower-case name of a field that matters, "harmless" for one
// that cannot change the answer, and nothing for all others.
func field(name []byte) string {
	var lower [24]byte
	if len(name) > len(lower) {
		return ""
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	switch s := lower[:len(name)]; string(s) {
	case "host":
		return "host"
	case "range":
		return "range"
	case "if-range":
		return "if-range"
	case "cookie":
		return "cookie"
	case "connection":
		return "connection"
	case "content-length":
		return "content-length"
	case "transfer-encoding":
		return "transfer-encoding"
	case "expect":
		return "expect"
	case "upgrade":
		return "upgrade"
	case "trailer":
		return "trailer"
	case "te":
		return "te"
	case "user-agent", "accept", "accept-language", "accept-encoding", "referer", "origin", "dnt", "priority", "save-data",
		"cache-control", "pragma", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "sec-fetch-user", "sec-gpc",
		"sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "x-playback-session-id":
		return "harmless"
	}
	return ""
}

// token is RFC 9110's, 5.6.2.
func token(b []byte) bool {
	for _, c := range b {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false // those with other marks are rare: net/http reads them
		}
	}
	return len(b) > 0
}

func visible(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c >= 0x7f || c == '#' {
			return false
		}
	}
	return true
}

func text(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

func isHost(b []byte) bool {
	for _, c := range b {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == ':' || c == '[' || c == ']') {
			return false
		}
	}
	return len(b) > 0
}

func decimal(b []byte) (n int64, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, len(b) > 0 && len(b) < 16
}
