package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"preau"
	"preau/edge/attendance"
	"preau/edge/lrs/record"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// The goals of the issue.
const (
	goalAnswer = 50 * time.Millisecond
	goalSize   = 1500e6
	goalPurge  = time.Minute
	wholeYear  = 5_000_000
)

// year lets a school live a year of n statements, and reports what it weighs,
// how fast it answers and how it goes. A year kept in the folder keep is
// taken as it is; without one there it is lived, and kept.
func year(ctx context.Context, dir, keep string, n int, say func(format string, args ...any)) error {
	b, life, err := lived(ctx, dir, keep, n)
	if err != nil {
		return err
	}
	defer b.db.Close()
	received, registrations, lessons := life.Received, life.Registrations, life.Lessons
	say("# %d statements of %d B on average and %d rolls lived in %s", n, received/int64(n), len(lessons), life.Took.Round(time.Second))
	if err := b.tables(ctx, n, say); err != nil {
		return err
	}
	size, err := os.Stat(b.path)
	if err != nil {
		return err
	}
	each := float64(size.Size()) / float64(n)
	sayBench(say, "lrs/year-size", fmt.Sprintf("%.0fMB", each*wholeYear/1e6), fmt.Sprintf("%.0fMB", float64(received)/float64(n)*wholeYear/1e6),
		each*wholeYear/(float64(received)/float64(n)*wholeYear), "1500MB", each*wholeYear <= goalSize, "peer: the statements as received, in a file")
	if err := b.ask(ctx, registrations, lessons, say); err != nil {
		return err
	}
	return b.purge(ctx, n, say)
}

// live says n statements and takes three rolls a class and day, packing as
// the box does.
func (b *box) live(ctx context.Context, n int) (registrations []preau.ID, received int64, lessons []preau.ID, err error) {
	s := newSchool(1, b.clock.Now(), n)
	day := 0
	for i := 0; i < n; i += 200 {
		texts := make([][]byte, 200)
		for k := range texts {
			x := s.next()
			texts[k] = x.raw
			received += int64(len(x.raw))
			if k == 0 && i%4000 == 0 {
				registrations = append(registrations, x.registration)
			}
		}
		b.clock.set(s.at)
		if err := b.put(ctx, texts); err != nil {
			return nil, 0, nil, err
		}
		if i%4000 == 0 {
			if _, err := b.journal.Pack(ctx); err != nil {
				return nil, 0, nil, err
			}
		}
		if s.at.YearDay() == day {
			continue
		}
		day = s.at.YearDay()
		for lesson := range 3 * classes {
			id, err := b.roll(ctx, s, lesson)
			if err != nil {
				return nil, 0, nil, err
			}
			lessons = append(lessons, id)
		}
	}
	_, err = b.journal.Pack(ctx)
	return registrations, received, lessons, err
}

func (b *box) roll(ctx context.Context, s *school, lesson int) (id preau.ID, err error) {
	class := strconv.Itoa(lesson % classes)
	list, err := pupilsOf(ctx, class)
	if err != nil {
		return id, err
	}
	marks := map[string]attendance.Mark{list[s.dice.IntN(len(list))]: {State: attendance.Late, Minutes: 5}, list[s.dice.IntN(len(list))]: {State: attendance.Absent}}
	id = s.uuid()
	_, err = b.attendance.Take(ctx, attendance.Register{ID: s.uuid(), Lesson: id, Class: class, Teacher: "prof", Start: s.at, At: s.at, Marks: marks})
	return id, err
}

// tables says where the bytes are.
func (b *box) tables(ctx context.Context, n int, say func(string, ...any)) error {
	return b.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query("SELECT name, sum(pgsize) FROM dbstat GROUP BY name HAVING sum(pgsize) > 100000 ORDER BY 2 DESC")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			var size int64
			if err := rows.Scan(&name, &size); err != nil {
				return err
			}
			say("#   %-28s %6.1f B a statement", name, float64(size)/float64(n))
		}
		return rows.Err()
	})
}

// ask measures the readings behind the pages and the record store's queries,
// while the school goes on: four writers post without rest.
func (b *box) ask(ctx context.Context, registrations, lessons []preau.ID, say func(string, ...any)) error {
	dice := rand.New(rand.NewPCG(3, 3))
	person := func() *xapi.Agent {
		return &xapi.Agent{Account: xapi.Account{HomePage: home, Name: pid(dice.IntN(pupils))}}
	}
	query := func(q record.Query) error {
		_, err := b.store.Query(ctx, q)
		return err
	}
	questions := []struct {
		name string
		ask  func() error
	}{
		{"roll", func() error {
			if _, _, _, err := b.attendance.Of(ctx, lessons[dice.IntN(len(lessons))]); err != nil {
				return err
			}
			_, err := b.attendance.Day(ctx, b.clock.Now())
			return err
		}},
		{"class-progress", func() error {
			pids, err := pupilsOf(ctx, strconv.Itoa(dice.IntN(classes)))
			if err != nil {
				return err
			}
			_, err = b.progress.Class(ctx, pids, b.clock.Now().Add(-24*time.Hour))
			return err
		}},
		{"query-person", func() error { return query(record.Query{Agent: person(), Limit: 100}) }},
		{"query-person-verb", func() error {
			return query(record.Query{Agent: person(), Verb: "http://adlnet.gov/expapi/verbs/completed", Limit: 100})
		}},
		{"query-registration", func() error {
			return query(record.Query{Registration: registrations[dice.IntN(len(registrations))], Limit: 100})
		}},
		{"query-newest", func() error { return query(record.Query{Limit: 100}) }},
	}
	for _, q := range questions {
		stop := b.teach(ctx)
		var lats []time.Duration
		for range 500 {
			t := time.Now()
			if err := q.ask(); err != nil {
				return err
			}
			lats = append(lats, time.Since(t))
		}
		if _, err := stop(); err != nil {
			return err
		}
		slices.Sort(lats)
		p99 := lats[len(lats)*99/100]
		sayBench(say, "lrs/year-"+q.name+"-p99", ms(p99), ms(goalAnswer), p99.Seconds()/goalAnswer.Seconds(), "50ms", p99 <= goalAnswer, "peer: the goal; beside four writers")
	}
	return nil
}

// teach has four writers take part in a lesson until the returned function is
// called, which gives their waits, sorted.
func (b *box) teach(ctx context.Context) (end func() ([]time.Duration, error)) {
	stop := make(chan struct{})
	lats, errs := make([][]time.Duration, 4), make([]error, 4)
	var wg sync.WaitGroup
	for w := range lats {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
				}
				t := time.Now()
				errs[w] = b.journal.Record(ctx, &preau.Statement{Stream: preau.StreamAttendance, Actor: pid(w), Verb: journal.VerbLate, Object: fmt.Sprint("lesson-", i)})
				if errs[w] != nil {
					return
				}
				lats[w] = append(lats[w], time.Since(t))
			}
		})
	}
	return func() ([]time.Duration, error) {
		close(stop)
		wg.Wait()
		for _, err := range errs {
			if err != nil {
				return nil, err
			}
		}
		all := slices.Concat(lats...)
		slices.Sort(all)
		return all, nil
	}
}

// purge has everything receipted and two years pass, and measures how long
// the year takes to go and how long a lesson waits meanwhile.
func (b *box) purge(ctx context.Context, n int, say func(string, ...any)) error {
	heads, err := b.journal.Heads(ctx)
	if err != nil {
		return err
	}
	for _, h := range heads {
		if err := b.db.Write(ctx, func(tx *sqlite.Tx) error { return b.journal.Ack(tx, h.Stream, h.Epoch, h.Last) }); err != nil {
			return err
		}
	}
	b.clock.set(b.clock.Now().AddDate(2, 0, 0))
	stop := b.teach(ctx)
	start := time.Now()
	gone, err := b.journal.Purge(ctx)
	if err == nil {
		_, err = b.store.Sweep(ctx) // what the purge leaves of the index is of it
	}
	took := time.Since(start)
	if err != nil {
		return err
	}
	waits, err := stop()
	if err != nil {
		return err
	}
	whole := time.Duration(float64(took) * wholeYear / float64(n))
	sayBench(say, "lrs/year-purge", fmt.Sprintf("%.1fs", whole.Seconds()), "60.0s", whole.Seconds()/goalPurge.Seconds(), "60s", whole <= goalPurge,
		fmt.Sprintf("peer: the goal; %d learning and %d attendance statements went in %s", gone[preau.StreamLearning], gone[preau.StreamAttendance], took.Round(time.Millisecond)))
	p99 := waits[len(waits)*99/100]
	sayBench(say, "lrs/year-purge-lesson-p99", ms(p99), ms(goalAnswer), p99.Seconds()/goalAnswer.Seconds(), "50ms", p99 <= goalAnswer,
		fmt.Sprintf("peer: the goal; the longest of %d writes waited %s", len(waits), ms(waits[len(waits)-1])))
	size, free, err := b.db.Room(ctx)
	say("# after the purge: a file of %d MB, of which %d MB are free for the next year", size/1e6, free/1e6)
	return err
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1fms", d.Seconds()*1000) }
