package record_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"preau/edge/lrs/record"
	"preau/edge/lrs/xapi"
)

// fact is what the naive store of this test remembers.
type fact struct {
	n                    int
	actor, instructor    string
	object, parent, verb string
	target               int // the statement it refers to, or 0
	void                 bool
}

func (f fact) text() string {
	object := fmt.Sprintf(`{"id":"https://a.example/%s"}`, f.object)
	if f.target > 0 {
		object = fmt.Sprintf(`{"objectType":"StatementRef","id":%q}`, id(f.target))
	}
	verb := "https://v.example/" + f.verb
	if f.void {
		verb = xapi.VerbVoided
	}
	return fmt.Sprintf(`{"id":%q,"actor":{"mbox":"mailto:%s@c.example"},"verb":{"id":%q},"object":%s,
		"context":{"instructor":{"mbox":"mailto:%s@c.example"},"contextActivities":{"parent":[{"id":"https://a.example/%s"}]}}}`,
		id(f.n), f.actor, verb, object, f.instructor, f.parent)
}

// meets is the specification's rule, word for word: a statement meets a
// condition when it or the one it targets does.
func meets(all map[int]fact, f fact, cond func(fact) bool) bool {
	for range 50 {
		if cond(f) {
			return true
		}
		next, ok := all[f.target]
		if f.target == 0 || !ok {
			return false
		}
		f = next
	}
	return false
}

// TestQuery_AgreesWithANaiveStore makes statements that refer to and void
// each other, before and after their targets come, and asks both stores.
func TestQuery_AgreesWithANaiveStore(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(prefix string, n int) string { return fmt.Sprintf("%s%d", prefix, rng.IntN(n)) }
	b := open(t, t.TempDir())
	const total = 4200 // one sealed bucket and a tail
	order := rng.Perm(total)
	all := map[int]fact{}
	var stored []fact
	var batch []*xapi.Statement
	for _, i := range order {
		f := fact{n: i + 1, actor: pick("p", 9), instructor: pick("p", 9), object: pick("a", 7), parent: pick("a", 7), verb: pick("v", 3)}
		if rng.IntN(5) == 0 && i > 0 {
			f.target, f.object = 1+rng.IntN(i), "" // a smaller number: no rings
			f.void = rng.IntN(3) == 0
		}
		all[f.n] = f
		stored = append(stored, f)
		batch = append(batch, parse(t, f.text()))
		if len(batch) == 100 {
			if _, err := b.Put(context.Background(), app, xapi.V200, batch, nil); err != nil {
				t.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	voided := map[int]bool{}
	for _, f := range all {
		if f.void && !all[f.target].void {
			voided[f.target] = true
		}
	}
	for range 8 {
		var q record.Query
		var conds []func(fact) bool
		if rng.IntN(2) == 0 {
			who, broad := pick("p", 10), rng.IntN(2) == 0
			q.Agent, q.RelatedAgents = mail(who), broad
			conds = append(conds, func(f fact) bool { return f.actor == who || broad && f.instructor == who })
		}
		if rng.IntN(2) == 0 {
			what, broad := pick("a", 8), rng.IntN(2) == 0
			q.Activity, q.RelatedActivities = "https://a.example/"+what, broad
			conds = append(conds, func(f fact) bool { return f.object == what || broad && f.parent == what })
		}
		if rng.IntN(3) == 0 {
			verb := pick("v", 4)
			q.Verb = "https://v.example/" + verb
			conds = append(conds, func(f fact) bool { return !f.void && f.verb == verb })
		}
		q.Ascending, q.Limit = rng.IntN(2) == 0, 50+rng.IntN(record.MaxLimit)
		var want []int
		for _, f := range stored {
			if !voided[f.n] && !slices.ContainsFunc(conds, func(c func(fact) bool) bool { return !meets(all, f, c) }) {
				want = append(want, f.n)
			}
		}
		if !q.Ascending {
			slices.Reverse(want)
		}
		what := fmt.Sprintf("%+v", q)
		var got []string
		for {
			page, err := b.Query(context.Background(), q)
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, idsOf(t, page)...); page.More == "" {
				break
			}
			if q, err = b.Continue(page.More); err != nil {
				t.Fatal(err)
			}
		}
		expect(t, what, got, want...)
	}
}
