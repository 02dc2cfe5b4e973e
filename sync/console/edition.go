package console

import (
	"context"
	"fmt"
	"time"

	"preau"
	"preau/sync/journal"
	"preau/sync/lake"
	"preau/sync/segment"
)

// days are how many the charts show.
const days = 14

// Edition is what one reading of the store says: GET /api/v1/edition.
type Edition struct {
	Printed    time.Time `json:"printed"`
	Waiting    bool      `json:"waiting,omitempty"`    // none was printed yet
	Unreadable bool      `json:"unreadable,omitempty"` // the store does not answer; these figures are older
	Boxes      []Report  `json:"boxes"`
	Statements uint64    `json:"statements"`
	Objects    int       `json:"objects"`
	Faults     []string  `json:"faults"` // one a line, each naming a key
	Notes      []string  `json:"notes"`
}

// Report is one box.
type Report struct {
	UAI        preau.UAI         `json:"uai"`
	School     string            `json:"school"`
	Box        string            `json:"box"`
	Academie   string            `json:"academie"`
	Versions   map[string]string `json:"versions"`
	Received   time.Time         `json:"received"` // last sign of life, by the store's clock
	Statements uint64            `json:"statements"`
	Receipt    uint64            `json:"receipt"`
	Faults     int               `json:"faults"`

	Rolls       int  `json:"rolls"` // registers that count
	RollsToday  int  `json:"rolls_today"`
	Expected    int  `json:"expected"` // pupils expected, over those registers
	Absent      int  `json:"absent"`
	Items       int  `json:"items"`
	CachedBytes int  `json:"cached_bytes"`
	Whole       bool `json:"whole"`
	DiskFree    int  `json:"disk_free"`
	DiskTotal   int  `json:"disk_total"`

	Usage []Day `json:"usage"` // oldest first
}

// Day is the films and exercises of one day.
type Day struct {
	Date   time.Time `json:"date"`
	Pupils int       `json:"pupils"`           // 0 when hidden
	Hours  float64   `json:"hours"`            // per pupil who used the box
	Hidden bool      `json:"hidden,omitempty"` // fewer than five
}

// print reads the whole store and proves it.
func (c *Console) print(ctx context.Context) (*Edition, error) {
	now := c.opts.Clock.Now()
	e := &Edition{Printed: now, Boxes: []Report{}, Faults: []string{}, Notes: []string{}}
	sum, err := c.opts.Lake.Verify(ctx, func(f lake.Finding) {
		if f.Note {
			e.Notes = append(e.Notes, f.String())
		} else {
			e.Faults = append(e.Faults, f.String())
		}
	})
	if err != nil {
		return nil, fmt.Errorf("verify the store: %w", err)
	}
	e.Statements, e.Objects = sum.Statements, sum.Objects
	boxes, err := c.opts.Lake.Boxes(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the boxes: %w", err)
	}
	for _, b := range boxes {
		r, err := c.report(ctx, b, now)
		if err != nil {
			return nil, err
		}
		e.Boxes = append(e.Boxes, r)
	}
	return e, nil
}

func (c *Console) report(ctx context.Context, b *lake.Box, now time.Time) (Report, error) {
	r := Report{UAI: b.UAI, Box: b.ID, Academie: b.Academie, Received: b.Received, Receipt: b.Receipt, School: string(b.UAI)}
	if b.Identity != nil {
		r.School, r.Versions = b.Identity.Name, b.Identity.Versions
	}
	for _, s := range b.Streams {
		r.Statements += s.Statements
	}
	for _, f := range b.Findings {
		if !f.Note {
			r.Faults++
		}
	}
	from := now.AddDate(0, 0, -days)
	facts := func(stream preau.Stream, since time.Time) ([]segment.Fact, error) {
		var all []segment.Fact
		for f, err := range c.opts.Lake.Facts(ctx, b, stream, since, now.AddDate(0, 0, 1)) {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err == nil { // what is missing or altered is in Faults already
				all = append(all, f)
			}
		}
		return lake.Effective(all), nil
	}
	attendance, err := facts(preau.StreamAttendance, now.AddDate(-1, 0, 0))
	if err != nil {
		return r, err
	}
	r.rolls(attendance, now.In(c.opts.Zone))
	learning, err := facts(preau.StreamLearning, from)
	if err != nil {
		return r, err
	}
	r.Usage = usage(learning, now.In(c.opts.Zone))
	vitals, err := facts(preau.StreamTelemetry, from)
	if err != nil {
		return r, err
	}
	r.vitals(vitals)
	return r, nil
}

func (r *Report) rolls(facts []segment.Fact, now time.Time) {
	for _, f := range facts {
		if f.Verb != journal.VerbRegisterClosed {
			continue
		}
		r.Rolls++
		if sameDay(f.Time.In(now.Location()), now) {
			r.RollsToday++
		}
		if v, ok := f.Measure("expected"); ok {
			r.Expected += int(v)
		}
		if v, ok := f.Measure("absent"); ok {
			r.Absent += int(v)
		}
	}
}

// usage is time of use per pupil and day. Only what was played counts.
func usage(facts []segment.Fact, now time.Time) []Day {
	list := make([]Day, days)
	pupils := make([]map[string]bool, days)
	hours := make([]float64, days)
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	for i := range list {
		list[i].Date = midnight.AddDate(0, 0, i-days+1)
		pupils[i] = map[string]bool{}
	}
	for _, f := range facts {
		t := f.Time.In(now.Location())
		day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
		i := days - 1 - int(midnight.Sub(day).Hours()/24+0.5)
		if i < 0 || i >= days || f.Actor == "" || f.Verb == journal.VerbOpened || f.Duration == nil {
			continue // a teacher's opening is not a pupil's use
		}
		pupils[i][f.Actor] = true
		hours[i] += *f.Duration / 3600
	}
	for i := range list {
		switch n := len(pupils[i]); {
		case n == 0:
		case n < lake.KInternal:
			list[i].Hidden = true
		default:
			list[i].Pupils, list[i].Hours = n, hours[i]/float64(n)
		}
	}
	return list
}

// vitals keeps the newest figures of the box.
func (r *Report) vitals(facts []segment.Fact) {
	var newest, cached time.Time
	for _, f := range facts {
		number := func(name string) int { v, _ := f.Measure(name); return int(v) }
		switch f.Verb {
		case journal.VerbHeartbeat, journal.VerbStarted:
			if f.Time.After(newest) {
				newest = f.Time
				r.DiskFree, r.DiskTotal = number("disk_free"), number("disk_total")
				if f.Time.After(cached) {
					r.Items, r.CachedBytes = number("items"), number("bytes")
				}
			}
		case journal.VerbCached:
			if f.Time.After(cached) {
				cached = f.Time
				r.Items, r.CachedBytes, r.Whole = number("items"), number("bytes"), number("whole") == 1
			}
		}
	}
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}
