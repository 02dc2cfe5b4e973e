package record_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"preau"
	"preau/edge/lrs/record"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
)

func lesson(n int) string {
	return fmt.Sprintf(`{"id":%q,"actor":{"objectType":"Agent","account":{"homePage":%q,"name":"p%04d"}},"verb":{"id":"http://adlnet.gov/expapi/verbs/answered","display":{"fr":"a répondu"}},
		"object":{"objectType":"Activity","id":"https://contenus.example/quiz/%d/question/%d"},"result":{"score":{"scaled":%s,"raw":%d,"min":0,"max":10},"success":true,"duration":"PT12.5S"},
		"context":{"registration":%q,"contextActivities":{"parent":[{"id":"https://contenus.example/quiz/%d"}]}},"timestamp":"2026-11-23T08:%02d:%02d.123Z"}`,
		preau.NewID(), home, n/20%1000, n/600%700, n%20, strconv.FormatFloat(float64(n%11)/10, 'g', -1, 64), n%11, fmt.Sprintf("6fa459ea-ee8a-4ca4-894e-%012d", n/20), n/600%700, n/60%60, n%60)
}

func BenchmarkPut(b *testing.B) {
	for _, size := range []int{1, 50} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			box := open(b, b.TempDir())
			raw := make([][]byte, b.N)
			for i := range raw {
				raw[i] = []byte(lesson(i))
			}
			b.ResetTimer()
			for i := 0; i < b.N; i += size {
				var sts []*xapi.Statement
				for _, text := range raw[i:min(i+size, b.N)] {
					st, err := xapi.Parse(text, xapi.V103)
					if err != nil {
						b.Fatal(err)
					}
					sts = append(sts, st)
				}
				if _, err := box.Put(context.Background(), app, xapi.V103, sts, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestScale fills a store with PREAU_LRS_SCALE statements and shows how large
// its index is and how long queries take; it is for figures, not for CI.
func TestScale(t *testing.T) {
	total, err := strconv.Atoi(os.Getenv("PREAU_LRS_SCALE"))
	if err != nil {
		t.Skip("set PREAU_LRS_SCALE to a number of statements")
	}
	ctx := context.Background()
	b := open(t, t.TempDir())
	start := time.Now()
	for n := 0; n < total; n += 500 {
		var sts []*xapi.Statement
		for i := n; i < n+500; i++ {
			sts = append(sts, parse(t, lesson(i)))
		}
		if _, err := b.Put(ctx, app, xapi.V103, sts, nil); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("stored %d in %v", total, time.Since(start))
	_ = b.db.Read(ctx, func(tx *sqlite.Tx) error {
		for _, table := range []string{"lrs_posting", "lrs_tail", "lrs_run", "lrs_bucket", "lrs_ref", "lrs_activity"} {
			var size int64
			if err := tx.QueryRow(`SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name = ?`, table).Scan(&size); err != nil {
				t.Log(err)
				return nil
			}
			t.Logf("%s: %.1f bytes a statement", table, float64(size)/float64(total))
		}
		return nil
	})
	packed := time.Now()
	if _, err := b.journal.Pack(ctx); err != nil {
		t.Fatal(err)
	}
	t.Logf("packed in %v", time.Since(packed))
	base := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	person := func(i int) *xapi.Agent {
		return &xapi.Agent{Account: xapi.Account{HomePage: home, Name: fmt.Sprintf("p%04d", i*37%1000)}}
	}
	for name, q := range map[string]func(i int) record.Query{
		"person, 50":  func(i int) record.Query { return record.Query{Agent: person(i), Limit: 50} },
		"person, 500": func(i int) record.Query { return record.Query{Agent: person(i)} },
		"person and activity": func(i int) record.Query {
			return record.Query{Agent: person(i), Activity: fmt.Sprintf("https://contenus.example/quiz/%d/question/3", i%700), Limit: 50}
		},
		"related activity": func(i int) record.Query {
			return record.Query{Activity: fmt.Sprintf("https://contenus.example/quiz/%d", i%700), RelatedActivities: true, Limit: 50}
		},
		"registration": func(i int) record.Query {
			id, _ := preau.ParseID(fmt.Sprintf("6fa459ea-ee8a-4ca4-894e-%012d", i*total/4000%(total/20)))
			return record.Query{Registration: id}
		},
		"nobody":     func(i int) record.Query { return record.Query{Agent: mail(strconv.Itoa(i))} },
		"newest 500": func(i int) record.Query { return record.Query{} },
		"verb, oldest first, 50": func(i int) record.Query {
			return record.Query{Verb: "http://adlnet.gov/expapi/verbs/answered", Ascending: true, Limit: 50}
		},
		"a minute": func(i int) record.Query {
			return record.Query{Since: base.Add(time.Duration(i) * time.Second), Limit: 50, Ascending: true}
		},
	} {
		var took []time.Duration
		found := 0
		for i := range 100 {
			start := time.Now()
			page, err := b.Query(ctx, q(i))
			if err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(start))
			found += len(page.Statements)
		}
		slices.Sort(took)
		t.Logf("%-24s p50 %8v p99 %8v, %d found", name, took[50].Round(10*time.Microsecond), took[98].Round(10*time.Microsecond), found)
	}
}
