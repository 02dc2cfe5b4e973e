// Package roster reads the files that schools already export into a
// directory.Roster. It promises that a file is read whole or not at all, that
// the same file gives the same roster, and that what it leaves out is said.
//
// It refuses a file for another school or another year, one that declares its
// own entities, one beyond its bounds, and to keep what the box has no use
// for: birth dates, addresses, the national number and the régime are not
// read.
package roster

import (
	"fmt"

	"preau"
	"preau/edge/directory"
)

// Want is what the file must be about.
type Want struct {
	School directory.School
	Year   int // the school year's first
}

// Report says what a reader left out.
type Report struct {
	Left     int    // pupils who have left the school
	Unplaced int    // pupils without a class; they are in the roster all the same
	Groups   int    // memberships of teaching groups, which are not imported yet
	Exported string // the date the file gives itself
}

const maxFile = 64 << 20 // bytes of XML; a collège of 1 000 makes about 3 MiB

func (w Want) check(uai, year string) error {
	got, err := preau.ParseUAI(uai)
	if err != nil {
		return err
	}
	if got != w.School.UAI {
		return refuse(fmt.Sprintf("the file is for school %s and this box serves %s", got, w.School.UAI), "Export the file of "+string(w.School.UAI)+".", nil)
	}
	if year != fmt.Sprint(w.Year) {
		return refuse(fmt.Sprintf("the file is of the school year %.10q and this is %d", year, w.Year), fmt.Sprintf("Export the file of the year %d-%d.", w.Year, w.Year+1), nil)
	}
	return nil
}

func refuse(text, remedy string, cause error) error {
	return preau.E(preau.Invalid, text, remedy, cause)
}
