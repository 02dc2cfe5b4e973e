// Package lake reads and proves what boxes delivered. It promises that what it
// returns was signed by a box of the authority and is whole, that a missing,
// altered, forged or forked delivery is named by its key, and that a receipt
// is written only for what was read and verified. It refuses to find facts by
// listing: only a verified head names them.
package lake

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"preau"
	"preau/sync/bucket"
	"preau/sync/segment"
)

// Finding is one thing that is not as it should be. A fault breaks the proof;
// a note does not, but somebody should know.
type Finding struct {
	Key  string
	Text string
	Note bool
}

// String is the line that a command prints.
func (f Finding) String() string {
	if f.Note {
		return "note: " + f.Key + ": " + f.Text
	}
	return f.Key + ": " + f.Text
}

// Lake is a store seen by one who trusts roots. Its methods may be called
// from any goroutine.
type Lake struct {
	// Report hears how far Verify is, never twice at once; may be nil. Heads are
	// read first; what they name is counted as they are.
	Report func(preau.Progress)

	bucket bucket.Bucket
	roots  *x509.CertPool

	mu    sync.Mutex
	heads map[string]*head // verified; dropped when the listing shows another object
}

// head is a verified head and where it stands.
type head struct {
	segment.Head
	key      string
	sha      string
	size     int64
	received time.Time // by the store's clock
}

// New looks at a store.
func New(b bucket.Bucket, roots *x509.CertPool) *Lake {
	return &Lake{bucket: b, roots: roots, heads: map[string]*head{}}
}

// meter adds up how far a verification is; nil adds up nothing.
type meter struct {
	report func(preau.Progress)
	mu     sync.Mutex
	at     preau.Progress
}

func (l *Lake) meter() *meter {
	if l.Report == nil {
		return nil
	}
	return &meter{report: l.Report}
}

// add adds to what is to be read.
func (m *meter) add(bytes int64) {
	if m != nil {
		m.at.Files++
		m.at.Bytes += bytes
	}
}

// read tells that one of it was. Any goroutine may.
func (m *meter) read(bytes int64) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at.FilesDone++
	m.at.BytesDone += bytes
	m.report(m.at)
}

// listing is what the store shows of one box.
type listing struct {
	box     segment.Box
	heads   []bucket.Info
	places  map[string]segment.Place
	strange []string
}

// boxes lists every box of every authority.
func (l *Lake) boxes(ctx context.Context) ([]*listing, error) {
	authorities, err := l.authorities(ctx)
	if err != nil {
		return nil, err
	}
	var all []*listing
	for _, authority := range authorities {
		byBox := map[string]*listing{}
		for info, err := range l.bucket.List(ctx, "v1/"+authority+"/boxes/", "") {
			if err != nil {
				return nil, fmt.Errorf("list boxes: %w", err)
			}
			place, ok := segment.ParseBoxKey(info.Key)
			prefix := place.Box.BoxPrefix()
			if place.Box.ID == "" { // not even a box's folder
				prefix = info.Key
			}
			b := byBox[prefix]
			if b == nil {
				b = &listing{box: place.Box, places: map[string]segment.Place{}}
				byBox[prefix] = b
				all = append(all, b)
			}
			switch {
			case !ok:
				b.strange = append(b.strange, info.Key)
			case place.Stream != "":
				b.heads = append(b.heads, info)
				b.places[info.Key] = place
			}
		}
	}
	return all, nil
}

// authorities finds the first words of keys without walking all of them.
func (l *Lake) authorities(ctx context.Context) (names []string, err error) {
	for after := ""; ; {
		var key string
		for info, err := range l.bucket.List(ctx, "v1/", after) {
			if err != nil {
				return nil, fmt.Errorf("list authorities: %w", err)
			}
			key = info.Key
			break
		}
		if key == "" {
			return names, nil
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(key, "v1/"), "/")
		names = append(names, name)
		after = "v1/" + name + "/~" // after every key of ours
	}
}

// history is one box's verified heads.
type history struct {
	box      segment.Box
	identity *segment.Identity
	streams  map[preau.Stream]map[segment.EpochID][]*head // by first
	bad      map[string]bool                              // keys of heads that do not count
	findings []Finding
}

func (h *history) fault(key, format string, args ...any) {
	h.findings = append(h.findings, Finding{Key: key, Text: fmt.Sprintf(format, args...)})
}

func (h *history) note(key, format string, args ...any) {
	h.findings = append(h.findings, Finding{Key: key, Text: fmt.Sprintf(format, args...), Note: true})
}

// load reads and verifies all that a box says. Only a store that cannot be
// read is an error; what is wrong with the box's word is a finding.
func (l *Lake) load(ctx context.Context, list *listing, far *meter) (*history, error) {
	h := &history{box: list.box, streams: map[preau.Stream]map[segment.EpochID][]*head{}, bad: map[string]bool{}}
	for _, key := range list.strange {
		h.fault(key, "not an object of this layout")
	}
	if list.box.ID == "" {
		return h, nil
	}
	known, err := l.identify(ctx, h)
	if err != nil {
		return nil, err
	}
	found := make([]*head, len(list.heads))
	faults := make([]error, len(list.heads))
	err = each(ctx, len(list.heads), func(ctx context.Context, i int) error {
		hd, err := l.head(ctx, list.heads[i])
		if err != nil && passing(err) {
			return err
		}
		found[i], faults[i] = hd, err
		far.read(list.heads[i].Size)
		return nil
	})
	if err != nil {
		return nil, err
	}
	good := slices.ContainsFunc(found, func(hd *head) bool { return hd != nil })
	for i, hd := range found {
		if hd != nil {
			if h.streams[hd.Stream] == nil {
				h.streams[hd.Stream] = map[segment.EpochID][]*head{}
			}
			h.streams[hd.Stream][hd.Epoch] = append(h.streams[hd.Stream][hd.Epoch], hd)
			continue
		}
		key := list.heads[i].Key
		h.bad[key] = true
		if good || known || preau.KindOf(faults[i]) != preau.Untrusted { // else one line has said: unknown box
			h.fault(key, "%s", why(faults[i]))
		}
	}
	for _, epochs := range h.streams {
		for _, heads := range epochs {
			slices.SortFunc(heads, func(a, b *head) int { return int(int64(a.First) - int64(b.First)) })
		}
	}
	h.chain()
	return h, nil
}

// identify reads the box's identity; known is false when the authority never
// certified such a box, as far as that paper tells.
func (l *Lake) identify(ctx context.Context, h *history) (known bool, err error) {
	key := h.box.IdentityKey()
	data, err := l.bucket.Get(ctx, key)
	switch {
	case err != nil && preau.KindOf(err) == preau.NotFound:
		h.fault(key, "missing: the box has not introduced itself")
		return false, nil
	case err != nil && passing(err):
		return false, err
	case err != nil:
		h.fault(key, "%s", why(err))
		return false, nil
	}
	doc, err := segment.ParseIdentity(data)
	if err == nil {
		err = segment.VerifyIdentity(doc, l.roots)
	}
	if err == nil && doc.Body.From().IdentityKey() != key {
		err = preau.E(preau.Untrusted, "the identity of "+doc.Body.Box+" lies in another box's place", "", nil)
	}
	if err != nil {
		h.fault(key, "unknown box: %s", why(err))
		return false, nil
	}
	h.identity = &doc.Body
	h.box.Academie = doc.Body.Academie
	return true, nil
}

// head reads one head, or recalls it.
func (l *Lake) head(ctx context.Context, info bucket.Info) (*head, error) {
	l.mu.Lock()
	hd := l.heads[info.Key]
	l.mu.Unlock()
	if hd != nil && hd.size == info.Size && hd.received.Equal(info.Modified) {
		return hd, nil
	}
	data, err := l.bucket.Get(ctx, info.Key)
	if err != nil {
		return nil, err
	}
	doc, err := segment.ParseHead(data)
	if err != nil {
		return nil, err
	}
	if doc.Body.Key() != info.Key {
		return nil, preau.E(preau.Untrusted, "a head of another place: "+doc.Body.Key(), "", nil)
	}
	if err := segment.VerifyHead(doc, l.roots); err != nil {
		return nil, err
	}
	hd = &head{doc.Body, info.Key, doc.SHA256, info.Size, info.Modified}
	l.mu.Lock()
	l.heads[info.Key] = hd
	l.mu.Unlock()
	return hd, nil
}

// object reads one object and checks that it is what its head says.
func (l *Lake) object(ctx context.Context, o segment.Object) ([]byte, error) {
	data, err := l.bucket.Get(ctx, o.Key)
	if err != nil {
		return nil, err
	}
	if segment.SHA256(data) != o.SHA256 {
		return nil, preau.E(preau.Corrupt, "altered: its bytes are not those its head signs", "", nil)
	}
	return data, nil
}

// passing errors say nothing about what was delivered: the store could not be
// asked.
func passing(err error) bool {
	switch preau.KindOf(err) {
	case preau.NotFound, preau.Corrupt, preau.Untrusted:
		return false
	}
	return true
}

func why(err error) string {
	if preau.KindOf(err) == preau.NotFound {
		return "missing"
	}
	if e, ok := errors.AsType[*preau.Error](err); ok {
		return e.Text
	}
	return err.Error()
}

// each runs f for 0 … n-1, eight at a time, and returns the first error.
func each(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(n, 8) {
		wg.Go(func() {
			for i := range next {
				if err := f(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}
