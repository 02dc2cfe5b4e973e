package roster

import (
	"fmt"
	"strings"

	"preau/edge/directory"
	"preau/edge/roster/aaf"
	"preau/edge/roster/calendar"
	"preau/edge/roster/onde"
	"preau/edge/roster/oneroster"
	"preau/edge/roster/siecle"
	"preau/edge/roster/source"
	"preau/edge/roster/sts"
)

// format is one system's exports. Takes tells a file by its content; Read
// makes one roster of all files it takes, and one with an empty Source when
// they hold no people.
type format struct {
	name  string
	takes func(*source.File) bool
	read  func([]*source.File, source.Want) (directory.Roster, source.Extra, error)
}

// formats are asked in order.
func formats() []format {
	return []format{
		{"SIECLE", siecle.Takes, siecle.Read},
		{"STS", sts.Takes, sts.Read},
		{"ONDE", onde.Takes, onde.Read},
		{"OneRoster", oneroster.Takes, oneroster.Read},
		{"AAF", aaf.Takes, aaf.Read},
		{"GAR", aaf.TakesGAR, aaf.ReadGAR},
		{"iCalendar", calendar.Takes, calendar.Read},
	}
}

// FileReport says what a file was taken for.
type FileReport struct {
	Name   string `json:"name"`
	Format string `json:"format"`
}

// reading is what the files say.
type reading struct {
	files   []FileReport
	rosters []directory.Roster
	tables  []*source.Timetable
	notes   []source.Note
}

func readAll(files []*source.File, want source.Want) (reading, error) {
	var out reading
	known, taken := formats(), map[int][]*source.File{}
	for _, f := range files {
		n := -1
		for k := range known {
			if known[k].takes(f) {
				n = k
				break
			}
		}
		if n < 0 {
			return out, unknown(f)
		}
		taken[n] = append(taken[n], f)
		out.files = append(out.files, FileReport{Name: f.Name, Format: known[n].name})
	}
	for n, k := range known {
		if len(taken[n]) == 0 {
			continue
		}
		r, extra, err := k.read(taken[n], want)
		if err != nil {
			return out, fmt.Errorf("read %s: %w", k.name, err)
		}
		if r.Source != "" {
			out.rosters = append(out.rosters, r)
		}
		if extra.Timetable != nil {
			out.tables = append(out.tables, extra.Timetable)
		}
		out.notes = append(out.notes, extra.Notes...)
	}
	return out, nil
}

// unknown names what people most often give by mistake.
func unknown(f *source.File) error {
	what := "no known export"
	switch {
	case f.Kind == source.XML && strings.EqualFold(f.Root, "exportAbsence"):
		what = "Sconet's list of absences, which holds no people"
	case f.Kind == source.XML && strings.Contains(strings.ToLower(f.Root), "html"):
		what = "a web page"
	case f.Kind == source.XML:
		what = fmt.Sprintf("XML of the unknown kind %.40q", f.Root)
	case len(f.Header) > 1:
		what = fmt.Sprintf("a table whose columns (%.30s, %.30s…) are of no known export", f.Header[0], f.Header[1])
	}
	return source.Refuse(fmt.Sprintf("%.80q is %s", f.Name, what),
		"Give exports of SIECLE, STS, ONDE, OneRoster, AAF or a calendar, as they were exported.", nil)
}
