package segment

import (
	"fmt"
	"time"

	"filippo.io/age"

	"preau"
)

// MaxRows is how many statements one segment holds: some 300 KiB of facts.
const MaxRows = 10000

// Maker makes one box's segments. It is for one goroutine.
type Maker struct {
	box        Box
	signer     Signer
	names      *pseudonyms
	recipients map[preau.Stream][]age.Recipient
}

// NewMaker checks what every segment will need. secret never leaves the box;
// recipients may be nil: then nothing named leaves either.
func NewMaker(box Box, signer Signer, secret []byte, recipients map[preau.Stream][]age.Recipient) (*Maker, error) {
	if err := box.Check(); err != nil {
		return nil, err
	}
	names, err := newPseudonyms(secret)
	if err != nil {
		return nil, err
	}
	if _, err := signer.sign(typeHead, struct{}{}); err != nil {
		return nil, err
	}
	return &Maker{box, signer, names, recipients}, nil
}

// Leaves says whether anything of a stream may leave this box: facts of some,
// only sealed records of others, nothing without a recipient for those.
func (m *Maker) Leaves(stream preau.Stream) bool {
	return hasFacts(stream) || len(m.recipients[stream]) > 0
}

// hasFacts is the register's word on what goes upstream in the clear.
func hasFacts(stream preau.Stream) bool {
	switch stream {
	case preau.StreamAttendance, preau.StreamLearning, preau.StreamTelemetry:
		return true
	}
	return false
}

// Range is what a segment is made of.
type Range struct {
	Stream     preau.Stream
	Epoch      uint64
	Opening    Opening
	Statements []*preau.Statement // dense, of one UTC day, at most MaxRows
	Previous   *Link
}

// Blob is an object ready to leave.
type Blob struct {
	Key    string
	SHA256 string
	Data   []byte
}

// Segment is a range, sealed.
type Segment struct {
	Head    Head
	Objects []Blob
	Doc     Blob // the signed head
}

// Link names this segment for the next one.
func (s *Segment) Link() *Link {
	return &Link{Epoch: s.Head.Epoch, First: s.Head.First, Last: s.Head.Last, SHA256: s.Doc.SHA256}
}

// maxBody keeps a sealed object, which holds whole statements, within one PUT.
const maxBody = 8 << 20

// Cut says how many of the statements make the next segment: those stored on
// the UTC day of the first, at most MaxRows and 8 MiB of JSON.
func Cut(sts []*preau.Statement) int {
	body := 0
	for i, st := range sts {
		body += len(st.Result) + len(st.Context)
		if i == MaxRows || i > 0 && body > maxBody || !sameDay(st.Stored, sts[0].Stored) {
			return i
		}
	}
	return len(sts)
}

func sameDay(a, b time.Time) bool {
	return a.UTC().Format(time.DateOnly) == b.UTC().Format(time.DateOnly)
}

// reduce checks a range and makes facts of it.
func (m *Maker) reduce(r Range) ([]Fact, error) {
	facts := make([]Fact, 0, len(r.Statements))
	for i, st := range r.Statements {
		if want := r.Statements[0].Seq + uint64(i); st.Stream != r.Stream || st.Epoch != r.Epoch || st.Seq != want {
			return nil, fmt.Errorf("make segment: statement %d of %s is not number %d", st.Seq, st.Stream, want)
		}
		f, err := m.names.fact(st, m.box)
		if err != nil {
			return nil, fmt.Errorf("make segment: %w", err)
		}
		facts = append(facts, f)
	}
	return facts, nil
}

// Facts makes the facts object of a range alone, the same that Make made of
// the same range.
func (m *Maker) Facts(r Range) (Blob, error) {
	facts, err := m.reduce(r)
	if err != nil {
		return Blob{}, err
	}
	data, err := encodeFacts(facts)
	if err != nil {
		return Blob{}, err
	}
	first, last, sha := r.Statements[0], r.Statements[len(r.Statements)-1], SHA256(data)
	return Blob{m.box.factsKey(r.Stream, first.Stored, EpochID(r.Epoch), first.Seq, last.Seq, sha), sha, data}, nil
}

// Make seals a range. The facts depend on the statements and the box's secret
// alone; the head also on now.
func (m *Maker) Make(r Range, now time.Time, clock preau.ClockState) (*Segment, error) {
	if len(r.Statements) == 0 || Cut(r.Statements) != len(r.Statements) {
		return nil, fmt.Errorf("make segment: %d statements do not make one", len(r.Statements))
	}
	first := r.Statements[0]
	h := Head{
		Academie: m.box.Academie, Authority: m.box.Authority, Box: m.box.ID, UAI: m.box.UAI, Clock: clock,
		Epoch: EpochID(r.Epoch), First: first.Seq, Last: first.Seq + uint64(len(r.Statements)) - 1, Objects: []Object{},
		Opening: r.Opening, Previous: r.Previous, Sealed: now.UTC().Truncate(time.Millisecond), Stream: r.Stream, Verbs: map[string]uint64{},
	}
	facts, err := m.reduce(r)
	if err != nil {
		return nil, err
	}
	for i := range facts {
		h.Verbs[facts[i].Verb]++
	}
	seg := &Segment{}
	add := func(kind string, data []byte, key func(preau.Stream, time.Time, EpochID, uint64, uint64, string) string) {
		sha := SHA256(data)
		b := Blob{key(r.Stream, first.Stored, h.Epoch, h.First, h.Last, sha), sha, data}
		seg.Objects = append(seg.Objects, b)
		h.Objects = append(h.Objects, Object{b.Key, kind, uint64(len(facts)), sha, int64(len(data))})
	}
	if hasFacts(r.Stream) {
		data, err := encodeFacts(facts)
		if err != nil {
			return nil, err
		}
		add(KindFacts, data, m.box.factsKey)
	}
	if to := m.recipients[r.Stream]; len(to) > 0 {
		data, err := m.seal(r, to)
		if err != nil {
			return nil, err
		}
		add(KindSealed, data, m.box.sealedKey)
	}
	doc, err := SignHead(&h, m.signer)
	if err != nil {
		return nil, err
	}
	seg.Head, seg.Doc = h, Blob{h.Key(), SHA256(doc), doc}
	return seg, nil
}
