package stream_test

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net/http"
	"strconv"
	"testing"
	"time"

	"preau"
	"preau/internal/express"
	"preau/media/blob"
	"preau/media/stream"
)

// direct is the box's handler with what answers before net/http.
func direct(t *testing.T, allow func(*http.Request, blob.Digest) error) (b *box, d *stream.Direct, era *int64) {
	t.Helper()
	era = new(int64)
	b = serveBox(t, allow, func(deps *stream.Deps) {
		d = stream.NewDirect(stream.DirectDeps{Blobs: deps.Blobs, Era: func() int64 { return *era }})
		deps.Direct = d
	})
	return b, d, era
}

// take asks for a blob before net/http; nil when that is left to it.
func take(t *testing.T, d *stream.Direct, req express.Request) *http.Response {
	t.Helper()
	a := &express.Answer{}
	if !d.Take(&req, a) {
		return nil
	}
	body := a.Mem
	if a.File != nil {
		body = make([]byte, a.Len)
		if _, err := a.File.ReadAt(body, a.Off); err != nil {
			t.Fatal(err)
		}
		a.Done(nil)
	}
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(append(a.Head, body...))), nil)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// What is said before net/http is what is said after it, field by field.
func TestDirect_SaysWhatTheLongWaySays(t *testing.T) {
	for _, n := range []int{0, 100_000, 300_000} {
		b, d, _ := direct(t, nil)
		_, key := b.put(t, n, stream.Meta{MIME: "video/mp4"})
		path, etag := "/blobs/"+key.String(), `"`+key.String()+`"`
		if take(t, d, express.Request{Path: []byte(path)}) != nil {
			t.Fatal("answered without having learned")
		}
		b.ask(t, "GET", path)
		for _, c := range []struct {
			rng, ifRange string
			long         bool
		}{
			{"", "", false}, {"bytes=0-9", "", false}, {"bytes=5-", "", false}, {"bytes=-7", "", false}, {"lines=1-2", "", false},
			{"bytes=9-1", "", false}, {"bytes=0-99999999", "", false}, {"bytes=0-9", etag, false}, {"bytes=0-9", "W/" + etag, false},
			{"bytes=0-9", `"other"`, false}, {"bytes=0-9", "Mon, 23 Nov 2026 10:00:00 GMT", false}, {"bytes=-0", etag, true}, {"bytes=0-1,5-6", "", true},
		} {
			req := express.Request{Path: []byte(path)}
			var header []string
			if c.rng != "" {
				req.Range, header = []byte(c.rng), append(header, "Range", c.rng)
			}
			if c.ifRange != "" {
				req.IfRange, header = []byte(c.ifRange), append(header, "If-Range", c.ifRange)
			}
			got := take(t, d, req)
			want, body := b.ask(t, "GET", path, header...)
			if long := c.long || n == 0; long != (got == nil) {
				t.Errorf("%d bytes, %+v is left to net/http: %v, want %v", n, c, got == nil, long)
			}
			if got == nil {
				continue
			}
			have, err := io.ReadAll(got.Body)
			if err != nil || !bytes.Equal(have, body) || got.StatusCode != want.StatusCode {
				t.Errorf("%d bytes, %+v: %d with %d bytes, %v; the long way says %d with %d", n, c, got.StatusCode, len(have), err, want.StatusCode, len(body))
			}
			got.Header.Del("Date")
			want.Header.Del("Date")
			if !maps.EqualFunc(got.Header, want.Header, func(a, b []string) bool { return len(a) == 1 && len(b) == 1 && a[0] == b[0] }) {
				t.Errorf("%d bytes, %+v: %v, the long way says %v", n, c, got.Header, want.Header)
			}
			if length, _ := strconv.Atoi(got.Header.Get("Content-Length")); length != len(body) {
				t.Errorf("%d bytes, %+v: a length of %d", n, c, length)
			}
		}
	}
}

func TestDirect_NeverLearnsWhatNotEverybodyMaySee(t *testing.T) {
	b, d, era := direct(t, func(r *http.Request, _ blob.Digest) error {
		if r.Header.Get("Cookie") != "who=teacher" {
			return preau.E(preau.Forbidden, "this file is for staff", "Ask your teacher.", nil)
		}
		return nil
	})
	_, key := b.put(t, 1000, stream.Meta{MIME: "application/pdf", Restricted: true})
	path := "/blobs/" + key.String()
	req := express.Request{Path: []byte(path), Cookie: []byte("who=teacher"), Handed: time.Now()}
	if resp, _ := b.ask(t, "GET", path, "Cookie", "who=teacher"); resp.StatusCode != 200 {
		t.Fatal(resp.Status)
	}
	if take(t, d, req) != nil {
		t.Error("a restricted blob is answered without asking who asks")
	}
	// It becomes public, is learned, and with the next catalogue restricted.
	b.metas[key] = stream.Meta{MIME: "application/pdf"}
	b.ask(t, "GET", path, "Cookie", "who=teacher")
	if take(t, d, req) == nil {
		t.Fatal("a public blob is not learned")
	}
	*era++
	if take(t, d, req) != nil {
		t.Error("what was learned outlives its catalogue")
	}
}

// Requests of a session are seen by what notes its signs of life.
func TestDirect_LetsSessionsGiveSignsOfLife(t *testing.T) {
	b, d, _ := direct(t, nil)
	_, key := b.put(t, 1000, stream.Meta{})
	path := "/blobs/" + key.String()
	b.ask(t, "GET", path)
	req := express.Request{Path: []byte(path), Cookie: []byte("preau=x"), Handed: time.Now().Add(-time.Hour)}
	if take(t, d, req) != nil {
		t.Error("a session that was quiet for an hour is not looked at")
	}
	req.Handed = time.Now()
	if take(t, d, req) == nil {
		t.Error("a session just looked at is looked at again")
	}
}
