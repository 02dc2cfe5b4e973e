package box

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
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
	c, err := holidays.For(b.config.UAI)
	if err != nil {
		return err
	}
	if b.config.Zone != "" { // what the enrolment says wins over the département
		c = c.InZone(b.config.Zone)
	}
	f, err := os.Open(filepath.Join(b.opts.Data, calendarFile))
	if errors.Is(err, fs.ErrNotExist) {
		b.timetable.Follow(c)
		return nil
	}
	if err != nil {
		return fmt.Errorf("open %s: %w", calendarFile, err)
	}
	defer f.Close()
	if c, err = c.Override(f); err != nil {
		return fmt.Errorf("read %s: %w", calendarFile, err)
	}
	b.timetable.Follow(c)
	return nil
}
