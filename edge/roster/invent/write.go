package invent

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"preau/edge/roster/source"
	"preau/internal/durable"
)

// Write puts everything into a folder: the files of the collège and of the
// école in September (rentree) and at mid-year (mi-annee), what an import of
// the latter must find (attendu.json), and hostile files. The folder must be
// empty or absent: nothing is overwritten.
func Write(dir string, seed uint64, pupils, children int) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("write the invented schools: %w", source.Refuse(fmt.Sprintf("%s is not empty", dir), "Name a new folder.", nil))
	}
	college, ecole := College(seed, pupils), Ecole(seed+1, children)
	for name, s := range map[string]*School{"college": college, "ecole": ecole} {
		later, expected, changes := s.MidYear()
		for when, at := range map[string]*School{"rentree": s, "mi-annee": later} {
			if err := at.write(filepath.Join(dir, name, when)); err != nil {
				return err
			}
		}
		deltas := []source.Input{later.OneRosterDelta("1.2", changes)}
		if !s.Primary {
			deltas = append(deltas, later.AAFDelta(changes))
		}
		if err := writeAll(filepath.Join(dir, name, "delta"), deltas); err != nil {
			return err
		}
		raw, err := json.MarshalIndent(expected, "", "  ")
		if err != nil {
			return fmt.Errorf("write the expected difference: %w", err)
		}
		if err := writeAll(filepath.Join(dir, name), []source.Input{{Name: "attendu.json", Data: append(raw, '\n')}}); err != nil {
			return err
		}
	}
	for _, in := range Hostile() {
		if err := writeAll(filepath.Join(dir, "hostile"), []source.Input{in}); err != nil {
			return err
		}
	}
	return nil
}

// write puts each format into a folder of its own: they are one school, and
// are not imported together.
func (s *School) write(dir string) error {
	sets := map[string][]source.Input{"oneroster-1.1": {s.OneRoster("1.1")}, "oneroster-1.2": {s.OneRoster("1.2")}}
	if s.Primary {
		sets["onde"], sets["base-eleves"] = s.ONDE(false), s.ONDE(true)
	} else {
		sets["siecle"], sets["aaf"], sets["gar"], sets["ical"] = append(s.SIECLE(), s.STS(), s.EDT()), []source.Input{s.AAF()}, []source.Input{s.GAR()}, []source.Input{s.ICal()}
	}
	for name, files := range sets {
		if err := writeAll(filepath.Join(dir, name), files); err != nil {
			return err
		}
	}
	return nil
}

func writeAll(dir string, files []source.Input) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make folder for invented files: %w", err)
	}
	for _, f := range files {
		if err := durable.WriteBytes(filepath.Join(dir, f.Name), 0o644, f.Data); err != nil {
			return fmt.Errorf("write invented file: %w", err)
		}
	}
	return nil
}
