package lake_test

import (
	"slices"
	"testing"
	"time"

	"preau"
	"preau/sync/bucket"
	"preau/sync/segment"
	"preau/sync/segment/segmenttest"
)

func receipt(t *testing.T, store *bucket.Memory, box segment.Box, n uint64) *segment.Receipt {
	t.Helper()
	b, err := store.Get(t.Context(), box.ReceiptKey(n))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := segment.ParseReceipt(b)
	if err != nil {
		t.Fatal(err)
	}
	return &doc.Body
}

func TestCollect_AcksWhatIsWholeAndAsksForTheRest(t *testing.T) {
	ca, store := segmenttest.New(t), bucket.NewMemory()
	s := newSchool(t, ca, store, "borne-1")
	s.deliver(preau.StreamLearning, 1, 4)
	broken := s.deliver(preau.StreamLearning, 1, 4)
	s.deliver(preau.StreamLearning, 1, 4)
	body, _ := store.Get(t.Context(), broken[0])
	store.Remove(broken[0])
	if done := collect(t, ca, store); done.Receipts != 1 {
		t.Fatalf("%d receipts, want 1", done.Receipts)
	}
	r := receipt(t, store, s.box, 1)
	if len(r.Acks) != 1 || r.Acks[0].Last != 4 || !slices.Equal(r.Resend, broken[:1]) {
		t.Fatalf("receipt %+v: want learning up to 4 and one object again", r)
	}
	if done := collect(t, ca, store); done.Receipts != 0 {
		t.Fatal("the same was asked again at once")
	}
	if done, err := collector(ca, store, morning.Add(time.Hour)).Collect(t.Context()); err != nil || done.Receipts != 1 {
		t.Fatalf("never asked again: %+v, %v", done, err)
	}
	_ = store.Create(t.Context(), broken[0], body)
	collect(t, ca, store)
	r = receipt(t, store, s.box, 3)
	if len(r.Acks) != 1 || r.Acks[0].Last != 12 || len(r.Resend) != 0 {
		t.Fatalf("receipt %+v: want learning up to 12", r)
	}
	if done := collect(t, ca, store); done.Receipts != 0 {
		t.Fatal("a receipt about nothing")
	}
}

func TestCollect_SignsForNothingForged(t *testing.T) {
	ca, store := segmenttest.New(t), bucket.NewMemory()
	thief := newSchool(t, segmenttest.New(t), store, "borne-9")
	thief.deliver(preau.StreamLearning, 1, 4)
	if done := collect(t, ca, store); done.Receipts != 0 || len(done.Findings) == 0 {
		t.Fatalf("%+v", done)
	}
}

func TestCollect_StateIsOnlyACache(t *testing.T) {
	ca, store := segmenttest.New(t), bucket.NewMemory()
	s := newSchool(t, ca, store, "borne-1")
	for range 3 {
		s.deliver(preau.StreamLearning, 1, 2)
		collect(t, ca, store)
	}
	for name, spoil := range map[string]func(){
		"missing": func() { store.Remove(s.box.ReceiptStateKey()) },
		"damaged": func() { _ = store.Replace(t.Context(), s.box.ReceiptStateKey(), []byte("{}")) },
		"forged": func() {
			doc, err := segment.SignReceiptState(&segment.Receipt{Authority: s.box.Authority, Box: s.box.ID, UAI: s.box.UAI, Number: 99, Time: morning}, s.sign)
			if err != nil {
				t.Fatal(err)
			}
			_ = store.Replace(t.Context(), s.box.ReceiptStateKey(), doc)
		},
	} {
		spoil()
		if done := collect(t, ca, store); done.Receipts != 0 {
			t.Errorf("%s: what was said is said again", name)
		}
	}
	s.deliver(preau.StreamLearning, 1, 2)
	collect(t, ca, store)
	if r := receipt(t, store, s.box, 4); r.Acks[0].Last != 8 || r.Previous == "" {
		t.Fatalf("receipt %+v", r)
	}
}
