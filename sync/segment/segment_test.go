package segment_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"preau"
	"preau/sync/journal"
	"preau/sync/segment"
	"preau/sync/segment/segmenttest"
)

var (
	secret  = bytes.Repeat([]byte{7}, 32)
	morning = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
)

// statements of one range, the same at each call.
func statements(stream preau.Stream, n int) []*preau.Statement {
	var sts []*preau.Statement
	for i := range n {
		sts = append(sts, &preau.Statement{
			ID: preau.ID{1, byte(i >> 8), byte(i)}, Stream: stream, Actor: fmt.Sprint("p", i%30), Verb: "https://w3id.org/xapi/video/verbs/played",
			Object: "ark:/99999/lf-adjectif-1", ObjectKind: "video", Epoch: 5, Seq: uint64(i + 1), ClockState: preau.ClockSynced,
			Result:    json.RawMessage(fmt.Sprintf(`{"duration":"PT%dS","score":{"scaled":0.5},"extensions":{"https://w3id.org/xapi/video/extensions/progress":0.25}}`, i)),
			Context:   json.RawMessage(`{"group":"6A","device":"tablet","offline":true}`),
			Timestamp: morning.Add(time.Duration(i) * time.Second), Stored: morning.Add(time.Duration(i) * time.Second),
		})
	}
	return sts
}

func newMaker(t testing.TB, a *segmenttest.Authority, recipients map[preau.Stream][]age.Recipient) *segment.Maker {
	t.Helper()
	m, err := segment.NewMaker(segmenttest.Box(), a.Signer(segmenttest.Box()), secret, recipients)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func rangeOf(sts []*preau.Statement) segment.Range {
	return segment.Range{Stream: sts[0].Stream, Epoch: sts[0].Epoch, Statements: sts}
}

func TestMake_SameRangeSameBytes(t *testing.T) {
	a := segmenttest.New(t)
	m := newMaker(t, a, nil)
	one, err := m.Make(rangeOf(statements(preau.StreamLearning, 2000)), morning, preau.ClockSynced)
	if err != nil {
		t.Fatal(err)
	}
	// Another process, another certificate, later: the facts do not know.
	two, err := newMaker(t, a, nil).Make(rangeOf(statements(preau.StreamLearning, 2000)), morning.Add(time.Hour), preau.ClockHeld)
	if err != nil {
		t.Fatal(err)
	}
	if one.Objects[0].SHA256 != two.Objects[0].SHA256 || one.Objects[0].Key != two.Objects[0].Key {
		t.Fatal("the same range made two objects")
	}
	again, err := m.Make(rangeOf(statements(preau.StreamLearning, 2000)), morning, preau.ClockSynced)
	if err != nil || again.Doc.SHA256 != one.Doc.SHA256 {
		t.Fatalf("the same head was signed into other bytes (%v)", err)
	}
	t.Logf("%d bytes a fact", len(one.Objects[0].Data)/2000)
}

func TestMake_FactsReadBackAsTheyWere(t *testing.T) {
	a := segmenttest.New(t)
	sts := statements(preau.StreamLearning, 3)
	sts[1].Voids = preau.ID{9}
	sts[2].Result, sts[2].Context, sts[2].Actor = nil, nil, ""
	seg, err := newMaker(t, a, nil).Make(rangeOf(sts), morning, preau.ClockSynced)
	if err != nil {
		t.Fatal(err)
	}
	facts, err := segment.DecodeFacts(preau.StreamLearning, seg.Objects[0].Data)
	if err != nil || len(facts) != 3 {
		t.Fatalf("%d facts, %v", len(facts), err)
	}
	f := facts[1]
	if f.ID != sts[1].ID || f.Seq != 2 || f.Epoch != 5 || !f.Time.Equal(sts[1].Timestamp) || *f.Duration != 1 || *f.Score != 0.5 ||
		*f.Progress != 0.25 || f.Device != "tablet" || !f.Offline || f.Voids != sts[1].Voids || f.Verb != sts[1].Verb || f.Object != sts[1].Object {
		t.Fatalf("fact %+v", f)
	}
	if f.Actor == "" || f.Actor == "p1" || f.Group == "" || f.Group == "6A" {
		t.Fatalf("actor %q and group %q are not pseudonyms", f.Actor, f.Group)
	}
	if f := facts[2]; f.Duration != nil || f.Actor != "" || f.Group != "" || f.Offline || f.Device != "" {
		t.Fatalf("nothing became something: %+v", f)
	}
	// A duration of zero is not an absent one.
	if f := facts[0]; f.Duration == nil || *f.Duration != 0 {
		t.Fatalf("duration 0 read as %v", f.Duration)
	}
}

func TestPseudonyms_HoldForOneSchoolYear(t *testing.T) {
	a := segmenttest.New(t)
	actor := func(secret []byte, stored time.Time) string {
		t.Helper()
		m, err := segment.NewMaker(segmenttest.Box(), a.Signer(segmenttest.Box()), secret, nil)
		if err != nil {
			t.Fatal(err)
		}
		sts := statements(preau.StreamLearning, 1)
		sts[0].Stored = stored
		seg, err := m.Make(rangeOf(sts), morning, preau.ClockSynced)
		if err != nil {
			t.Fatal(err)
		}
		facts, err := segment.DecodeFacts(preau.StreamLearning, seg.Objects[0].Data)
		if err != nil {
			t.Fatal(err)
		}
		return facts[0].Actor
	}
	autumn, spring, next := actor(secret, morning), actor(secret, morning.AddDate(0, 8, 0)), actor(secret, morning.AddDate(1, 0, 0))
	other := actor(bytes.Repeat([]byte{8}, 32), morning)
	if autumn != spring {
		t.Error("a pupil changed name within the school year")
	}
	if autumn == next || autumn == other {
		t.Error("a pupil can be followed across years or boxes")
	}
}

// TestErasure_NamesThePseudonymOfItsYear: a person is another in each year,
// and readers must be told of each.
func TestErasure_NamesThePseudonymOfItsYear(t *testing.T) {
	a := segmenttest.New(t)
	m, err := segment.NewMaker(segmenttest.Box(), a.Signer(segmenttest.Box()), secret, nil)
	if err != nil {
		t.Fatal(err)
	}
	only := func(st *preau.Statement) segment.Fact {
		t.Helper()
		seg, err := m.Make(rangeOf([]*preau.Statement{st}), morning, preau.ClockSynced)
		if err != nil {
			t.Fatal(err)
		}
		facts, err := segment.DecodeFacts(st.Stream, seg.Objects[0].Data)
		if err != nil {
			t.Fatal(err)
		}
		return facts[0]
	}
	for year := 2024; year <= 2026; year++ {
		worked := statements(preau.StreamLearning, 1)[0]
		worked.Actor, worked.Stored = "p7", time.Date(year+1, time.March, 3, 9, 0, 0, 0, time.UTC)
		erased := statements(preau.StreamAttendance, 1)[0]
		erased.Verb, erased.Object, erased.ObjectKind = journal.VerbErased, "p7", "person"
		erased.Result = json.RawMessage(fmt.Sprintf(`{"school_year":%d}`, year))
		if got, want := only(erased).Object, only(worked).Actor; got != want {
			t.Errorf("%d: erased as %s, known as %s", year, got, want)
		}
	}
}

// TestMake_NothingNamedLeaves plants names, an INE and a birth date in every
// field that a statement has, and searches every byte that would leave.
func TestMake_NothingNamedLeaves(t *testing.T) {
	a := segmenttest.New(t)
	planted := []string{"Ouarda", "Lefèvre-N’Diaye", "OUARDA", "0123456789A", "2014-03-05", "20140305", "ouarda.l", "p-local-17", "classe-locale-6A"}
	spoil := func(st *preau.Statement) {
		all, _ := json.Marshal(strings.Join(planted, " "))
		st.Actor, st.Object, st.ObjectKind = "p-local-17", "p-local-17", "person"
		st.Result = json.RawMessage(`{"birth":20140305,"present":1,"response":` + string(all) + `,"duration":"Ouarda","score":"OUARDA","extensions":{"Ouarda":` + string(all) + `}}`)
		st.Context = json.RawMessage(`{"group":"classe-locale-6A","device":"Ouarda","offline":"Ouarda","instructor":{"name":` + string(all) + `}}`)
		st.Raw = json.RawMessage(`{"actor":{"name":` + string(all) + `}}`)
	}
	_, recipient := keyPair(t)
	m := newMaker(t, a, map[preau.Stream][]age.Recipient{preau.StreamAttendance: {recipient}})
	for _, stream := range []preau.Stream{preau.StreamAttendance, preau.StreamLearning, preau.StreamTelemetry} {
		sts := statements(stream, 4)
		for i, st := range sts {
			spoil(st)
			switch i {
			case 1:
				st.Object, st.ObjectKind = "Ouarda Lefèvre-N’Diaye", "Ouarda"
			case 2:
				st.Object, st.Verb = "https://x.example/u?n=Ouarda", "Ouarda parle"
			case 3:
				st.Object, st.ObjectKind = "mailto:ouarda.l@x.example", "lesson"
			}
			if stream == preau.StreamTelemetry {
				st.Result = json.RawMessage(`{"Ouarda":1,"disk_free":5,"note":"Ouarda"}`)
			}
		}
		seg, err := m.Make(rangeOf(sts), morning, preau.ClockSynced)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range append(seg.Objects, seg.Doc) {
			texts := []string{b.Key, string(b.Data)}
			if strings.HasSuffix(b.Key, ".parquet") { // compressed: search what a reader sees
				facts, err := segment.DecodeFacts(stream, b.Data)
				if err != nil {
					t.Fatal(err)
				}
				texts = append(texts, fmt.Sprintf("%+v", facts))
			}
			for _, text := range texts {
				for _, name := range planted {
					if strings.Contains(text, name) {
						t.Errorf("%s: %q leaves in %s", stream, name, b.Key)
					}
				}
			}
		}
	}
}

func keyPair(t testing.TB) (*age.X25519Identity, age.Recipient) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id, id.Recipient()
}

func TestSeal_OnlyTheRecipientReadsAndKnowsWhoWrote(t *testing.T) {
	a := segmenttest.New(t)
	who, recipient := keyPair(t)
	m := newMaker(t, a, map[preau.Stream][]age.Recipient{preau.StreamCase: {recipient}})
	if !m.Leaves(preau.StreamCase) || m.Leaves(preau.StreamMessage) || m.Leaves(preau.StreamContent) {
		t.Fatal("what leaves is not what the register says")
	}
	sts := statements(preau.StreamCase, 5)
	seg, err := m.Make(rangeOf(sts), morning, preau.ClockSynced)
	if err != nil || len(seg.Objects) != 1 || !strings.HasSuffix(seg.Objects[0].Key, ".age") {
		t.Fatalf("objects %d, %v: a case leaves sealed only", len(seg.Objects), err)
	}
	data := seg.Objects[0].Data
	got, err := segment.Unseal(data, who, a.Roots)
	if err != nil || len(got) != 5 || got[4].Actor != sts[4].Actor || !bytes.Equal(got[4].Result, sts[4].Result) {
		t.Fatalf("opened %d records, %v", len(got), err)
	}
	stranger, _ := keyPair(t)
	for name, try := range map[string]func() ([]*preau.Statement, error){
		"another key":       func() ([]*preau.Statement, error) { return segment.Unseal(data, stranger, a.Roots) },
		"another authority": func() ([]*preau.Statement, error) { return segment.Unseal(data, who, segmenttest.New(t).Roots) },
		"cut short":         func() ([]*preau.Statement, error) { return segment.Unseal(data[:len(data)-1], who, a.Roots) },
		"a bit flipped": func() ([]*preau.Statement, error) {
			b := slices.Clone(data)
			b[len(b)-30] ^= 1
			return segment.Unseal(b, who, a.Roots)
		},
	} {
		if got, err := try(); err == nil || len(got) != 0 {
			t.Errorf("%s: opened %d records", name, len(got))
		}
	}
}

func TestCut_OneDayAtMost(t *testing.T) {
	sts := statements(preau.StreamLearning, 10)
	for i, st := range sts {
		st.Stored = time.Date(2026, 11, 23, 23, 59, 54+i, 0, time.UTC)
	}
	if n := segment.Cut(sts); n != 6 {
		t.Fatalf("cut after %d, want 6: midnight", n)
	}
	if _, err := newMaker(t, segmenttest.New(t), nil).Make(rangeOf(sts), morning, preau.ClockSynced); err == nil {
		t.Fatal("a segment spans two days")
	}
	if n := segment.Cut(statements(preau.StreamLearning, segment.MaxRows+5)); n != segment.MaxRows {
		t.Fatalf("cut after %d rows", n)
	}
}

func BenchmarkMake(b *testing.B) {
	m := newMaker(b, segmenttest.New(b), nil)
	sts := statements(preau.StreamLearning, segment.MaxRows)
	var size int
	for b.Loop() {
		seg, err := m.Make(rangeOf(sts), morning, preau.ClockSynced)
		if err != nil {
			b.Fatal(err)
		}
		size = len(seg.Objects[0].Data)
	}
	b.ReportMetric(float64(segment.MaxRows*b.N)/b.Elapsed().Seconds(), "statements/s")
	b.ReportMetric(float64(size)/segment.MaxRows, "B/fact")
}
