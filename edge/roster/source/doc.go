// Package source opens the files that schools export: loose or in ZIP
// archives, XML, CSV or iCalendar, in the encodings that were seen. It
// promises that memory stays bounded whatever the file holds, that text comes
// out as UTF-8, that a file is told by its content and never by its name, and
// that a refusal says what to do.
//
// It refuses document types and entities of any kind, archives in archives,
// a tag, text or line beyond maxRun, more elements, rows or bytes than a
// school has, and a file that is not in the encoding it declares. It knows no
// format and no table: those are the packages beside and above it.
package source

import (
	"fmt"
	"strings"
	"time"

	"preau"
)

// Bounds of one import. A collège of 1 000 pupils makes about 3 MiB of XML.
const (
	MaxUpload = 32 << 20 // bytes of all files as given
	maxFile   = 48 << 20 // bytes of one file, unpacked
	maxFiles  = 64
	maxRun    = 64 << 10 // bytes of one tag, text, comment or line
)

// Want is what a file must be about.
type Want struct {
	UAI    preau.UAI
	School string         // its name, as the box calls it
	Year   int            // the school year's first
	Zone   *time.Location // of the school's clocks; nil: UTC
}

// CheckUAI refuses a file for another school. What is not a UAI at all is
// refused too: see Warn for the formats in which that is common.
func (w Want) CheckUAI(uai string) error {
	got, err := preau.ParseUAI(strings.TrimSpace(uai))
	if err != nil {
		return err
	}
	if got != w.UAI {
		return Refuse(fmt.Sprintf("the file is for school %s and this box serves %s", got, w.UAI), "Export the file of "+string(w.UAI)+".", nil)
	}
	return nil
}

// CheckYear refuses a file of another school year.
func (w Want) CheckYear(year string) error {
	if year = strings.TrimSpace(year); year != fmt.Sprint(w.Year) {
		return Refuse(fmt.Sprintf("the file is of the school year %.10q and this is %d", year, w.Year),
			fmt.Sprintf("Export the file of the year %d-%d.", w.Year, w.Year+1), nil)
	}
	return nil
}

// Note is something a reader left out or doubts; the import goes on.
type Note struct {
	Code  string `json:"code"`  // stable, for a page's own words
	Count int    `json:"count"` // how many records it is about
	Text  string `json:"text"`  // English
}

// Extra is what a file says beside people and classes.
type Extra struct {
	Notes     []Note
	Timetable *Timetable // nil: the file holds no lessons
}

// Note counts n records under code; none leaves no trace.
func (e *Extra) Note(code string, n int, text string) {
	if n > 0 {
		e.Notes = append(e.Notes, Note{Code: code, Count: n, Text: text})
	}
}

// Refuse says that a file cannot be taken.
func Refuse(text, remedy string, cause error) error {
	return preau.E(preau.Invalid, text, remedy, cause)
}

func tooLarge(text, remedy string) error { return preau.E(preau.TooLarge, text, remedy, nil) }
