package box

import (
	"path/filepath"

	"preau/edge/timetable/holidays"
)

// calendarFile in the data folder corrects the holidays of this release: the
// next year's arrêté, an island's own calendar.
const calendarFile = "calendrier.json"

// followCalendar gives the timetable the school's days without lessons, and
// the groups that share pupils.
func (b *Box) followCalendar() error {
	b.timetable.Kin(b.directory.Kin)
	b.timetable.Record(b.journal.Append)
	if b.config.UAI == "" {
		return nil
	}
	c, err := holidays.Open(b.config.UAI, b.config.Zone, b.calendarPath())
	if err != nil {
		return err
	}
	b.timetable.Follow(c)
	return nil
}

func (b *Box) calendarPath() string { return filepath.Join(b.opts.Data, calendarFile) }
