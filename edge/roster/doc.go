// Package roster imports the files that schools already export: it tells each
// file's format by its content, has the format's package read it, says what
// would change before anything does, and applies it when told. It promises
// that an import is taken whole or not at all, that the same files twice
// change nothing, that nobody is merged on a guess (a human settles), and
// that what the files leave out is said.
//
// It refuses a file that no format knows, one for another school or year, and
// hostile ones (see source). It keeps no file: what was given is gone once
// the answer is.
package roster

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"preau"
	"preau/edge/directory"
	"preau/edge/roster/source"
	"preau/internal/sqlite"
)

// Config is what an importer works with.
type Config struct {
	Directory *directory.Directory
	School    directory.School // whose files are taken
	Clock     preau.Clock
	Zone      *time.Location // of the school's clocks; nil: UTC
	Log       *slog.Logger   // nil: none
	// Timetable takes lessons inside the import's transaction, after the
	// people; nil refuses files of lessons.
	Timetable func(tx *sqlite.Tx, t *source.Timetable) (source.TimetableChange, error)
}

// Importer takes files in.
type Importer struct{ cfg Config }

// New makes an importer.
func New(cfg Config) *Importer { return &Importer{cfg: cfg} }

// Options are what a human says about an import.
type Options struct {
	Settled map[string]string // answers to doubts: a pid, key:KEY or new
	Shrink  bool              // half the school really left
	Year    int               // the school year's first; 0: today's
}

// SchoolYear is the school year that t is in, by its first calendar year.
// Files of the coming year are made from August on.
func SchoolYear(t time.Time) int {
	if t.Month() >= time.August {
		return t.Year()
	}
	return t.Year() - 1
}

// Preview says what Apply would change, and changes nothing.
func (i *Importer) Preview(ctx context.Context, inputs []source.Input, opts Options) (Report, error) {
	return i.run(ctx, inputs, opts, false)
}

// Apply imports the files. With doubts that opts does not settle it changes
// nothing and says which.
func (i *Importer) Apply(ctx context.Context, inputs []source.Input, opts Options) (Report, error) {
	return i.run(ctx, inputs, opts, true)
}

func (i *Importer) run(ctx context.Context, inputs []source.Input, opts Options, apply bool) (Report, error) {
	if i.cfg.School.UAI == "" {
		return Report{}, preau.E(preau.Unavailable, "this box does not know its school", "Enrol it first: preau provision box apply.", nil)
	}
	want := source.Want{UAI: i.cfg.School.UAI, School: i.cfg.School.Name, Year: opts.Year, Zone: i.cfg.Zone}
	if want.Year == 0 {
		want.Year = SchoolYear(i.cfg.Clock.Now())
	}
	files, err := source.Open(inputs)
	if err != nil {
		return Report{}, err
	}
	read, err := readAll(files, want)
	if err != nil {
		return Report{}, err
	}
	report := Report{Year: want.Year, Files: read.files, Notes: read.notes}
	for n := range read.rosters {
		r := &read.rosters[n]
		r.Shrink, r.Settled = opts.Shrink, opts.Settled
	}
	if err := known(read.rosters, opts.Settled); err != nil {
		return Report{}, err
	}
	diff, err := i.commit(ctx, read, apply, &report)
	if err != nil {
		return Report{}, err
	}
	report.Applied = apply
	report.fill(diff)
	if apply && i.cfg.Log != nil { // figures, no names
		i.cfg.Log.InfoContext(ctx, "roster imported", "files", len(files), "year", want.Year, "joined", diff.Count(directory.Joined),
			"left", diff.Count(directory.Left), "moved", len(diff.Moved), "empty", report.Empty)
	}
	return report, nil
}

// known refuses an answer to a question that nobody asked: a typing error
// would otherwise leave its doubt open, or settle it unseen.
func known(rosters []directory.Roster, settled map[string]string) error {
	for key := range settled {
		src, rest, _ := strings.Cut(key, "/")
		if !slices.ContainsFunc(rosters, func(r directory.Roster) bool {
			return r.Source == src && slices.ContainsFunc(r.People, func(p directory.RosterPerson) bool { return p.Key == rest })
		}) {
			return preau.E(preau.Invalid, fmt.Sprintf("no record of these files is %.60q", key), "Give the key as the preview shows it.", nil)
		}
	}
	return nil
}

func (i *Importer) commit(ctx context.Context, read reading, apply bool, report *Report) (directory.Diff, error) {
	if len(read.tables) > 0 && i.cfg.Timetable == nil {
		return directory.Diff{}, preau.E(preau.Invalid, "this box takes no timetable", "Import the people without it.", nil)
	}
	lessons := func(tx *sqlite.Tx) error {
		for _, t := range read.tables {
			c, err := i.cfg.Timetable(tx, t)
			if err != nil {
				return fmt.Errorf("apply timetable: %w", err)
			}
			if report.Timetable == nil {
				report.Timetable = &source.TimetableChange{}
			}
			sum := report.Timetable
			sum.Added, sum.Changed, sum.Removed, sum.Unknown = sum.Added+c.Added, sum.Changed+c.Changed, sum.Removed+c.Removed, sum.Unknown+c.Unknown
		}
		return nil
	}
	if apply {
		return i.cfg.Directory.ApplyWith(ctx, lessons, read.rosters...)
	}
	return i.cfg.Directory.PreviewWith(ctx, lessons, read.rosters...)
}
