package stream

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"preau/internal/express"
	"preau/media/blob"
)

// Direct answers, before net/http parses them, requests for blobs that
// anybody may see. What such an answer says is learned from the same answer
// given the long way, through everything that stands before the handler:
// rights are judged there, and judged again every few seconds. A blob that is
// restricted, or that the catalogue has just changed, is never learned.
type Direct struct {
	blobs *blob.Store
	// Era changes when what is known of blobs may have.
	era     func() int64
	counted func(status int) (over func())
	gate    *Gate // nil: every film comes in
	small   *small

	mu    sync.Mutex
	known map[blob.Digest]*answer
}

// answer is what is said of one blob whole or in part: the fields that do not
// depend on the part.
type answer struct {
	fields []byte
	size   int64
	etag   string
	pace   int64 // of a film
	era    int64
	until  time.Time
	file   *sharedFile // opened at need; nil for a small one
}

const (
	learnedFor = 10 * time.Second
	maxLearned = 4096
	// signOfLife is how often a session's requests go the long way, where they
	// are noted.
	signOfLife = 2 * time.Minute
)

// DirectDeps are what a Direct needs. Only Blobs may not be nil.
type DirectDeps struct {
	Blobs *blob.Store
	Gate  *Gate
	Era   func() int64
	// Counted is told of each answer; what it returns, that it is over. That
	// may be nil.
	Counted func(status int) (over func())
}

// NewDirect makes one that knows nothing yet.
func NewDirect(deps DirectDeps) *Direct {
	d := &Direct{blobs: deps.Blobs, era: deps.Era, counted: deps.Counted, gate: deps.Gate, small: newSmall(blobCache), known: map[blob.Digest]*answer{}}
	if d.era == nil {
		d.era = func() int64 { return 0 }
	}
	if d.counted == nil {
		d.counted = func(int) func() { return nil }
	}
	return d
}

// learn keeps what h says of a blob that is about to be sent. era is from
// before its rights were judged.
func (d *Direct) learn(key blob.Digest, h http.Header, size, pace, era int64) {
	if !strings.HasPrefix(h.Get("Cache-Control"), "public,") || h["Set-Cookie"] != nil || h["Vary"] != nil || era != d.era() {
		return
	}
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if old := d.known[key]; old != nil && old.era == era && now.Before(old.until) {
		return
	}
	if len(d.known) >= maxLearned {
		clear(d.known) // they lapse all the same
	}
	var b bytes.Buffer
	_ = h.WriteSubset(&b, map[string]bool{"Content-Length": true, "Content-Range": true}) // to memory
	a := &answer{fields: b.Bytes(), size: size, etag: h.Get("ETag"), pace: pace, era: era, until: now.Add(learnedFor)}
	d.known[key] = a
	time.AfterFunc(learnedFor, func() { d.lapse(key, a) })
}

// lapse forgets a and lets go of its file: as long as it is open, removing
// the blob gives the disk no room.
func (d *Direct) lapse(key blob.Digest, a *answer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known[key] == a {
		delete(d.known, key)
	}
	a.file.drop()
}

// forget sends the next request for a blob the long way.
func (d *Direct) forget(key blob.Digest) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.known, key)
}

var blobPath = []byte("/blobs/")

// Take is an express.Taker.
func (d *Direct) Take(req *express.Request, a *express.Answer) bool {
	if len(req.Path) != len(blobPath)+2*len(blob.Digest{}) || !bytes.HasPrefix(req.Path, blobPath) {
		return false
	}
	key, ok := parseHex(req.Path[len(blobPath):])
	now := time.Now()
	if !ok || len(req.Cookie) > 0 && now.Sub(req.Handed) > signOfLife {
		return false
	}
	d.mu.Lock()
	known := d.known[key]
	if known == nil || !now.Before(known.until) || known.era != d.era() {
		d.mu.Unlock()
		return false
	}
	var file *sharedFile
	if known.size > smallBlob {
		if known.file == nil {
			known.file = share(d.blobs, key)
		}
		file = known.file.take()
	}
	d.mu.Unlock()
	sp, status := span{0, known.size}, http.StatusOK
	if req.Range != nil && (req.IfRange == nil || string(req.IfRange) == known.etag) {
		spans, what := parseRange(string(req.Range), known.size)
		if what == refuse || len(spans) > 1 {
			file.give()
			return false
		}
		if what == partial {
			sp, status = spans[0], http.StatusPartialContent
		}
	}
	var ride rideKey
	gated := false
	if known.size > smallBlob {
		if file == nil {
			return false
		}
		a.File, a.Off, a.Len = file.File, sp.start, sp.length
		if ride, gated = d.rideOf(key, known.pace, req); gated {
			if !d.gate.enter(ride, known.pace) {
				file.give()
				return false // the long way says so in words
			}
			a.Along = func(p express.Progress) { d.gate.sample(ride, p.Acked, p.Busy) }
		}
	} else {
		mem := d.small.get(key)
		if mem == nil {
			return false
		}
		a.Mem = mem[sp.start : sp.start+sp.length]
	}
	a.Head = known.head(a.Head, status, sp, now)
	over := d.counted(status)
	a.Done = func(err error) {
		file.give()
		if gated {
			d.gate.leave(ride)
		}
		if over != nil {
			over()
		}
		if errors.Is(err, express.ErrShort) || errors.Is(err, syscall.EIO) {
			d.forget(key) // the long way says what is wrong with the disk
		}
	}
	return true
}

// rideOf is the film under way that req goes on with; not ok: it is none.
func (d *Direct) rideOf(key blob.Digest, pace int64, req *express.Request) (rideKey, bool) {
	if d.gate == nil || pace == 0 {
		return rideKey{}, false
	}
	who, ok := d.gate.who(string(req.Cookie), req.Remote().String())
	return rideKey{who, key}, ok
}

// head writes the answer's head.
func (a *answer) head(b []byte, status int, sp span, now time.Time) []byte {
	b = append(b, "HTTP/1.1 200 OK\r\n"...)
	if status == http.StatusPartialContent {
		b = append(b[:0], "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes "...)
		b = strconv.AppendInt(b, sp.start, 10)
		b = append(b, '-')
		b = strconv.AppendInt(b, sp.start+sp.length-1, 10)
		b = append(b, '/')
		b = strconv.AppendInt(b, a.size, 10)
		b = append(b, "\r\n"...)
	}
	b = append(b, a.fields...)
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, sp.length, 10)
	b = append(b, "\r\nDate: "...)
	b = now.UTC().AppendFormat(b, http.TimeFormat)
	return append(b, "\r\n\r\n"...)
}

// parseHex reads a digest's lower-case digits.
func parseHex(b []byte) (d blob.Digest, ok bool) {
	for i := range d {
		hi, lo := digit(b[2*i]), digit(b[2*i+1])
		if hi|lo > 15 {
			return d, false
		}
		d[i] = hi<<4 | lo
	}
	return d, true
}

func digit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 0xff
}

// sharedFile is one open file for all who watch a film. The last to give it
// back, once it is dropped, closes it.
type sharedFile struct {
	*os.File
	mu      sync.Mutex
	users   int
	dropped bool
}

// share opens a blob; nil when it cannot: the long way says why.
func share(store *blob.Store, key blob.Digest) *sharedFile {
	f, _, err := store.Open(key)
	if err != nil {
		return nil
	}
	return &sharedFile{File: f}
}

func (f *sharedFile) take() *sharedFile {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.users++
	return f
}

func (f *sharedFile) give() {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.users--
	f.end()
}

func (f *sharedFile) drop() {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dropped = true
	f.end()
}

func (f *sharedFile) end() {
	if f.dropped && f.users == 0 {
		_ = f.File.Close() // it was only read
	}
}
