package record_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/edge/lrs/record"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

const home = "https://college.example/preau"

// tick is a clock that moves on a little at every look, so that no two
// transactions have one time.
type tick struct {
	mu sync.Mutex
	t  time.Time
}

func (c *tick) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(time.Millisecond)
	return c.t
}
func (c *tick) jump(d time.Duration)    { c.mu.Lock(); c.t = c.t.Add(d); c.mu.Unlock() }
func (c *tick) State() preau.ClockState { return preau.ClockSynced }

type box struct {
	*record.Store
	db      *sqlite.DB
	journal *journal.Journal
	dir     string
	clock   *tick
}

func open(t testing.TB, dir string) *box {
	t.Helper()
	ctx := context.Background()
	clock := &tick{t: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	db, err := sqlite.Open(ctx, filepath.Join(dir, "preau.db"), clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	j, err := journal.Open(ctx, db, clock)
	if err != nil {
		t.Fatal(err)
	}
	s, err := record.Open(ctx, record.Config{DB: db, Journal: j, Home: home, Blobs: filepath.Join(dir, "attachments")})
	if err != nil {
		t.Fatal(err)
	}
	return &box{Store: s, db: db, journal: j, dir: dir, clock: clock}
}

var app = xapi.Agent{Account: xapi.Account{HomePage: "https://college.example/keys", Name: "editor"}}

func parse(t testing.TB, text string) *xapi.Statement {
	t.Helper()
	st, err := xapi.Parse([]byte(text), xapi.V200)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return st
}

// put stores one statement and returns its id.
func (b *box) put(t testing.TB, text string) preau.ID {
	t.Helper()
	ids, err := b.Put(context.Background(), app, xapi.V200, []*xapi.Statement{parse(t, text)}, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return ids[0]
}

// query returns a page, or without a limit everything: a slow machine's pages
// are shorter.
func (b *box) query(t testing.TB, q record.Query) (ids []string) {
	t.Helper()
	for all := q.Limit == 0; ; {
		page, err := b.Query(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		if ids = append(ids, idsOf(t, page)...); page.More == "" || !all {
			return ids
		}
		mine := q.Mine
		if q, err = b.Continue(page.More); err != nil {
			t.Fatal(err)
		}
		q.Mine = mine
	}
}

func idsOf(t testing.TB, page record.Page) (ids []string) {
	t.Helper()
	for _, raw := range page.Statements {
		var st struct{ ID, Stored string }
		if err := json.Unmarshal(raw, &st); err != nil || st.Stored == "" {
			t.Fatalf("not a statement: %v %s", err, raw)
		}
		ids = append(ids, st.ID)
	}
	return ids
}

func id(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

const verb = `{"id":"https://v.example/did"}`

// about writes statement n: who did what to which, and more members.
func about(n int, actor, object, more string) string {
	return fmt.Sprintf(`{"id":%q,"actor":{"mbox":"mailto:%s@c.example"},"verb":%s,"object":{"id":"https://a.example/%s"}%s}`, id(n), actor, verb, object, more)
}

func mail(who string) *xapi.Agent { return &xapi.Agent{Mbox: "mailto:" + who + "@c.example"} }

func expect(t testing.TB, what string, got []string, want ...int) {
	t.Helper()
	var ids []string
	for _, n := range want {
		ids = append(ids, id(n))
	}
	if !slices.Equal(got, ids) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, ids)
	}
}

func TestQuery_Filters(t *testing.T) {
	b := open(t, t.TempDir())
	b.put(t, about(1, "lea", "x", ""))
	b.put(t, about(2, "tom", "x", `,"context":{"registration":"6fa459ea-ee8a-3ca4-894e-db77e160355e","instructor":{"mbox":"mailto:lea@c.example"}}`))
	b.put(t, about(3, "tom", "y", `,"context":{"contextActivities":{"parent":{"id":"https://a.example/x"}}}`))
	b.put(t, fmt.Sprintf(`{"id":%q,"actor":{"objectType":"Group","member":[{"mbox":"mailto:lea@c.example"},{"mbox":"mailto:ana@c.example"}]},"verb":{"id":"https://v.example/other"},"object":{"objectType":"Agent","mbox":"mailto:zoe@c.example"}}`, id(4)))
	b.put(t, fmt.Sprintf(`{"id":%q,"actor":{"mbox":"mailto:ana@c.example"},"verb":%s,"object":{"objectType":"SubStatement","actor":{"mbox":"mailto:tom@c.example"},"verb":%s,"object":{"id":"https://a.example/x"}}}`, id(5), verb, verb))
	registration, _ := preau.ParseID("6fa459ea-ee8a-3ca4-894e-db77e160355e")

	expect(t, "all, newest first", b.query(t, record.Query{}), 5, 4, 3, 2, 1)
	expect(t, "ascending", b.query(t, record.Query{Ascending: true}), 1, 2, 3, 4, 5)
	expect(t, "limit", b.query(t, record.Query{Limit: 2}), 5, 4)
	expect(t, "agent, in a group too", b.query(t, record.Query{Agent: mail("lea")}), 4, 1)
	expect(t, "agent as object", b.query(t, record.Query{Agent: mail("zoe")}), 4)
	expect(t, "related agents", b.query(t, record.Query{Agent: mail("lea"), RelatedAgents: true}), 4, 2, 1)
	expect(t, "related agents in a SubStatement", b.query(t, record.Query{Agent: mail("tom"), RelatedAgents: true}), 5, 3, 2)
	expect(t, "authority", b.query(t, record.Query{Agent: &app, RelatedAgents: true, Limit: 1}), 5)
	expect(t, "activity", b.query(t, record.Query{Activity: "https://a.example/x"}), 2, 1)
	expect(t, "related activities", b.query(t, record.Query{Activity: "https://a.example/x", RelatedActivities: true}), 5, 3, 2, 1)
	expect(t, "verb", b.query(t, record.Query{Verb: "https://v.example/other"}), 4)
	expect(t, "registration", b.query(t, record.Query{Registration: registration}), 2)
	expect(t, "two at once", b.query(t, record.Query{Agent: mail("tom"), Activity: "https://a.example/x"}), 2)
	other := xapi.Agent{Account: xapi.Account{HomePage: app.Account.HomePage, Name: "other"}}
	if _, err := b.Put(context.Background(), other, xapi.V103, []*xapi.Statement{parse(t, fmt.Sprintf(`{"id":%q,"actor":{"mbox":"mailto:tom@c.example"},"verb":%s,"object":{"objectType":"StatementRef","id":%q}}`, id(6), verb, id(2)))}, nil); err != nil {
		t.Fatal(err)
	}
	expect(t, "what one authority said", b.query(t, record.Query{Mine: &record.Mine{Authority: other}}), 6)
	expect(t, "and what belongs to an attempt, not what refers to it", b.query(t, record.Query{Mine: &record.Mine{Authority: other, Registration: registration}, Agent: mail("tom")}), 6, 2)
	expect(t, "not what refers to it", b.query(t, record.Query{Mine: &record.Mine{Authority: xapi.Agent{Mbox: "mailto:x@y.example"}, Registration: registration}}), 2)
	expect(t, "nobody", b.query(t, record.Query{Agent: mail("nobody")}))
}

func TestQuery_SinceAndUntilAreOnStored(t *testing.T) {
	b := open(t, t.TempDir())
	var stored []time.Time
	for n := 1; n <= 5; n++ {
		b.put(t, about(n, "lea", "x", ""))
		page, err := b.Query(context.Background(), record.Query{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, page.LastStored)
	}
	expect(t, "since is exclusive", b.query(t, record.Query{Since: stored[1]}), 5, 4, 3)
	expect(t, "until is inclusive", b.query(t, record.Query{Until: stored[1]}), 2, 1)
	expect(t, "between", b.query(t, record.Query{Since: stored[0], Until: stored[2], Agent: mail("lea")}), 3, 2)
	expect(t, "the future", b.query(t, record.Query{Since: stored[4].Add(time.Hour)}))
	expect(t, "the past", b.query(t, record.Query{Until: stored[0].Add(-time.Hour)}))
	if through := b.ConsistentThrough(); !through.After(stored[4]) {
		t.Errorf("consistent through %v, but %v is stored", through, stored[4])
	}
}

func TestQuery_FollowsReferences(t *testing.T) {
	ref := func(n, target int) string {
		return fmt.Sprintf(`{"id":%q,"actor":{"mbox":"mailto:prof@c.example"},"verb":{"id":"https://v.example/confirmed"},"object":{"objectType":"StatementRef","id":%q}}`, id(n), id(target))
	}
	b := open(t, t.TempDir())
	b.put(t, ref(3, 2)) // both before what they lead to
	b.put(t, ref(2, 1))
	b.put(t, about(1, "lea", "x", ""))
	b.put(t, ref(4, 3)) // and one after
	expect(t, "by agent, recursively", b.query(t, record.Query{Agent: mail("lea")}), 4, 1, 2, 3)
	expect(t, "by activity", b.query(t, record.Query{Activity: "https://a.example/x"}), 4, 1, 2, 3)
	b.put(t, ref(6, 5)) // two that refer to each other
	b.put(t, ref(5, 6))
	expect(t, "a ring", b.query(t, record.Query{Agent: mail("prof"), Limit: 2}), 5, 6)
	expect(t, "by the one who refers", b.query(t, record.Query{Agent: mail("prof")}), 5, 6, 4, 2, 3)
}

func TestVoiding(t *testing.T) {
	ctx := context.Background()
	void := func(n, target int) string {
		return fmt.Sprintf(`{"id":%q,"actor":{"mbox":"mailto:prof@c.example"},"verb":{"id":%q},"object":{"objectType":"StatementRef","id":%q}}`, id(n), xapi.VerbVoided, id(target))
	}
	b := open(t, t.TempDir())
	b.put(t, about(1, "lea", "x", ""))
	b.put(t, void(2, 1))
	b.put(t, void(3, 2)) // a voiding statement cannot be voided
	b.put(t, void(5, 4)) // what is not there yet
	b.put(t, about(4, "lea", "x", ""))
	expect(t, "only what voids is left", b.query(t, record.Query{}), 5, 3, 2)
	expect(t, "and it matches for what it voids", b.query(t, record.Query{Agent: mail("lea")}), 5, 3, 2)
	one, _ := preau.ParseID(id(1))
	two, _ := preau.ParseID(id(2))
	if _, err := b.Get(ctx, one, false, "", nil); preau.KindOf(err) != preau.NotFound {
		t.Error("a voided statement by statementId:", err)
	}
	if _, err := b.Get(ctx, one, true, "", nil); err != nil {
		t.Error("a voided statement by voidedStatementId:", err)
	}
	if _, err := b.Get(ctx, two, true, "", nil); preau.KindOf(err) != preau.NotFound {
		t.Error("a voiding statement by voidedStatementId:", err)
	}
}

func TestPut_OnceAndWhole(t *testing.T) {
	ctx := context.Background()
	b := open(t, t.TempDir())
	b.put(t, about(1, "lea", "x", `,"timestamp":"2026-11-23T09:00:00+01:00"`))
	b.put(t, about(1, "lea", "x", `,"timestamp":"2026-11-23T08:00:00Z"`)) // the same instant
	other := []*xapi.Statement{parse(t, about(2, "lea", "x", "")), parse(t, about(1, "tom", "x", ""))}
	if _, err := b.Put(ctx, app, xapi.V200, other, nil); preau.KindOf(err) != preau.Conflict {
		t.Fatal("other content under an id:", err)
	}
	expect(t, "a refused batch leaves nothing", b.query(t, record.Query{}), 1)
	one, _ := preau.ParseID(id(1))
	got, err := b.Get(ctx, one, false, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"timestamp":"2026-11-23T08:00:00.000Z"`, `"version":"2.0.0"`, `"authority":{`, `"name":"editor"`, `"stored":"2026-11-23T08:00:00.`} {
		if !strings.Contains(string(got.Statement), want) {
			t.Errorf("%s is not in %s", want, got.Statement)
		}
	}
}

func TestMore_LeadsThroughEverythingOnce(t *testing.T) {
	t.Parallel()
	b := open(t, t.TempDir())
	var batch []*xapi.Statement
	for n := 1; n <= 1000; n++ {
		who := "tom"
		if n%3 == 0 {
			who = "lea"
		}
		batch = append(batch, parse(t, about(n, who, fmt.Sprint(n%5), "")))
		if len(batch) == 500 {
			if _, err := b.Put(context.Background(), app, xapi.V200, batch, nil); err != nil {
				t.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	for _, ascending := range []bool{false, true} {
		q := record.Query{Agent: mail("lea"), Activity: "https://a.example/2", Limit: 70, Ascending: ascending}
		var got []string
		for {
			page, err := b.Query(context.Background(), q)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, idsOf(t, page)...)
			if page.More == "" {
				break
			}
			if q, err = b.Continue(page.More); err != nil {
				t.Fatal(err)
			}
		}
		var want []int
		for n := 1; n <= 1000; n++ {
			if n%3 == 0 && n%5 == 2 {
				want = append(want, n)
			}
		}
		if !ascending {
			slices.Reverse(want)
		}
		expect(t, fmt.Sprintf("ascending %v", ascending), got, want...)
	}
	if _, err := b.Continue("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"); preau.KindOf(err) != preau.Invalid {
		t.Error("a made-up cursor:", err)
	}
}

func TestOwnStatements_AreValidXAPI(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	b := open(t, dir)
	registration := preau.NewID()
	statements := []*preau.Statement{
		{Stream: preau.StreamLearning, Actor: "p1", Verb: journal.VerbPlayed, Object: "urn:item:1", ObjectKind: "video",
			Result:  json.RawMessage(`{"duration":"PT5S","extensions":{"https://w3id.org/xapi/video/extensions/time":3}}`),
			Context: json.RawMessage(`{"registration":"` + registration.String() + `","group":"6A","device":"tablet"}`)},
		{Stream: preau.StreamLearning, Actor: "p1", Verb: journal.VerbAnswered, Object: "plan 7#q", ObjectKind: "step", Result: json.RawMessage(`{"score":{"raw":"odd"}}`)},
		{Stream: preau.StreamAttendance, Actor: "p1", Verb: journal.VerbAbsent, Object: "s", ObjectKind: "lesson"},
	}
	if err := b.journal.Record(ctx, statements...); err != nil {
		t.Fatal(err)
	}
	page, err := b.Query(ctx, record.Query{Agent: &xapi.Agent{Account: xapi.Account{HomePage: home, Name: "p1"}}})
	if err != nil || len(page.Statements) != 2 {
		t.Fatalf("%d statements, %v", len(page.Statements), err)
	}
	for _, raw := range page.Statements {
		if _, err := xapi.Parse(raw, xapi.V103); err != nil {
			t.Errorf("%v\n%s", err, raw)
		}
	}
	if got := b.query(t, record.Query{Registration: registration}); len(got) != 1 {
		t.Errorf("by registration: %v", got)
	}
	if !bytes.Contains(page.Statements[1], []byte(`"https://preau.example/xapi/extensions/group":"6A"`)) {
		t.Errorf("what xAPI has no word for is lost: %s", page.Statements[1])
	}
}

func TestPut_TellsTheJournalWhatProjectionsNeed(t *testing.T) {
	b := open(t, t.TempDir())
	b.put(t, fmt.Sprintf(`{"id":%q,"actor":{"account":{"homePage":%q,"name":"p7"}},"verb":%s,"object":{"id":"https://a.example/x"},
		"result":{"score":{"scaled":0.5},"completion":true,"extensions":{"https://w3id.org/xapi/cmi5/result/extensions/progress":40}}}`, id(1), home, verb))
	one, _ := preau.ParseID(id(1))
	st, err := b.journal.ByID(context.Background(), one)
	if err != nil {
		t.Fatal(err)
	}
	if st.Actor != "p7" || st.Object != "https://a.example/x" || string(st.Result) != `{"score":{"scaled":0.5},"completion":true,"progress":40}` {
		t.Errorf("%+v %s", st, st.Result)
	}
	b.put(t, fmt.Sprintf(`{"id":%q,"actor":{"mbox":"mailto:prof@c.example"},"verb":%s,"object":{"objectType":"Agent","mbox":"mailto:lea@c.example"}}`, id(2), verb))
	two, _ := preau.ParseID(id(2))
	if st, err := b.journal.ByID(context.Background(), two); err != nil || st.Actor != "" || st.Object != "agent" {
		t.Errorf("somebody's address is outside Raw: %+v, %v", st, err)
	}
}

func TestOpen_IndexesWhatCameBefore(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	clock := &tick{t: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)}
	db, err := sqlite.Open(ctx, filepath.Join(dir, "preau.db"), clock)
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(ctx, db, clock)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := j.Record(ctx, &preau.Statement{Stream: preau.StreamLearning, Actor: "p1", Verb: journal.VerbPlayed, Object: "urn:x", ObjectKind: "video"}); err != nil {
			t.Fatal(err)
		}
	}
	_ = db.Close()
	for start := range 3 {
		b := open(t, dir)
		b.put(t, about(start+1, "lea", "x", ""))
		if got := b.query(t, record.Query{}); len(got) != 3+start+1 {
			t.Fatalf("start %d: %d statements", start, len(got))
		}
		_ = b.db.Close()
	}
}

func TestActivity_IsWhatStatementsSaid(t *testing.T) {
	ctx := context.Background()
	b := open(t, t.TempDir())
	say := func(n int, definition string) {
		b.put(t, fmt.Sprintf(`{"id":%q,"actor":{"mbox":"mailto:lea@c.example","name":"Léa %d"},"verb":%s,"object":{"id":"https://a.example/q","definition":%s}}`, id(n), n, verb, definition))
	}
	say(1, `{"name":{"fr":"Question"},"interactionType":"true-false","correctResponsesPattern":["true"]}`)
	say(2, `{"name":{"en":"Question"},"type":"https://t.example/q","interactionType":"true-false","correctResponsesPattern":["false"]}`)
	got, err := b.Activity(ctx, "https://a.example/q")
	want := `{"objectType":"Activity","id":"https://a.example/q","definition":{"name":{"fr":"Question","en":"Question"},"interactionType":"true-false","correctResponsesPattern":["true"],"type":"https://t.example/q"}}`
	if err != nil || string(got) != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
	page, err := b.Query(ctx, record.Query{Format: record.FormatCanonical, Languages: []string{"en"}})
	if err != nil || !strings.Contains(string(page.Statements[1]), `"name":{"en":"Question"},"interactionType"`) {
		t.Errorf("canonical: %v %s", err, page.Statements)
	}
	unknown, err := b.Activity(ctx, "https://a.example/unknown")
	if err != nil || string(unknown) != `{"objectType":"Activity","id":"https://a.example/unknown"}` {
		t.Errorf("an unknown activity: %v %s", err, unknown)
	}
	person, err := b.Person(ctx, *mail("lea"))
	if err != nil || string(person) != `{"objectType":"Person","name":["Léa 2","Léa 1"],"mbox":["mailto:lea@c.example"]}` {
		t.Errorf("person: %v %s", err, person)
	}
}
