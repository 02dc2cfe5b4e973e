package segment_test

import (
	"bytes"
	"strings"
	"testing"

	"preau"
	"preau/sync/segment"
	"preau/sync/segment/segmenttest"
)

func signedHead(t testing.TB, a *segmenttest.Authority) []byte {
	t.Helper()
	seg, err := newMaker(t, a, nil).Make(rangeOf(statements(preau.StreamLearning, 3)), morning, preau.ClockSynced)
	if err != nil {
		t.Fatal(err)
	}
	return seg.Doc.Data
}

func TestHead_VerifiesAndTellsWhatItCovers(t *testing.T) {
	a := segmenttest.New(t)
	doc := signedHead(t, a)
	h, err := segment.ParseHead(doc)
	if err != nil {
		t.Fatal(err)
	}
	if err := segment.VerifyHead(h, a.Roots); err != nil {
		t.Fatal(err)
	}
	if h.Body.First != 1 || h.Body.Last != 3 || h.Body.Objects[0].Rows != 3 {
		t.Fatalf("head %+v", h.Body)
	}
	place, ok := segment.ParseBoxKey(h.Body.Key())
	if !ok || place.Stream != preau.StreamLearning || place.First != 1 || place.Epoch != h.Body.Epoch {
		t.Fatalf("key %s read as %+v, %v", h.Body.Key(), place, ok)
	}
}

// TestHead_EveryChangedByteIsSeen flips each byte of a head in turn: none may
// pass as a head of that box.
func TestHead_EveryChangedByteIsSeen(t *testing.T) {
	a := segmenttest.New(t)
	doc := signedHead(t, a)
	for i := range doc {
		b := bytes.Clone(doc)
		b[i] ^= 1
		h, err := segment.ParseHead(b)
		if err == nil {
			err = segment.VerifyHead(h, a.Roots)
		}
		if err == nil {
			t.Fatalf("byte %d (%q) can change unseen", i, doc[max(0, i-20):min(len(doc), i+20)])
		}
	}
}

func TestHead_ForgeriesAreRefused(t *testing.T) {
	a := segmenttest.New(t)
	doc := signedHead(t, a)
	verify := func(doc []byte, a *segmenttest.Authority) error {
		h, err := segment.ParseHead(doc)
		if err != nil {
			return err
		}
		return segment.VerifyHead(h, a.Roots)
	}
	if err := verify(doc, segmenttest.New(t)); preau.KindOf(err) != preau.Untrusted || err == nil {
		t.Errorf("another authority's box: %v", err)
	}
	// A sister box of the same authority signs for ours.
	h, err := segment.ParseHead(doc)
	if err != nil {
		t.Fatal(err)
	}
	sister := segmenttest.Box()
	sister.ID = "borne-2"
	forged, err := segment.SignHead(&h.Body, a.Signer(sister))
	if err != nil {
		t.Fatal(err)
	}
	if err := verify(forged, a); preau.KindOf(err) != preau.Untrusted || err == nil {
		t.Errorf("a sister box speaks for ours: %v", err)
	}
	// An object of another box is claimed.
	claim := h.Body
	claim.Objects = append([]segment.Object(nil), claim.Objects...)
	claim.Objects[0].Key = strings.Replace(claim.Objects[0].Key, "borne-1", "borne-2", 1)
	if _, err := segment.SignHead(&claim, a.Signer(segmenttest.Box())); preau.KindOf(err) != preau.Corrupt || err == nil {
		t.Errorf("another box's object was claimed: %v", err)
	}
	// A receipt passed off as a head, and a head with spaces.
	r, err := segment.SignReceipt(&segment.Receipt{Authority: "departement-99", Box: "borne-1", UAI: "0750654D", Number: 1, Time: morning}, a.Receipts("departement-99"))
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"receipt": r, "spaces": append([]byte(" "), doc...), "trailing": append(bytes.Clone(doc), '\n')} {
		if _, err := segment.ParseHead(b); preau.KindOf(err) != preau.Corrupt || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReceipt_OnlyTheAuthoritysForThisBox(t *testing.T) {
	a := segmenttest.New(t)
	box := segmenttest.Box()
	body := &segment.Receipt{Authority: box.Authority, Box: box.ID, UAI: box.UAI, Number: 3, Time: morning,
		Acks: []segment.Ack{{Epoch: 5, First: 1, Head: strings.Repeat("a", 64), Last: 12, Stream: preau.StreamLearning}}}
	for name, c := range map[string]struct {
		signer segment.Signer
		box    segment.Box
		ok     bool
	}{
		"good":                  {a.Receipts(box.Authority), box, true},
		"the box's own key":     {a.Signer(box), box, false},
		"another authority":     {segmenttest.New(t).Receipts(box.Authority), box, false},
		"its name only":         {a.Receipts("departement-98"), box, false},
		"for another box":       {a.Receipts(box.Authority), segment.Box{Authority: box.Authority, UAI: box.UAI, ID: "borne-2"}, false},
		"for the next one, too": {a.Receipts(box.Authority), segment.Box{Authority: box.Authority, UAI: "0750001U", ID: box.ID}, false},
	} {
		doc, err := segment.SignReceipt(body, c.signer)
		if err != nil {
			t.Fatal(err)
		}
		r, err := segment.ParseReceipt(doc)
		if err != nil {
			t.Fatal(err)
		}
		if err := segment.VerifyReceipt(r, a.Roots, c.box); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := segment.ParseReceiptState(doc); err == nil {
			t.Errorf("%s: a receipt passed for the collector's summary", name)
		}
	}
}

func TestParseBoxKey_RefusesWhatIsNotOurs(t *testing.T) {
	b := segmenttest.Box()
	good := b.HeadKey(preau.StreamLearning, 5, 1)
	for _, key := range []string{
		"", "v1", b.BoxPrefix(), b.BoxPrefix() + "other.json", good + "x", strings.Replace(good, "00000000000000000001", "1", 1),
		strings.Replace(good, "0750654D", "0750654A", 1), strings.Replace(good, "borne-1", "Borne", 1), strings.Replace(good, "v1", "v2", 1),
		b.HeadKey(preau.StreamLearning, 5, 0),
	} {
		if p, ok := segment.ParseBoxKey(key); ok {
			t.Errorf("%q read as %+v", key, p)
		}
	}
}

func FuzzParseHead(f *testing.F) {
	a := segmenttest.New(f)
	doc := signedHead(f, a)
	f.Add(doc)
	f.Add([]byte(`{"certificates":[],"payload":{},"signature":"","type":"preau-head-v1"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := segment.ParseHead(b)
		if err != nil {
			return
		}
		if segment.VerifyHead(h, a.Roots) == nil && !bytes.Equal(b, doc) {
			t.Fatal("a head that was never signed verifies")
		}
	})
}

func FuzzParseReceipt(f *testing.F) {
	a := segmenttest.New(f)
	doc, err := segment.SignReceipt(&segment.Receipt{Authority: "departement-99", Box: "borne-1", UAI: "0750654D", Number: 1, Time: morning}, a.Receipts("departement-99"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(doc)
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := segment.ParseReceipt(b)
		if err == nil && segment.VerifyReceipt(r, a.Roots, segmenttest.Box()) == nil && !bytes.Equal(b, doc) {
			t.Fatal("a receipt that was never signed verifies")
		}
	})
}

func FuzzParseIdentity(f *testing.F) {
	a := segmenttest.New(f)
	b := segmenttest.Box()
	doc, err := segment.SignIdentity(&segment.Identity{Academie: b.Academie, Authority: b.Authority, Box: b.ID, UAI: b.UAI, Name: "Collège", Written: morning}, a.Signer(b))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(doc)
	f.Fuzz(func(t *testing.T, b []byte) {
		i, err := segment.ParseIdentity(b)
		if err == nil && segment.VerifyIdentity(i, a.Roots) == nil && !bytes.Equal(b, doc) {
			t.Fatal("an identity that was never signed verifies")
		}
	})
}

func FuzzDecodeFacts(f *testing.F) {
	seg, err := newMaker(f, segmenttest.New(f), nil).Make(rangeOf(statements(preau.StreamLearning, 20)), morning, preau.ClockSynced)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seg.Objects[0].Data)
	f.Add([]byte("PAR1PAR1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := segment.DecodeFacts(preau.StreamLearning, b)
		if err != nil && preau.KindOf(err) != preau.Corrupt {
			t.Fatalf("%v is not corrupt", err)
		}
	})
}
