package progress_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/edge/progress"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

const film = "ark:/99999/lf-adjectif-1"

var lou = progress.Who{Person: "lou", Group: "6a"}

type box struct {
	*progress.Progress
	journal *journal.Journal
}

func open(t *testing.T) *box {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	j, err := journal.Open(t.Context(), db, preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	p, err := progress.Open(t.Context(), db, j, progress.Config{Length: func(_ context.Context, item string) (time.Duration, bool) {
		return 32 * time.Second, item == film
	}})
	if err != nil {
		t.Fatal(err)
	}
	return &box{p, j}
}

// post makes a post of a film of 32 s, as the page would.
func post(t *testing.T, registration preau.ID, at time.Time, event string, position float64, segments ...[2]float64) progress.Post {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"id": preau.NewID(), "item": film, "registration": registration, "segments": segments,
		"position": position, "length": 32, "at": at, "event": event, "captions": true, "device": "tablet"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := progress.ParsePost(raw)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return p
}

func (b *box) send(t *testing.T, p progress.Post) progress.Entry {
	t.Helper()
	e, err := b.Post(t.Context(), lou, p)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (b *box) statements(t *testing.T) []*preau.Statement {
	t.Helper()
	sts, err := b.journal.Range(t.Context(), preau.StreamLearning, b.journal.Epoch(), 1, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	return sts
}

func verbs(sts []*preau.Statement) string {
	var names []string
	for _, st := range sts {
		names = append(names, st.Verb[strings.LastIndex(st.Verb, "/")+1:])
	}
	return strings.Join(names, " ")
}

func TestPost_FilmFromStartToEnd(t *testing.T) {
	b, reg, now := open(t), preau.NewID(), time.Now()
	b.send(t, post(t, reg, now, "", 10, [2]float64{0, 10}))
	b.send(t, post(t, reg, now.Add(10*time.Second), "pause", 12.5, [2]float64{10.1, 12.5}))
	e := b.send(t, post(t, reg, now.Add(30*time.Second), "", 28, [2]float64{12.5, 14}, [2]float64{20, 28}))
	if e.Done || e.Progress < 0.68 || e.Progress > 0.69 {
		t.Fatalf("%+v: a part was skipped", e)
	}
	if resume, err := b.Resume(t.Context(), "lou", 5); err != nil || len(resume) != 1 || resume[0].Position != 28*time.Second {
		t.Fatalf("%+v, %v", resume, err)
	}
	e = b.send(t, post(t, reg, now.Add(60*time.Second), "ended", 32, [2]float64{28, 32}, [2]float64{13, 20}))
	if !e.Done || e.Progress != 1 || !slices.Equal(e.Segments, []progress.Segment{{0, 32000}}) || e.Watched != 32900*time.Millisecond {
		t.Fatalf("%+v", e)
	}
	sts := b.statements(t)
	if got, want := verbs(sts), "initialized played played paused played seeked played seeked completed terminated"; got != want {
		t.Fatalf("said %q, want %q", got, want)
	}
	var total float64
	for _, st := range sts {
		var res struct {
			Duration   string
			Extensions map[string]any
		}
		if len(st.Result) > 0 {
			if err := json.Unmarshal(st.Result, &res); err != nil {
				t.Fatal(err)
			}
		}
		var s float64
		if _, err := fmt.Sscanf(res.Duration, "PT%fS", &s); err == nil {
			total += s
		}
		if st.Verb == journal.VerbCompleted && (res.Extensions["https://w3id.org/xapi/video/extensions/played-segments"] != "0[.]32" ||
			res.Extensions["https://w3id.org/xapi/video/extensions/progress"] != 1.0) {
			t.Errorf("completed says %v", res.Extensions)
		}
	}
	if total < 32.89 || total > 32.91 {
		t.Errorf("durations sum to %v s, want 32.9", total)
	}
	if d, err := b.Watched(t.Context(), "lou", now); err != nil || d != 32900*time.Millisecond {
		t.Errorf("watched %v, %v", d, err)
	}
	if done, err := b.Progress.Done(t.Context(), "lou", 5); err != nil || len(done) != 1 {
		t.Errorf("done %+v, %v", done, err)
	}
}

func TestPost_OrderAndRepetitionDoNotMatter(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for round := range 12 {
		reg, now := preau.NewID(), time.Now().Add(-time.Hour).Truncate(time.Millisecond)
		var posts []progress.Post
		for i := range 8 {
			from := float64(rnd.IntN(300)) / 10
			posts = append(posts, post(t, reg, now.Add(time.Duration(rnd.IntN(4))*time.Second), "", from, [2]float64{from, from + 0.1 + float64(rnd.IntN(int(320-from*10)))/10}, [2]float64{float64(i), float64(i) + 1}))
		}
		one, other := open(t), open(t)
		for _, p := range posts {
			one.send(t, p)
		}
		shuffled := slices.Concat(posts, posts[:4], posts[2:6])
		rnd.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for _, p := range shuffled {
			other.send(t, p)
		}
		a, err := one.Of(t.Context(), "lou", film)
		if err != nil {
			t.Fatal(err)
		}
		b, err := other.Of(t.Context(), "lou", film)
		if err != nil || !reflect.DeepEqual(a, b) {
			t.Fatalf("round %d: one order gives\n%+v, another\n%+v (%v)", round, a, b, err)
		}
		if got, want := strings.Count(verbs(other.statements(t)), "played"), len(posts); got != want {
			t.Fatalf("%d played, want %d: each post once", got, want)
		}
		if strings.Count(verbs(other.statements(t)), "completed") > 1 {
			t.Fatal("completed twice")
		}
	}
}

func TestPost_ParallelAndReplayed(t *testing.T) {
	b, reg, now := open(t), preau.NewID(), time.Now()
	p := post(t, reg, now, "", 10, [2]float64{0, 10})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := b.Post(t.Context(), lou, p); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := verbs(b.statements(t)); got != "initialized played" {
		t.Fatalf("said %q", got)
	}
	if _, err := b.Post(t.Context(), progress.Who{Person: "zoé"}, p); preau.KindOf(err) != preau.Conflict {
		t.Fatalf("another pupil's post: %v", err)
	}
	if e, err := b.Of(t.Context(), "zoé", film); err != nil || e.Progress != 0 {
		t.Fatalf("%+v, %v", e, err)
	}
	if _, err := b.Post(t.Context(), progress.Who{}, p); preau.KindOf(err) != preau.Unauthorized {
		t.Fatalf("nobody's post: %v", err)
	}
}

func TestPost_ClaimsDoNotComplete(t *testing.T) {
	b, reg := open(t), preau.NewID()
	for name, raw := range map[string]string{
		"a shorter film":  `"segments":[[0,1]],"position":1,"length":1`,
		"the last second": `"segments":[[31,32]],"position":32,"length":32,"event":"ended"`,
		"nothing played":  `"segments":[],"position":32,"length":32,"event":"ended"`,
	} {
		p, err := progress.ParsePost(fmt.Appendf(nil, `{"id":%q,"item":%q,"registration":%q,"at":%q,%s}`, preau.NewID(), film, reg, time.Now().Format(time.RFC3339Nano), raw))
		if err != nil {
			t.Fatal(err)
		}
		if e := b.send(t, p); e.Done || e.Progress > 0.1 {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if p := post(t, reg, time.Now().AddDate(0, -3, 0), "", 1, [2]float64{0, 1}); true {
		if _, err := b.Post(t.Context(), lou, p); preau.KindOf(err) != preau.Expired {
			t.Errorf("three months old: %v", err)
		}
	}
	p := post(t, preau.NewID(), time.Now().AddDate(1, 0, 0), "", 1, [2]float64{0, 1})
	if e := b.send(t, p); e.Updated.After(time.Now().Add(time.Second)) {
		t.Errorf("a tablet of next year dated it %v", e.Updated)
	}
	if err := b.Forget(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestParsePost_RefusesWhatIsOutOfBounds(t *testing.T) {
	good := map[string]any{"id": preau.NewID(), "item": film, "registration": preau.NewID(), "segments": [][]float64{{0, 1}}, "position": 1, "length": 32, "at": time.Now()}
	many := make([][]float64, 201)
	for i := range many {
		many[i] = []float64{0, 1}
	}
	for name, change := range map[string]map[string]any{
		"no id": {"id": ""}, "bad id": {"id": "42"}, "no item": {"item": ""}, "long item": {"item": strings.Repeat("x", 600)}, "control": {"item": "a\nb"},
		"no registration": {"registration": ""}, "no time": {"at": nil}, "bad time": {"at": "hier"},
		"backwards": {"segments": [][]float64{{2, 1}}}, "empty": {"segments": [][]float64{{1, 1}}}, "negative": {"segments": [][]float64{{-1, 1}}},
		"beyond": {"segments": [][]float64{{0, 40}}}, "after the end": {"segments": [][]float64{{32.5, 32.8}}}, "too many": {"segments": many},
		"no length": {"length": 0}, "endless": {"length": 1e6}, "position": {"position": 50}, "speed": {"speed": 100}, "event": {"event": "hacked"},
		"device": {"device": "fridge"}, "unknown field": {"progress": 1}, "text": {"segments": "0[.]1"},
	} {
		body := map[string]any{}
		for k, v := range good {
			body[k] = v
		}
		for k, v := range change {
			body[k] = v
		}
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := progress.ParsePost(raw); err == nil || preau.RemedyOf(err) == "" || preau.KindOf(err) == preau.Internal {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	for _, raw := range []string{"", "null", "[]", "{}", `{"id":`, "{} {}", strings.Repeat(" ", 20<<10)} {
		if _, err := progress.ParsePost([]byte(raw)); err == nil {
			t.Errorf("%.20q passed", raw)
		}
	}
}

func TestResult_AnswersScoresAndTrouble(t *testing.T) {
	b, reg, now := open(t), preau.NewID(), time.Now()
	quiz := "ark:/99999/quiz-1"
	if err := b.Launch(t.Context(), lou, progress.Launch{ID: preau.NewID(), Item: quiz, Kind: "app", Registration: reg, At: now}); err != nil {
		t.Fatal(err)
	}
	answer := func(question string, raw float64, done bool) progress.Entry {
		t.Helper()
		now = now.Add(time.Second)
		e, err := b.Result(t.Context(), lou, progress.Result{ID: preau.NewID(), Item: quiz, Kind: "app", Registration: reg, At: now, Question: question, Raw: raw, Max: 1, Done: done})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	answer("q1", 1, false)
	answer("q2", 0, false)
	answer("q2", 0, false)
	if e := answer("q2", 0.5, false); e.Trouble() != progress.Failing || e.Tries != 4 || e.Done {
		t.Fatalf("%+v", e)
	}
	if working, err := b.Class(t.Context(), []string{"lou", "zoé"}, now.Add(-time.Hour)); err != nil || len(working) != 1 || working["lou"].Trouble() != progress.Failing {
		t.Fatalf("%+v, %v", working, err)
	}
	if e := answer("q2", 1, false); e.Trouble() != "" {
		t.Fatalf("%+v", e)
	}
	answer("", 0.4, true)
	if e := answer("", 0.75, true); !e.Done || *e.Best != 0.75 || e.Progress != 1 {
		t.Fatalf("%+v", e)
	}
	if got := verbs(b.statements(t)); got != "launched answered answered answered answered answered completed completed" {
		t.Fatalf("said %q", got)
	}
	for name, res := range map[string]progress.Result{
		"over the maximum": {Raw: 2, Max: 1, Done: true}, "no maximum": {Done: true}, "nothing": {Raw: 1, Max: 1}, "kind": {Kind: "root", Raw: 1, Max: 1, Done: true},
	} {
		res.ID, res.Item, res.Registration, res.At = preau.NewID(), quiz, reg, now
		if res.Kind == "" {
			res.Kind = "quiz"
		}
		if _, err := b.Result(t.Context(), lou, res); preau.KindOf(err) != preau.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTrouble_WhoeverGoesOverItAgain(t *testing.T) {
	b, reg, now := open(t), preau.NewID(), time.Now()
	again := [][2]float64{{0, 22}, {0, 22}, {0, 22}}
	if e := b.send(t, post(t, reg, now, "", 22, again...)); e.Trouble() != progress.Rewatching {
		t.Fatalf("%+v", e)
	}
}
