package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"preau/media/catalogue"
)

// asks is how many searches are timed.
const asks = 4000

const goal = 10 * time.Millisecond

// search asks for everything that people do, in turn, with facets every other
// time; and again while 1 % of the items change under it.
func (w *world) search(ctx context.Context) error {
	report := func(when string, took map[string][]time.Duration) (p99 time.Duration) {
		all := slices.Concat(slices.Collect(maps.Values(took))...)
		for _, name := range slices.Sorted(maps.Keys(took)) {
			say("#   %-9s %-22s p50 %5.2f ms  p99 %5.2f ms", when, name, ms(at(took[name], 50)), ms(at(took[name], 99)))
		}
		return at(all, 99)
	}
	quiet, err := w.ask(ctx, asks)
	if err != nil {
		return err
	}
	still := report("still", quiet)
	// A hundredth of the notices change.
	if err := w.items.write(0, max(1, w.n/100), unlike()); err != nil {
		return err
	}
	if err := w.publish(ctx); err != nil {
		return err
	}
	done := make(chan error, 1)
	begin := time.Now()
	go func() { done <- w.refresh(ctx) }()
	busy, left := map[string][]time.Duration{}, true
	for left {
		select {
		case err := <-done:
			if err != nil {
				return err
			}
			left = false
		default:
			some, err := w.ask(ctx, 100)
			if err != nil {
				return err
			}
			for name, list := range some {
				busy[name] = append(busy[name], list...)
			}
		}
	}
	delta := time.Since(begin)
	moving := report("ingesting", busy)
	say("# a delta of %d items was ingested in %.1f s", max(1, w.n/100), delta.Seconds())
	for name, p99 := range map[string]time.Duration{"search/catalogue": still, "search/catalogue-ingesting": moving} {
		verdict := "short"
		if p99 <= goal {
			verdict = "ok"
		}
		say("bench %s ours=%.2fms peer=%.2fms ratio=%.2f goal=10ms %s (p99 over %d items, words and prefixes and typing errors and facets together; peer: the goal)",
			name, ms(p99), ms(goal), p99.Seconds()/goal.Seconds(), verdict, w.n)
	}
	return nil
}

// ask times n searches of each kind in turn.
func (w *world) ask(ctx context.Context, n int) (map[string][]time.Duration, error) {
	took := map[string][]time.Duration{}
	dice := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 3))
	rare := func() string { return w.items.words[dice.IntN(len(w.items.words))] }
	some := func() string { return common[dice.IntN(len(common))] }
	typo := func(s string) string {
		r := []rune(s)
		i := 1 + dice.IntN(len(r)-1)
		r[i-1], r[i] = r[i], r[i-1]
		return string(r)
	}
	kinds := []struct {
		name string
		q    func() catalogue.Query
	}{
		{"one word", func() catalogue.Query { return catalogue.Query{Q: some()} }},
		{"a word seldom asked", func() catalogue.Query { return catalogue.Query{Q: rare()} }},
		{"the commonest", func() catalogue.Query { return catalogue.Query{Q: "exercices"} }},
		{"two words", func() catalogue.Query { return catalogue.Query{Q: some() + " " + rare()} }},
		{"three words", func() catalogue.Query { return catalogue.Query{Q: "l'" + some() + " de la " + some() + " " + rare()} }},
		{"while typing", func() catalogue.Query {
			r := []rune(some())
			return catalogue.Query{Q: string(r[:min(len(r), 2+dice.IntN(4))])}
		}},
		{"a typing error", func() catalogue.Query { return catalogue.Query{Q: typo(some())} }},
		{"nothing", func() catalogue.Query { return catalogue.Query{Q: "zzzyyyxxx wwwvvvuuu"} }},
		{"filtered", func() catalogue.Query {
			return catalogue.Query{Q: some(), Kind: "quiz", Level: fmt.Sprintf("urn:l-%d", 1+dice.IntN(12)), Taxon: fmt.Sprintf("urn:t-%d", 1+dice.IntN(200)), Here: true}
		}},
		{"facets without words", func() catalogue.Query {
			return catalogue.Query{Length: "3-10", Access: []string{"captions"}, Facets: true}
		}},
	}
	for i := range n {
		k := kinds[i%len(kinds)]
		q := k.q()
		q.Limit, q.Facets = 24, q.Facets || i/len(kinds)%2 == 0
		begin := time.Now()
		if _, err := w.cat.Items(ctx, q); err != nil {
			return nil, fmt.Errorf("%+v: %w", q, err)
		}
		took[k.name] = append(took[k.name], time.Since(begin))
	}
	return took, nil
}

func at(list []time.Duration, percent int) time.Duration {
	list = slices.Sorted(slices.Values(list))
	if len(list) == 0 {
		return 0
	}
	return list[min(len(list)-1, len(list)*percent/100)]
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }
