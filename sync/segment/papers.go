package segment

import (
	"crypto/x509"
	"fmt"
	"time"

	"preau"
)

// Identity is what a box says of itself; it is replaced when that changes.
type Identity struct {
	Academie     string            `json:"academie"`
	Authority    string            `json:"authority"`
	Box          string            `json:"box"`
	Capabilities []string          `json:"capabilities"`
	Name         string            `json:"name"` // the school's, public in the national register
	UAI          preau.UAI         `json:"uai"`
	Versions     map[string]string `json:"versions"`
	Written      time.Time         `json:"written"`
}

// From is the box that speaks.
func (i *Identity) From() Box { return Box{i.Authority, i.Academie, i.UAI, i.Box} }

// SignIdentity makes the document.
func SignIdentity(i *Identity, s Signer) ([]byte, error) {
	if err := i.From().Check(); err != nil {
		return nil, err
	}
	return s.sign(typeIdentity, i)
}

// ParseIdentity reads an identity.
func ParseIdentity(data []byte) (*Document[Identity], error) {
	d := &Document[Identity]{SHA256: SHA256(data)}
	var err error
	if d.doc, err = parse(typeIdentity, data, &d.Body); err != nil {
		return nil, err
	}
	if err := d.Body.From().Check(); err != nil || len(d.Body.Name) > 200 || len(d.Body.Versions) > 32 || len(d.Body.Capabilities) > 64 {
		return nil, preau.E(preau.Corrupt, "the identity names no box", "", err)
	}
	return d, nil
}

// VerifyIdentity checks that the box it names signed it, under roots.
func VerifyIdentity(d *Document[Identity], roots *x509.CertPool) error {
	return d.doc.verify(roots, d.Body.From().URI(), d.Body.Written)
}

// Receipt is the authority's word on what is in its lake. Numbers grow by one
// without a hole; acks only ever grow.
type Receipt struct {
	Acks      []Ack     `json:"acks"`
	Authority string    `json:"authority"`
	Box       string    `json:"box"`
	Number    uint64    `json:"number"`
	Previous  string    `json:"previous"` // hash of the receipt before, empty for number 1
	Resend    []string  `json:"resend"`   // keys that are missing or not what their head says
	Time      time.Time `json:"time"`     // by the authority's clock
	UAI       preau.UAI `json:"uai"`
}

// Ack covers a stream of an epoch from 1 to Last without a hole.
type Ack struct {
	Epoch  EpochID      `json:"epoch"`
	First  uint64       `json:"first"` // where that head begins
	Head   string       `json:"head"`  // hash of the head that ends at Last
	Last   uint64       `json:"last"`
	Stream preau.Stream `json:"stream"`
}

// SignReceipt makes the document.
func SignReceipt(r *Receipt, s Signer) ([]byte, error) { return s.sign(typeReceipt, r) }

// SignReceiptState makes the collector's summary: a receipt whose acks are
// all of them, under another type.
func SignReceiptState(r *Receipt, s Signer) ([]byte, error) { return s.sign(typeState, r) }

// ParseReceipt reads a receipt.
func ParseReceipt(data []byte) (*Document[Receipt], error) { return parseReceipt(typeReceipt, data) }

// ParseReceiptState reads a summary.
func ParseReceiptState(data []byte) (*Document[Receipt], error) { return parseReceipt(typeState, data) }

func parseReceipt(kind string, data []byte) (*Document[Receipt], error) {
	d := &Document[Receipt]{SHA256: SHA256(data)}
	var err error
	if d.doc, err = parse(kind, data, &d.Body); err != nil {
		return nil, err
	}
	r := &d.Body
	ok := (Box{r.Authority, "any", r.UAI, r.Box}).Check() == nil && r.Number < 1<<63 && (kind == typeState || r.Number > 0)
	for _, a := range r.Acks {
		ok = ok && isSlug(string(a.Stream)) && a.First > 0 && a.First <= a.Last && a.Last < 1<<63 && len(a.Head) == 64
	}
	if !ok {
		return nil, preau.E(preau.Corrupt, fmt.Sprintf("receipt %d contradicts itself", r.Number), "", nil)
	}
	return d, nil
}

// VerifyReceipt checks that the authority's receipt key signed it, for this
// box and no other.
func VerifyReceipt(d *Document[Receipt], roots *x509.CertPool, b Box) error {
	r := &d.Body
	if r.Authority != b.Authority || r.UAI != b.UAI || r.Box != b.ID {
		return preau.E(preau.Untrusted, "the receipt is for another box", "", nil)
	}
	return d.doc.verify(roots, ReceiptsURI(b.Authority), r.Time)
}
