package lake_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/sync/bucket"
	"preau/sync/lake"
	"preau/sync/segment"
	"preau/sync/segment/segmenttest"
)

var morning = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// school delivers as boxes do, segment by segment.
type school struct {
	t     testing.TB
	ca    *segmenttest.Authority
	store *bucket.Memory
	box   segment.Box
	maker *segment.Maker
	sign  segment.Signer
	links map[preau.Stream]*segment.Link
	last  map[place]uint64
	open  map[uint64]segment.Opening
	ids   map[preau.ID]bool
	end11 *segment.Link // of learning
}

type place struct {
	stream preau.Stream
	epoch  uint64
}

func newSchool(t testing.TB, ca *segmenttest.Authority, store *bucket.Memory, id string) *school {
	t.Helper()
	box := segmenttest.Box()
	box.ID = id
	s := &school{t: t, ca: ca, store: store, box: box, sign: ca.Signer(box), links: map[preau.Stream]*segment.Link{}, last: map[place]uint64{},
		open: map[uint64]segment.Opening{}, ids: map[preau.ID]bool{}}
	var err error
	s.maker, err = segment.NewMaker(box, s.sign, make([]byte, 32), nil)
	s.ok(err)
	doc, err := segment.SignIdentity(&segment.Identity{Academie: box.Academie, Authority: box.Authority, Box: box.ID, UAI: box.UAI, Name: "Collège d’essai", Written: morning}, s.sign)
	s.ok(err)
	s.ok(store.Replace(t.Context(), box.IdentityKey(), doc))
	return s
}

func (s *school) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// deliver puts one segment of n statements and returns its keys, head last.
func (s *school) deliver(stream preau.Stream, epoch uint64, n int) []string {
	s.t.Helper()
	at := place{stream, epoch}
	var sts []*preau.Statement
	for range n {
		s.last[at]++
		st := &preau.Statement{ID: preau.NewID(), Stream: stream, Actor: "p1", Verb: "https://w3id.org/xapi/video/verbs/played", Object: "ark:/99999/x",
			ObjectKind: "video", Epoch: epoch, Seq: s.last[at], Timestamp: morning, Stored: morning, ClockState: preau.ClockSynced}
		s.ids[st.ID] = true
		sts = append(sts, st)
	}
	opening := s.open[epoch]
	if opening.Ends == nil {
		opening.Ends = map[preau.Stream]uint64{}
	}
	seg, err := s.maker.Make(segment.Range{Stream: stream, Epoch: epoch, Opening: opening, Statements: sts, Previous: s.links[stream]}, morning, preau.ClockSynced)
	s.ok(err)
	var keys []string
	for _, b := range append(seg.Objects, seg.Doc) {
		s.ok(s.store.Create(s.t.Context(), b.Key, b.Data))
		keys = append(keys, b.Key)
	}
	s.links[stream] = seg.Link()
	return keys
}

// year is a store with two boxes, two epochs and three streams, receipted.
func year(t testing.TB) (ca *segmenttest.Authority, store *bucket.Memory, one, two *school) {
	t.Helper()
	ca, store = segmenttest.New(t), bucket.NewMemory()
	one, two = newSchool(t, ca, store, "borne-1"), newSchool(t, ca, store, "borne-2")
	for _, s := range []*school{one, two} {
		for range 2 {
			s.deliver(preau.StreamAttendance, 11, 4)
			s.deliver(preau.StreamLearning, 11, 4)
		}
		s.deliver(preau.StreamTelemetry, 11, 4)
		s.deliver(preau.StreamLearning, 11, 4)
		s.end11 = s.links[preau.StreamLearning]
		s.open[22] = segment.Opening{Previous: 11, Ends: map[preau.Stream]uint64{"attendance": 8, "learning": 12, "telemetry": 4}}
		s.deliver(preau.StreamLearning, 22, 5)
		s.deliver(preau.StreamLearning, 22, 5)
	}
	collect(t, ca, store)
	return ca, store, one, two
}

type clock struct{ t time.Time }

func (c clock) Now() time.Time          { return c.t }
func (c clock) State() preau.ClockState { return preau.ClockSynced }

func collector(ca *segmenttest.Authority, b bucket.Bucket, at time.Time) *lake.Collector {
	authority := segmenttest.Box().Authority
	return lake.NewCollector(b, ca.Roots, authority, ca.Receipts(authority), clock{at}, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

func collect(t testing.TB, ca *segmenttest.Authority, b bucket.Bucket) lake.Collected {
	t.Helper()
	done, err := collector(ca, b, morning).Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func verify(t testing.TB, ca *segmenttest.Authority, b bucket.Bucket) (faults []lake.Finding, sum lake.Summary) {
	t.Helper()
	sum, err := lake.New(b, ca.Roots).Verify(t.Context(), func(f lake.Finding) { faults = append(faults, f) })
	if err != nil {
		t.Fatal(err)
	}
	return faults, sum
}

func TestVerify_WholeStore(t *testing.T) {
	ca, store, one, two := year(t)
	faults, sum := verify(t, ca, store)
	if len(faults) != 0 {
		t.Fatalf("faults in a good store: %v", faults)
	}
	if want := uint64(len(one.ids) + len(two.ids)); sum.Boxes != 2 || sum.Statements != want || sum.Receipts != 2 || sum.Heads != 16 {
		t.Fatalf("summary %+v, want %d statements of 2 boxes", sum, want)
	}
}

// TestVerify_NamesEachFault does one wrong at a time and expects one line,
// with the key of what was touched.
func TestVerify_NamesEachFault(t *testing.T) {
	ctx := context.Background()
	head := func(s *school, stream preau.Stream, epoch segment.EpochID, first uint64) string {
		return s.box.HeadKey(stream, epoch, first)
	}
	object := func(t *testing.T, store *bucket.Memory, part string) string {
		t.Helper()
		for info := range store.List(ctx, "v1/", "") {
			if strings.Contains(info.Key, "/facts/") && strings.Contains(info.Key, part) {
				return info.Key
			}
		}
		t.Fatalf("no object like %s", part)
		return ""
	}
	for name, wrong := range map[string]func(t *testing.T, ca *segmenttest.Authority, store *bucket.Memory, one *school) string{
		"object removed": func(t *testing.T, _ *segmenttest.Authority, store *bucket.Memory, _ *school) string {
			key := object(t, store, "stream=learning/")
			store.Remove(key)
			return key
		},
		"object exchanged with another": func(t *testing.T, _ *segmenttest.Authority, store *bucket.Memory, _ *school) string {
			key := object(t, store, "borne-1-000000000000000b-00000000000000000001")
			other, _ := store.Get(ctx, object(t, store, "borne-2-000000000000000b-00000000000000000001"))
			_ = store.Replace(ctx, key, other)
			return key
		},
		"object cut short": func(t *testing.T, _ *segmenttest.Authority, store *bucket.Memory, _ *school) string {
			key := object(t, store, "stream=attendance/")
			b, _ := store.Get(ctx, key)
			_ = store.Replace(ctx, key, b[:len(b)/2])
			return key
		},
		"first head removed": func(_ *testing.T, _ *segmenttest.Authority, store *bucket.Memory, one *school) string {
			store.Remove(head(one, "learning", 11, 1))
			return head(one, "learning", 11, 1)
		},
		"middle head removed": func(_ *testing.T, _ *segmenttest.Authority, store *bucket.Memory, one *school) string {
			store.Remove(head(one, "learning", 11, 5))
			return head(one, "learning", 11, 5)
		},
		"head between epochs removed": func(_ *testing.T, _ *segmenttest.Authority, store *bucket.Memory, one *school) string {
			store.Remove(head(one, "learning", 11, 9))
			return head(one, "learning", 11, 9)
		},
		"last head removed": func(_ *testing.T, _ *segmenttest.Authority, store *bucket.Memory, one *school) string {
			store.Remove(head(one, "learning", 22, 6))
			return head(one, "learning", 22, 6)
		},
		"head signed by another CA": func(_ *testing.T, _ *segmenttest.Authority, store *bucket.Memory, one *school) string {
			key := head(one, "attendance", 11, 5)
			b, _ := store.Get(ctx, key)
			doc, _ := segment.ParseHead(b)
			forged, _ := segment.SignHead(&doc.Body, segmenttest.New(one.t).Signer(one.box))
			_ = store.Replace(ctx, key, forged)
			return key
		},
		"head of the sister box": func(_ *testing.T, _ *segmenttest.Authority, store *bucket.Memory, one *school) string {
			key := head(one, "attendance", 11, 5)
			b, _ := store.Get(ctx, strings.Replace(key, "borne-1", "borne-2", 1))
			_ = store.Replace(ctx, key, b)
			return key
		},
		"a box nobody certified": func(t *testing.T, _ *segmenttest.Authority, store *bucket.Memory, _ *school) string {
			thief := newSchool(t, segmenttest.New(t), store, "borne-9")
			for range 2 {
				keys := thief.deliver(preau.StreamLearning, 1, 3)
				store.Remove(keys[0]) // the heads alone: facts of no box are another line
			}
			return thief.box.IdentityKey()
		},
		"two futures of one epoch": func(_ *testing.T, _ *segmenttest.Authority, _ *bucket.Memory, one *school) string {
			one.open[33] = segment.Opening{Previous: 11, Ends: map[preau.Stream]uint64{"attendance": 8, "learning": 12, "telemetry": 3}}
			one.links[preau.StreamLearning] = one.end11 // its own past is in order: only the fork is wrong
			return one.deliver(preau.StreamLearning, 33, 1)[1]
		},
		"statements never delivered": func(_ *testing.T, _ *segmenttest.Authority, _ *bucket.Memory, one *school) string {
			one.open[44] = segment.Opening{Previous: 22, Ends: map[preau.Stream]uint64{"learning": 17}}
			return one.deliver(preau.StreamLearning, 44, 1)[1]
		},
		"receipt removed": func(_ *testing.T, ca *segmenttest.Authority, store *bucket.Memory, one *school) string {
			one.deliver(preau.StreamLearning, 22, 1)
			collect(one.t, ca, store)
			store.Remove(one.box.ReceiptKey(1))
			return one.box.ReceiptKey(1)
		},
		"receipt forged": func(_ *testing.T, _ *segmenttest.Authority, store *bucket.Memory, one *school) string {
			r := &segment.Receipt{Authority: one.box.Authority, Box: one.box.ID, UAI: one.box.UAI, Number: 2, Time: morning}
			doc, err := segment.SignReceipt(r, one.sign)
			one.ok(err)
			one.ok(store.Create(ctx, one.box.ReceiptKey(2), doc))
			return one.box.ReceiptKey(2)
		},
		"facts smuggled in": func(t *testing.T, _ *segmenttest.Authority, store *bucket.Memory, one *school) string {
			key := object(t, store, "borne-1-000000000000000b-00000000000000000001")
			b, _ := store.Get(ctx, key)
			forged := strings.Replace(key, "-00000000000000000004-", "-00000000000000000003-", 1)
			one.ok(store.Create(ctx, forged, b))
			return forged
		},
		"facts of no box": func(t *testing.T, _ *segmenttest.Authority, store *bucket.Memory, one *school) string {
			forged := strings.Replace(object(t, store, "borne-1-"), "borne-1", "borne-7", 1)
			one.ok(store.Create(ctx, forged, []byte("PAR1")))
			return forged
		},
		"stray object": func(_ *testing.T, _ *segmenttest.Authority, store *bucket.Memory, one *school) string {
			key := one.box.BoxPrefix() + "heads/learning/readme.txt"
			one.ok(store.Create(ctx, key, []byte("x")))
			return key
		},
	} {
		t.Run(name, func(t *testing.T) {
			ca, store, one, _ := year(t)
			one.t = t
			key := wrong(t, ca, store, one)
			faults, sum := verify(t, ca, store)
			faults = slices.DeleteFunc(faults, func(f lake.Finding) bool { return f.Note })
			if len(faults) != 1 || faults[0].Key != key || sum.Faults != 1 {
				t.Fatalf("got %d faults:\n%v\nwant one at %s", len(faults), faults, key)
			}
			t.Log(faults[0])
		})
	}
}

// TestVerify_AnyByte flips one byte of each object of the store in turn; the
// object's own key must be named.
func TestVerify_AnyByte(t *testing.T) {
	ca, store, _, _ := year(t)
	dice := rand.New(rand.NewPCG(4, 2))
	var keys []string
	for info := range store.List(t.Context(), "v1/", "") {
		if !strings.HasSuffix(info.Key, "/state.json") { // the collector's own cache proves nothing
			keys = append(keys, info.Key)
		}
	}
	for _, key := range keys {
		good, _ := store.Get(t.Context(), key)
		bad := bytes.Clone(good)
		bad[dice.IntN(len(bad))] ^= 1 << dice.IntN(8)
		_ = store.Replace(t.Context(), key, bad)
		faults, _ := verify(t, ca, store)
		if !slices.ContainsFunc(faults, func(f lake.Finding) bool { return f.Key == key && !f.Note }) {
			t.Errorf("%s was altered unseen: %v", key, faults)
		}
		_ = store.Replace(t.Context(), key, good)
	}
}

func TestVerify_StoreThatCannotBeReadProvesNothing(t *testing.T) {
	ca, store, _, _ := year(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lake.New(store, ca.Roots).Verify(ctx, func(lake.Finding) {}); err == nil {
		t.Fatal("verified without reading")
	}
}

func TestFacts_EachOnceAndOnlyWhatHeadsName(t *testing.T) {
	ca, store, one, _ := year(t)
	// A forged object in the right folder, which no head names.
	var facts string
	for info := range store.List(t.Context(), "v1/", "") {
		if strings.Contains(info.Key, "stream=learning/") {
			facts = info.Key
		}
	}
	b, _ := store.Get(t.Context(), facts)
	_ = store.Create(t.Context(), strings.Replace(facts, "borne-", "borne-x-", 1), b)
	l := lake.New(store, ca.Roots)
	boxes, err := l.Boxes(t.Context())
	if err != nil || len(boxes) != 2 {
		t.Fatalf("%d boxes, %v", len(boxes), err)
	}
	seen := map[preau.ID]int{}
	for _, stream := range boxes[0].Streams {
		for f, err := range l.Facts(t.Context(), boxes[0], stream.Stream, morning, morning) {
			if err != nil {
				t.Fatal(err)
			}
			seen[f.ID]++
		}
	}
	if len(seen) != len(one.ids) {
		t.Fatalf("read %d facts, want %d", len(seen), len(one.ids))
	}
	for id, n := range seen {
		if n != 1 || !one.ids[id] {
			t.Fatalf("%s read %d times", id, n)
		}
	}
	for range l.Facts(t.Context(), boxes[0], preau.StreamLearning, morning.AddDate(0, 0, 1), morning.AddDate(0, 0, 9)) {
		t.Fatal("a fact outside the days asked for")
	}
	if got := fmt.Sprintln(boxes[0].Identity.Name, boxes[0].Receipt, boxes[0].Streams[1].Statements); got != "Collège d’essai 1 22\n" {
		t.Fatalf("box says %s", got)
	}
}
