package roster

import (
	"fmt"
	"strings"

	"preau/edge/directory"
	"preau/edge/roster/source"
)

// Report is what an import changed, or would change: the documented answer of
// `preau roster import --json`.
type Report struct {
	Applied   bool                    `json:"applied"`
	Empty     bool                    `json:"empty"` // nothing changes
	Summary   string                  `json:"summary"`
	Year      int                     `json:"year"`
	Files     []FileReport            `json:"files"`
	Counts    map[string]Count        `json:"counts"` // by role; "class" for divisions and groups
	People    []directory.Change      `json:"people"`
	Classes   []directory.Change      `json:"classes"`
	Moves     []directory.Move        `json:"moves"`
	Enrolled  int                     `json:"enrolled"`
	Withdrawn int                     `json:"withdrawn"`
	Links     int                     `json:"links"`
	Doubts    []directory.Doubt       `json:"doubts"`
	Timetable *source.TimetableChange `json:"timetable,omitempty"`
	Notes     []source.Note           `json:"notes"`
}

// Count is what happened to the people of one role.
type Count struct {
	Join      int `json:"join"`
	Leave     int `json:"leave"`
	Return    int `json:"return"`
	Correct   int `json:"correct"`
	Recognise int `json:"recognise"`
}

func (r *Report) fill(d directory.Diff) {
	r.People, r.Classes, r.Moves, r.Doubts = some(d.People), some(d.Classes), some(d.Moved), some(d.Doubts)
	r.Notes = some(r.Notes)
	r.Enrolled, r.Withdrawn, r.Links = d.Enrolled, d.Withdrawn, d.Links
	r.Counts = map[string]Count{}
	for _, c := range d.People {
		r.count(string(c.Role), c.What)
	}
	for _, c := range d.Classes {
		r.count("class", c.What)
	}
	r.Empty = d.Empty() && (r.Timetable == nil || r.Timetable.Empty())
	switch {
	case !d.Empty() || r.Empty:
		r.Summary = d.Summary()
	default:
		r.Summary = "nobody joins or leaves"
	}
	if t := r.Timetable; t != nil && !t.Empty() {
		r.Summary += fmt.Sprintf("; lessons: %d new, %d changed, %d gone", t.Added, t.Changed, t.Removed)
	}
}

// some is the list, never null.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (r *Report) count(role, what string) {
	c := r.Counts[role]
	switch what {
	case directory.Joined:
		c.Join++
	case directory.Left:
		c.Leave++
	case directory.Returned:
		c.Return++
	case directory.Corrected:
		c.Correct++
	case directory.Recognised:
		c.Recognise++
	}
	r.Counts[role] = c
}

// roleWords are the roles as the command's reader calls them.
var roleWords = map[directory.Role]string{
	directory.Pupil: "pupil", directory.Guardian: "responsible person", directory.Teacher: "teacher", directory.Librarian: "librarian",
	directory.Principal: "principal", directory.Supervisor: "vie scolaire", directory.Office: "staff", directory.Authority: "collectivité", directory.Technician: "technician",
}

// Text writes the report for a terminal; at most limit names of each kind,
// and all of the doubts.
func (r *Report) Text(limit int) string {
	var b strings.Builder
	for _, f := range r.Files {
		fmt.Fprintf(&b, "read %s (%s)\n", f.Name, f.Format)
	}
	fmt.Fprintf(&b, "%s\n", r.Summary)
	for _, what := range []string{directory.Joined, directory.Returned, directory.Left, directory.Corrected, directory.Recognised} {
		var lines []string
		for _, c := range r.People {
			if c.What == what {
				lines = append(lines, c.Name+", "+roleWords[c.Role])
			}
		}
		for _, c := range r.Classes {
			if c.What == what {
				lines = append(lines, c.Name+", class or group")
			}
		}
		list(&b, what, lines, limit)
	}
	var moves []string
	for _, m := range r.Moves {
		moves = append(moves, fmt.Sprintf("%s, %s → %s", m.Name, m.From, m.To))
	}
	list(&b, "move", moves, limit)
	for _, d := range r.Doubts {
		fmt.Fprintf(&b, "settle   %s (%s) may be:\n", d.Name, about(d.Birth, d.Class, false))
		for _, c := range d.Candidates {
			fmt.Fprintf(&b, "           --settle %s=%s   %s (%s)\n", d.Key, c.ID, c.Name, about(c.Birth, c.Class, c.Left))
		}
		fmt.Fprintf(&b, "           --settle %s=new   somebody else\n", d.Key)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "note     %s: %d\n", n.Text, n.Count)
	}
	return b.String()
}

func list(b *strings.Builder, what string, lines []string, limit int) {
	for n, line := range lines {
		if n == limit {
			fmt.Fprintf(b, "%-8s … and %d more\n", what, len(lines)-n)
			return
		}
		fmt.Fprintf(b, "%-8s %s\n", what, line)
	}
}

func about(birth, class string, left bool) string {
	var parts []string
	if birth != "" {
		parts = append(parts, "born "+birth)
	}
	if class != "" {
		parts = append(parts, class)
	}
	if left {
		parts = append(parts, "has left")
	}
	if len(parts) == 0 {
		return "no birth date"
	}
	return strings.Join(parts, ", ")
}
