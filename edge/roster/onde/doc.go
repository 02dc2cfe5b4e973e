// Package onde reads the CSV exports of ONDE, the first degree's pupil
// database, and of Base élèves before it: pupils, teachers and responsible
// persons. It promises that a file is told by its headers, whatever their
// accents, case and stray spaces, and that the same file gives the same
// roster. The exports hold no number of their own for a person, so a key is
// made of name and birth date: the national number, which only some have,
// serves to recognise and never as a name.
//
// It refuses a list of responsible persons without the pupils', to whom it
// refers by name only, and to keep addresses, authorisations, decisions and
// special schooling: those columns are not read. The exports say neither
// school nor year; that is noted.
package onde

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"preau/edge/directory"
	"preau/edge/roster/source"
)

// Source names what comes from ONDE.
const Source = "onde"

const maxPeople = 10_000

// kind is what a file lists.
func kind(f *source.File) string {
	switch {
	case f.Has("nomeleve", "prenomeleve"):
		return "pupils"
	case f.Has("nomresponsable", "prenomresponsable"):
		return "responsibles"
	case f.Has("nom", "prenom", "directeur"):
		return "teachers"
	}
	return ""
}

// Takes reports whether the file is one of ONDE's.
func Takes(f *source.File) bool { return f.Kind == source.CSV && kind(f) != "" }

// Read makes one roster of all files given.
func Read(files []*source.File, want source.Want) (directory.Roster, source.Extra, error) {
	e := &export{classes: map[string]*class{}, keys: map[string]int{}, pupils: map[string][]string{}, people: map[string]int{}}
	e.r = directory.Roster{Source: Source, School: directory.School{UAI: want.UAI, Name: want.School, Year: want.Year}}
	seen := map[string]string{}
	for _, step := range []struct {
		kind   string
		covers directory.Coverage
		row    func(source.Row) error
	}{
		{"pupils", directory.Pupils | directory.Structures, e.pupil},
		{"teachers", directory.Staff, e.teacher},
		{"responsibles", directory.Guardians, e.responsible},
	} {
		for _, f := range files {
			if kind(f) != step.kind {
				continue
			}
			if other, twice := seen[step.kind]; twice {
				return e.r, e.extra, source.Refuse(fmt.Sprintf("%.80q and %.80q are the same export", other, f.Name), "Give one export of the whole school.", nil)
			}
			if step.kind == "responsibles" && seen["pupils"] == "" {
				return e.r, e.extra, source.Refuse("the list of responsible persons names pupils that are not in the import", "Give the pupils' file with it.", nil)
			}
			seen[step.kind] = f.Name
			e.r.Covers |= step.covers
			if err := f.Rows(step.row); err != nil {
				return e.r, e.extra, err
			}
		}
	}
	e.finish()
	return e.r, e.extra, nil
}

type export struct {
	r       directory.Roster
	classes map[string]*class
	keys    map[string]int      // how often a key was made
	pupils  map[string][]string // folded name to keys
	people  map[string]int      // key of an adult to index
	extra   source.Extra

	left, nameless, unplaced, strangers int
}

type class struct {
	name   string
	group  bool
	levels map[string]int
}

// key names a person by what the export says of them. Two of one name and
// birth date are told by their order.
func (e *export) key(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(prefix + "\x00" + strings.Join(parts, "\x00")))
	k := prefix + "-" + hex.EncodeToString(sum[:8])
	if e.keys[k]++; e.keys[k] > 1 {
		k = fmt.Sprintf("%s-%d", k, e.keys[k])
	}
	return k
}

// yes reads a box that is ticked.
func yes(cell string) bool {
	switch source.Fold(cell) {
	case "", "non", "n", "0", "faux", "false":
		return false
	}
	return true
}

// title reads a civility.
func title(cell string) string {
	switch source.Fold(cell) {
	case "m", "mr", "monsieur":
		return "M."
	case "mme", "mlle", "madame", "mademoiselle":
		return "Mme"
	}
	return ""
}

// split cuts a cell that lists several names.
func split(cell string) (names []string) {
	for part := range strings.FieldsFuncSeq(cell, func(r rune) bool { return r == ',' || r == '|' || r == '\n' }) {
		if part = source.Clean(part); part != "" {
			names = append(names, part)
		}
	}
	return names
}
