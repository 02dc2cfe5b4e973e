package segment

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"preau"
	"preau/sync/journal"
)

// Fact is what leaves of a statement: codes, numbers and pseudonyms. There is
// no field that could hold a sentence.
type Fact struct {
	Stream     preau.Stream
	UAI        preau.UAI
	Box        string
	Epoch      uint64
	Seq        uint64
	ID         preau.ID
	Time       time.Time
	Clock      preau.ClockState
	Verb       string // IRI
	Object     string // IRI, or pseudonym of a local id
	ObjectKind string
	Group      string   // pseudonym or ""
	Actor      string   // pseudonym or "" (the box)
	Duration   *float64 // seconds
	Progress   *float64 // 0 to 1
	Score      *float64 // -1 to 1, xAPI scaled
	Device     string   // class: tablet, phone, computer, board, box, other
	Offline    bool     // made while out of reach of the box
	Voids      preau.ID
	Measures   []Measure // by name, sorted
}

// Measure is one named number: counts of a roll, vital figures of a box.
type Measure struct {
	Name  string  `parquet:"name,dict"`
	Value float64 `parquet:"value"`
}

// Measure finds a number by name.
func (f *Fact) Measure(name string) (float64, bool) {
	for _, m := range f.Measures {
		if m.Name == name {
			return m.Value, true
		}
	}
	return 0, false
}

const (
	extProgress = "https://w3id.org/xapi/video/extensions/progress"
	otherVerb   = "urn:preau:verb:other"
	maxMeasures = 24
)

// What of a statement's JSON is read; the rest does not exist for the lake.
type resultJSON struct {
	Duration   json.RawMessage            `json:"duration"` // ISO 8601 or seconds
	DurationS  json.RawMessage            `json:"duration_s"`
	Progress   json.RawMessage            `json:"progress"`
	Score      json.RawMessage            `json:"score"` // number or xAPI object
	Extensions map[string]json.RawMessage `json:"extensions"`
}

type contextJSON struct {
	Group   json.RawMessage `json:"group"` // local id
	Device  json.RawMessage `json:"device"`
	Offline json.RawMessage `json:"offline"`
}

// fact reduces a statement. What does not fit a column is left out, never
// squeezed in: a result may hold anything.
func (p *pseudonyms) fact(st *preau.Statement, box Box) (Fact, error) {
	f := Fact{
		Stream: st.Stream, UAI: box.UAI, Box: box.ID, Epoch: st.Epoch, Seq: st.Seq, ID: st.ID, Time: st.Timestamp.UTC(),
		Clock: st.ClockState, Verb: st.Verb, ObjectKind: st.ObjectKind, Voids: st.Voids,
	}
	if !isIRI(f.Verb) {
		f.Verb = otherVerb
	}
	if f.ObjectKind != "" && !isSlug(f.ObjectKind) {
		f.ObjectKind = "other"
	}
	var err error
	if f.Object, err = p.object(st); err != nil {
		return f, err
	}
	var ctx contextJSON
	if len(st.Context) > 0 && json.Unmarshal(st.Context, &ctx) == nil {
		if group := text(ctx.Group); group != "" {
			if f.Group, err = p.of("group", group, st.Stored); err != nil {
				return f, err
			}
		}
		f.Device = device(text(ctx.Device))
		f.Offline = string(ctx.Offline) == "true"
	}
	if st.Actor != "" && st.Stream != preau.StreamTelemetry {
		if f.Actor, err = p.of("person", st.Actor, st.Stored); err != nil {
			return f, err
		}
	}
	f.numbers(st)
	return f, nil
}

// object keeps what is public (an IRI, the box's own words in telemetry) and
// names the rest by a pseudonym: a lesson, a group, a person as object.
func (p *pseudonyms) object(st *preau.Statement) (string, error) {
	switch st.ObjectKind {
	case "person", "pupil", "teacher", "adult":
		return p.of("person", st.Object, erasedIn(st))
	case "group", "class":
		return p.of("group", st.Object, st.Stored)
	}
	if isIRI(st.Object) || st.Stream == preau.StreamTelemetry && isCode(st.Object) {
		return st.Object, nil
	}
	return p.of("object", st.Object, st.Stored)
}

// Erasure is the result of a statement that somebody was erased: the school
// year, by its first, under whose pseudonym readers are to forget them.
type Erasure struct {
	SchoolYear int `json:"school_year"`
}

// erasedIn is a moment of the school year in which an object's pseudonym is
// looked for: when it was stored, unless an erasure says another year.
func erasedIn(st *preau.Statement) time.Time {
	var e Erasure
	if st.Verb != journal.VerbErased || json.Unmarshal(st.Result, &e) != nil || e.SchoolYear == 0 {
		return st.Stored
	}
	return time.Date(e.SchoolYear, time.October, 1, 0, 0, 0, 0, time.UTC)
}

func (f *Fact) numbers(st *preau.Statement) {
	if len(st.Result) == 0 {
		return
	}
	var r resultJSON
	if json.Unmarshal(st.Result, &r) != nil {
		return
	}
	f.Duration = firstNumber(number(r.Duration), isoSeconds(text(r.Duration)), number(r.DurationS))
	f.Progress = within(firstNumber(number(r.Progress), number(r.Extensions[extProgress])), 0, 1)
	f.Score = within(firstNumber(number(r.Score), scaled(r.Score)), -1, 1)
	if !measured(st.Stream, "present") { // a costly second reading that only some streams need
		return
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(st.Result, &all) != nil {
		return
	}
	for name, raw := range all {
		if len(f.Measures) < maxMeasures && measured(st.Stream, name) {
			if v := number(raw); v != nil {
				f.Measures = append(f.Measures, Measure{name, *v})
			}
		}
	}
	slices.SortFunc(f.Measures, func(a, b Measure) int { return strings.Compare(a.Name, b.Name) })
}

// measured allows any figure of the box, and of people only the counts of a
// roll: a birth date is a number too.
func measured(stream preau.Stream, name string) bool {
	if stream == preau.StreamTelemetry {
		return isCode(name) && len(name) <= 40
	}
	switch name {
	case "expected", "present", "absent", "late", "left", "other":
		return stream == preau.StreamAttendance
	}
	return false
}

func device(s string) string {
	switch s {
	case "", "tablet", "phone", "computer", "board", "box":
		return s
	}
	return "other"
}

// isIRI accepts identifiers made to be public, without the parts (user,
// query, fragment) in which anything can hide.
func isIRI(s string) bool {
	if len(s) > 300 || !strings.HasPrefix(s, "ark:") && !strings.HasPrefix(s, "urn:") && !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") {
		return false
	}
	for _, c := range []byte(s) {
		if !alnum(c) && strings.IndexByte(":/._-~%+", c) < 0 {
			return false
		}
	}
	return true
}

// isCode accepts the box's own words: small letters, digits, a few signs.
func isCode(s string) bool {
	if s == "" || len(s) > 120 {
		return false
	}
	for _, c := range []byte(s) {
		if !alnum(c) && strings.IndexByte("_.:/-", c) < 0 || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}

func alnum(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
