package box

import (
	"preau/edge/directory"
	"preau/edge/roster"
	"preau/edge/roster/source"
	"preau/edge/timetable"
	"preau/internal/sqlite"
)

// rosters is the importer of the school's files, for commands and pages.
func (b *Box) rosters() *roster.Importer {
	return roster.New(roster.Config{
		Directory: b.directory,
		School:    directory.School{UAI: b.config.UAI, Name: b.config.School},
		Clock:     b.clock,
		Zone:      b.zone,
		Log:       b.opts.Log,
		Timetable: func(tx *sqlite.Tx, t *source.Timetable) (source.TimetableChange, error) {
			names, err := directory.Resolve(tx, t.Source)
			if err != nil {
				return source.TimetableChange{}, err
			}
			return b.timetable.Take(tx, t, timetable.Names{Person: names.Person, Class: names.Class, Subject: names.Subject})
		},
	})
}
