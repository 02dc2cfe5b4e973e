package segment

import (
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"preau"
	"preau/sync/bucket"
)

// Head is what a box states about one segment. It names every object with its
// hash and the head before it: none can be missing or altered unseen.
type Head struct {
	Academie  string            `json:"academie"`
	Authority string            `json:"authority"`
	Box       string            `json:"box"`
	Clock     preau.ClockState  `json:"clock"`
	Epoch     EpochID           `json:"epoch"`
	First     uint64            `json:"first"`
	Last      uint64            `json:"last"`
	Objects   []Object          `json:"objects"`
	Opening   Opening           `json:"opening"`
	Previous  *Link             `json:"previous"` // nil for a stream's very first
	Sealed    time.Time         `json:"sealed"`   // by the box's clock
	Stream    preau.Stream      `json:"stream"`
	UAI       preau.UAI         `json:"uai"`
	Verbs     map[string]uint64 `json:"verbs"` // counts by verb
}

// Object is one object of a segment.
type Object struct {
	Key    string `json:"key"`
	Kind   string `json:"kind"` // "facts" or "sealed"
	Rows   uint64 `json:"rows"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// Kinds of objects.
const (
	KindFacts  = "facts"
	KindSealed = "sealed"
)

// Opening is how the epoch began: which epoch it follows, and where that one
// ended in every stream. Two epochs that follow one epoch with different
// endings betray a cloned or restored card.
type Opening struct {
	Ends     map[preau.Stream]uint64 `json:"ends"`
	Previous EpochID                 `json:"previous"` // zero for the first
}

// Link names the head before, which may be of an earlier epoch.
type Link struct {
	Epoch  EpochID `json:"epoch"`
	First  uint64  `json:"first"`
	Last   uint64  `json:"last"`
	SHA256 string  `json:"sha256"` // of the whole document
}

// From is the box that speaks.
func (h *Head) From() Box { return Box{h.Authority, h.Academie, h.UAI, h.Box} }

// Key is the head's place in the store.
func (h *Head) Key() string { return h.From().HeadKey(h.Stream, h.Epoch, h.First) }

// Document is a parsed document whose signature is still to be verified.
type Document[T any] struct {
	Body   T
	SHA256 string // of the whole document
	doc    *document
}

// ParseHead reads a head and checks that it makes sense by itself.
func ParseHead(data []byte) (*Document[Head], error) {
	d := &Document[Head]{SHA256: SHA256(data)}
	var err error
	if d.doc, err = parse(typeHead, data, &d.Body); err != nil {
		return nil, err
	}
	if err := d.Body.check(); err != nil {
		return nil, err
	}
	return d, nil
}

func (h *Head) check() error {
	if err := h.From().Check(); err != nil {
		return preau.E(preau.Corrupt, "the head names no box", "", err)
	}
	var sum uint64
	for _, n := range h.Verbs {
		sum += n
	}
	ok := isSlug(string(h.Stream)) && h.First > 0 && h.Last >= h.First && h.Last < 1<<63 && len(h.Objects) <= 8 && sum == h.Last-h.First+1
	for _, o := range h.Objects {
		// Nobody claims an object whose name says another range or box.
		name := "/" + h.From().rangeName(h.Epoch, h.First, h.Last, o.SHA256)
		switch o.Kind {
		case KindFacts:
			ok = ok && strings.HasPrefix(o.Key, "v1/"+h.Authority+"/facts/stream="+string(h.Stream)+"/academie="+h.Academie+"/date=") && strings.HasSuffix(o.Key, name+".parquet")
		case KindSealed:
			ok = ok && strings.HasPrefix(o.Key, h.From().BoxPrefix()+"sealed/"+string(h.Stream)+"/") && strings.HasSuffix(o.Key, name+".age")
		default:
			ok = false
		}
		ok = ok && bucket.CheckKey(o.Key) == nil && len(o.SHA256) == 64 && o.Rows == sum && o.Size > 0 && o.Size <= bucket.MaxObject
	}
	if p := h.Previous; p != nil {
		ok = ok && p.First > 0 && p.Last >= p.First && len(p.SHA256) == 64 && (p.Epoch != h.Epoch || p.Last+1 == h.First)
	}
	ok = ok && (h.First == 1 || h.Previous != nil && h.Previous.Epoch == h.Epoch)
	if !ok {
		return preau.E(preau.Corrupt, fmt.Sprintf("the head of %s from %d contradicts itself", h.Stream, h.First), "", nil)
	}
	return nil
}

// VerifyHead checks that the box named in the head signed it, under roots.
func VerifyHead(d *Document[Head], roots *x509.CertPool) error {
	return d.doc.verify(roots, d.Body.From().URI(), d.Body.Sealed)
}

// SignHead makes the document.
func SignHead(h *Head, s Signer) ([]byte, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	return s.sign(typeHead, h)
}
