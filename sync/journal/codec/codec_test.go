package codec_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/sync/journal/codec"
)

func coder(t testing.TB) *codec.Coder {
	t.Helper()
	c, err := codec.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// school makes n statements as an application sends them, the same each time.
func school(n int) []*preau.Statement {
	dice := rand.New(rand.NewPCG(1, 2))
	uuid := func() (id preau.ID) {
		for i := range id {
			id[i] = byte(dice.Uint32())
		}
		id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
		return id
	}
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	sts := make([]*preau.Statement, n)
	for i := range sts {
		at = at.Add(time.Duration(dice.IntN(4000)) * time.Millisecond)
		id, registration, pupil, item := uuid(), uuid(), dice.IntN(1000), dice.IntN(300)
		st := &preau.Statement{ID: id, Stream: preau.StreamLearning, Actor: fmt.Sprintf("p%03d", pupil), Verb: "http://adlnet.gov/expapi/verbs/answered",
			Object: fmt.Sprintf("https://exercices.example/fractions/%d", item), ObjectKind: "question", HLC: uint64(at.UnixMilli()) << 16,
			Stored: at, Timestamp: at.Add(-time.Duration(dice.IntN(90)) * time.Second), ClockState: preau.ClockHeld}
		st.Raw = json.RawMessage(fmt.Sprintf(`{"id":"%s","actor":{"objectType":"Agent","account":{"homePage":"https://ecole.example","name":"p%03d"}},"verb":{"id":%q,"display":{"fr":"a répondu"}},`+
			`"object":{"objectType":"Activity","id":%q,"definition":{"name":{"fr":"Question %d"},"type":"http://adlnet.gov/expapi/activities/cmi.interaction","interactionType":"numeric"}},`+
			`"result":{"score":{"scaled":0.%02d,"raw":%d,"min":0,"max":100},"success":true,"response":"%d","duration":"PT%dS"},"context":{"registration":"%s","contextActivities":{"parent":[{"id":"https://exercices.example/fractions"}]},"platform":"Exercices","language":"fr"},"timestamp":%q}`,
			id, pupil, st.Verb, st.Object, item, dice.IntN(100), dice.IntN(100), dice.IntN(1000), dice.IntN(90), registration, st.Timestamp.Format("2006-01-02T15:04:05.000Z07:00")))
		st.Result = json.RawMessage(`{"success":true}`)
		if i%7 == 0 {
			st.Voids, st.Context = uuid(), json.RawMessage(`{ "registration" : "`+strings.ToUpper(registration.String())+`" }`)
		}
		sts[i] = st
	}
	return sts
}

func TestRow_RoundTrip(t *testing.T) {
	for i, st := range school(20) {
		var got preau.Statement
		if err := codec.Row(codec.AppendRow(nil, st), &got); err != nil {
			t.Fatal(err)
		}
		got.ID, got.Stream = st.ID, st.Stream
		if want := milli(st); !reflect.DeepEqual(got, want) {
			t.Fatalf("row %d:\n got %+v\nwant %+v", i, got, want)
		}
	}
}

// milli is what is kept of a statement: times to the millisecond.
func milli(st *preau.Statement) preau.Statement {
	s := *st
	s.Stored, s.Timestamp = s.Stored.Truncate(time.Millisecond), s.Timestamp.Truncate(time.Millisecond)
	return s
}

func TestBlock_GivesEveryByteBackAndIsSmall(t *testing.T) {
	c := coder(t)
	sts := school(codec.MaxBlock)
	data, err := c.AppendBlock(nil, sts)
	if err != nil {
		t.Fatal(err)
	}
	raw := 0
	b, err := c.OpenBlock(data)
	if err != nil || b.Len() != len(sts) {
		t.Fatalf("%v, %v", b, err)
	}
	for i, st := range sts {
		raw += len(st.Raw)
		var got preau.Statement
		if err := b.Statement(i, &got); err != nil {
			t.Fatal(err)
		}
		got.Stream = st.Stream
		if want := milli(st); !reflect.DeepEqual(got, want) {
			t.Fatalf("statement %d:\n got %+v\nwant %+v", i, got, want)
		}
	}
	each := len(data) / len(sts)
	t.Logf("%d bytes a statement, of %d received", each, raw/len(sts))
	if each > 120 {
		t.Errorf("%d bytes a statement, want at most 120", each)
	}
}

func TestBlock_DamageIsAnError(t *testing.T) {
	c := coder(t)
	data, err := c.AppendBlock(nil, school(8))
	if err != nil {
		t.Fatal(err)
	}
	for cut := range data {
		if _, err := c.OpenBlock(data[:cut]); err == nil {
			t.Fatalf("a block cut at %d opens", cut)
		}
	}
	if _, err := c.OpenBlock([]byte{2, 1, 1}); preau.KindOf(err) != preau.Corrupt {
		t.Errorf("another version: %v, want corrupt", err)
	}
}

// TestBlock_SampleIsStillRead keeps the format: later releases read what this
// one wrote.
func TestBlock_SampleIsStillRead(t *testing.T) {
	c := coder(t)
	file := filepath.Join("testdata", "block-v1.bin")
	if os.Getenv("PREAU_UPDATE") != "" {
		data, err := c.AppendBlock(nil, school(12))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.OpenBlock(data)
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	for i := range b.Len() {
		var st preau.Statement
		if err := b.Statement(i, &st); err != nil {
			t.Fatal(err)
		}
		h.Write(st.ID[:])
		h.Write(codec.AppendRow(nil, &st))
	}
	const want = "ffb4ac7d31e40224c12d6dbb81e44b55f04ffb2bd47dc3c9d886bf6e0c499d0b"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("the sample reads as %s, want %s", got, want)
	}
}

func FuzzRow(f *testing.F) {
	for _, st := range school(3) {
		f.Add(codec.AppendRow(nil, st))
	}
	f.Add([]byte("L1|2|3|||||||||"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var st preau.Statement
		if codec.Row(b, &st) != nil {
			return
		}
		var again preau.Statement
		if err := codec.Row(codec.AppendRow(nil, &st), &again); err != nil {
			t.Fatalf("what was read is written as something unreadable: %v", err)
		}
	})
}

func FuzzBlock(f *testing.F) {
	c := coder(f)
	for _, n := range []int{1, 5} {
		data, err := c.AppendBlock(nil, school(n))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := c.OpenBlock(data)
		if err != nil {
			return
		}
		for i := range b.Len() {
			var st preau.Statement
			_ = b.Statement(i, &st) // an error is an answer; a panic is not
		}
	})
}

// FuzzText puts any text through a block and wants it back.
func FuzzText(f *testing.F) {
	c := coder(f)
	f.Add("p1", `{"id":"0190b2c4-6f7e-7a11-8c3d-2f5b6a7c8d9e"}`)
	f.Add("\x01\x00", `{"a":"0190B2C4-6f7e-7a11-8c3d-2f5b6a7c8d9e0190b2c4-6f7e-7a11-8c3d-2f5b6a7c8d9e-6f7e"}`)
	f.Fuzz(func(t *testing.T, actor, raw string) {
		if !json.Valid([]byte(raw)) || len(actor)+len(raw) > 1<<20 {
			return
		}
		st := school(1)[0]
		st.Actor, st.Raw = actor, json.RawMessage(raw)
		if _, err := c.AppendBlock(nil, []*preau.Statement{st}); err != nil {
			t.Fatal(err) // it reads back what it writes
		}
	})
}

func BenchmarkOpenBlock(b *testing.B) {
	c := coder(b)
	data, err := c.AppendBlock(nil, school(codec.MaxBlock))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		block, err := c.OpenBlock(data)
		if err != nil {
			b.Fatal(err)
		}
		var st preau.Statement
		if err := block.Statement(7, &st); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendBlock(b *testing.B) {
	c := coder(b)
	sts := school(codec.MaxBlock)
	for b.Loop() {
		if _, err := c.AppendBlock(nil, sts); err != nil {
			b.Fatal(err)
		}
	}
}
