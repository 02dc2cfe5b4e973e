package express

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// said is everything that a server answers to some bytes, in a form that can
// be compared; ok is false when the network lost the end of it.
func said(t testing.TB, addr string, raw []byte) (text string, ok bool) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = c.Write(raw) // it may have been closed on us
	_ = c.(*net.TCPConn).CloseWrite()
	all, err := io.ReadAll(c)
	if err != nil {
		return "", false
	}
	var b strings.Builder
	in := bufio.NewReader(bytes.NewReader(all))
	for {
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			rest, _ := io.ReadAll(in)
			fmt.Fprintf(&b, "end %v %q", err, rest)
			return b.String(), true
		}
		body, err := io.ReadAll(resp.Body)
		resp.Header.Del("Date")
		fmt.Fprintf(&b, "%s %s", resp.Proto, resp.Status)
		for _, name := range slices.Sorted(maps.Keys(resp.Header)) {
			fmt.Fprintf(&b, " %s=%q", name, resp.Header[name])
		}
		fmt.Fprintf(&b, " %q %v\n", body, err)
	}
}

// FuzzFront holds whatever a client may send to what net/http alone makes of
// it: the same answers, in the same order, and then the same end.
func FuzzFront(f *testing.F) {
	for _, s := range []string{
		get("/small"), get("/page"), post, post + get("/small"), get("/small") + get("/page") + get("/small"),
		get("/small") + "GET", get("/small") + "GET ", get("/small") + "\n", get("/small") + "\n\n\n\n", get("/small") + "\x00 \r", get("/small?a=b"), get("//small"), get("/small#x"), get("/sma%6cl"), get("http://preau.local/small"), get("*"),
		"GET /small HTTP/1.0\r\n\r\n", "GET /small HTTP/1.1\r\n\r\n", "GET /small HTTP/1.1\nHost: a\n\n", "get /small HTTP/1.1\r\nHost: a\r\n\r\n",
		"HEAD /small HTTP/1.1\r\nHost: a\r\n\r\n" + get("/small"), "\r\n" + get("/small"), " " + get("/small"),
		"GET  /small HTTP/1.1\r\nHost: a\r\n\r\n", "GET /small HTTP/1.1 \r\nHost: a\r\n\r\n", "GET /small\r\nHost: a\r\n\r\n",
		"GET /small HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "GET /small HTTP/1.1\r\nHost: a b\r\n\r\n", "GET /small HTTP/1.1\r\nHost:\r\n\r\n",
		"GET /small HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n", "GET /small HTTP/1.1\r\nHost : a\r\n\r\n", "GET /small HTTP/1.1\r\nHost: a\r\nRange\r\n\r\n",
		"GET /small HTTP/1.1\r\nHost: a\r\nCookie: \x00\r\n\r\n", "GET /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get("/small"),
		"GET /small HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + get("/small"), "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
		"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n" + get("/small"),
		"POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n" + get("/small"), "POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
		"GET /small HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
		"GET /small HTTP/1.1\r\nHost: a\r\nAccept: " + strings.Repeat("a", 5000) + "\r\n\r\n", "GET /small HTTP/1.1\r\nHost: a\r\nCookie: é\r\nUser-Agent: a\tb\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	plain, fronted := open(f, 16, false, nil), open(f, 16, true, nil)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if bytes.Contains(raw, []byte("hijack")) || bytes.Contains(raw, []byte("/film")) || bytes.Contains(raw, []byte("/lies")) {
			return // they answer otherwise
		}
		want, ok := said(t, plain.addr, raw)
		got, ok2 := said(t, fronted.addr, raw)
		if ok && ok2 && got != want {
			t.Fatalf("to %q net/http says\n%s\nand with a front\n%s", raw, want, got)
		}
	})
}
