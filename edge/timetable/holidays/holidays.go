// Package holidays knows the days on which a school has no lessons: the
// breaks of its zone, the legal holidays, the summer. It promises that the
// official calendars it was built with can be replaced by a file without a
// new release, and that legal holidays are computed, whatever the year.
//
// It refuses to guess: a school that follows no zone (Corsica, overseas) and a
// year that no file tells have legal holidays only.
package holidays

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"preau"
)

//go:embed calendar.json
var official []byte

const maxFile = 1 << 20

// Break is a time without lessons: from its first day until the day on which
// lessons begin again.
type Break struct {
	Name  string `json:"name"`
	Zone  string `json:"zone,omitempty"` // empty: all
	From  string `json:"from"`           // 2026-10-17
	Until string `json:"until"`
}

// Year is a school year: from the pupils' first day until the summer.
type Year struct {
	Year   int     `json:"year"` // its first
	Start  string  `json:"start"`
	End    string  `json:"end"` // the first day of summer
	Breaks []Break `json:"breaks"`
}

// Calendar is what one school follows. A nil one closes no day.
type Calendar struct {
	Source  string
	Zone    string
	years   []Year
	moselle bool
}

// For is the calendar of a school by its UAI, from the official data.
func For(uai preau.UAI) (*Calendar, error) {
	_, zone := AcademieOf(string(uai))
	c, err := read(official)
	if err != nil {
		return nil, fmt.Errorf("read the calendar of this release: %w", err)
	}
	c.Zone, c.moselle = zone, moselle(string(uai))
	return c, nil
}

// Open is the calendar of a school: from the official data, in the zone that
// its enrolment says (empty: its département's), with the years of the file at
// path in the place of those it has; no file is no error.
func Open(uai preau.UAI, zone, path string) (*Calendar, error) {
	c, err := For(uai)
	if err != nil {
		return nil, err
	}
	if zone != "" {
		c = c.InZone(zone)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	defer f.Close()
	if c, err = c.Override(f); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return c, nil
}

// Override is c with the years of a file in the place of those it has; a file
// may correct one year and leave the others.
func (c *Calendar) Override(in io.Reader) (*Calendar, error) {
	raw, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read calendar: %w", err)
	}
	if len(raw) > maxFile {
		return nil, preau.E(preau.TooLarge, "the calendar is larger than any calendar", "Give a file of the form that the documentation shows.", nil)
	}
	got, err := read(raw)
	if err != nil {
		return nil, err
	}
	told := map[int]bool{}
	for _, y := range got.years {
		told[y.Year] = true
	}
	for _, y := range c.years {
		if !told[y.Year] {
			got.years = append(got.years, y)
		}
	}
	got.Zone, got.moselle = c.Zone, c.moselle
	return got, nil
}

// InZone is c as another zone follows it: the school's own choice where its
// UAI does not tell.
func (c *Calendar) InZone(zone string) *Calendar {
	other := *c
	other.Zone = zone
	return &other
}

// Closed names why there are no lessons on the day that t shows on the wall.
// Week-ends are not closed: some schools have lessons on Saturday.
func (c *Calendar) Closed(t time.Time) (why string, closed bool) {
	if c == nil {
		return "", false
	}
	if name := legal(t, c.moselle); name != "" {
		return name, true
	}
	if c.Zone == "" {
		return "", false
	}
	day := t.Format(time.DateOnly)
	for _, y := range c.years {
		if day >= y.End && day < fmt.Sprintf("%d-08-31", y.Year+1) {
			return "Vacances d’été", true
		}
		if day < y.Start && day > fmt.Sprintf("%d-08-01", y.Year) {
			return "Vacances d’été", true
		}
		for _, b := range y.Breaks {
			if (b.Zone == "" || b.Zone == c.Zone) && day >= b.From && day < b.Until {
				return b.Name, true
			}
		}
	}
	return "", false
}

// Known reports whether the breaks of the school year that t is in are told.
func (c *Calendar) Known(t time.Time) bool {
	if c == nil || c.Zone == "" {
		return false
	}
	first := t.Year()
	if t.Month() < time.August {
		first--
	}
	for _, y := range c.years {
		if y.Year == first {
			return true
		}
	}
	return false
}

func read(raw []byte) (*Calendar, error) {
	var file struct {
		Source string `json:"source"`
		Years  []Year `json:"years"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, bad("the calendar is not JSON of the form it must have", err)
	}
	if len(file.Years) == 0 || len(file.Years) > 50 {
		return nil, bad("the calendar tells no school year, or too many", nil)
	}
	for _, y := range file.Years {
		first, err := time.Parse(time.DateOnly, y.Start)
		last, err2 := time.Parse(time.DateOnly, y.End)
		if err != nil || err2 != nil || first.Year() != y.Year || last.Year() != y.Year+1 || len(y.Breaks) > 100 {
			return nil, bad(fmt.Sprintf("the school year %d does not run from a day to a day of the next year", y.Year), nil)
		}
		for _, b := range y.Breaks {
			if err := b.check(y); err != nil {
				return nil, err
			}
		}
	}
	return &Calendar{Source: file.Source, years: file.Years}, nil
}

func (b Break) check(y Year) error {
	from, err := time.Parse(time.DateOnly, b.From)
	until, err2 := time.Parse(time.DateOnly, b.Until)
	zoned := b.Zone == "" || len(b.Zone) <= 20
	if err != nil || err2 != nil || b.Name == "" || len(b.Name) > 100 || !zoned || !from.Before(until) || b.From < y.Start || b.From > y.End {
		return bad(fmt.Sprintf("the break %.40q of %d does not run from a day to a later day of its year", b.Name, y.Year), nil)
	}
	return nil
}

func bad(text string, cause error) error {
	return preau.E(preau.Invalid, text, "Write years with start, end and breaks {name, zone, from, until}, days as 2026-10-17.", cause)
}
