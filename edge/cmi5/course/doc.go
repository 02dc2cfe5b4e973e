// Package course reads cmi5 course packages: a zip with cmi5.xml at its root,
// or the course structure alone. It promises that what it returns is a course
// as the specification describes one (section 13 and 14), whose every rule
// broken is named in the error, and that no file of it can leave its folder.
//
// It refuses document types and entities, paths that climb, absolute paths,
// links, names that differ by case only, files that swell beyond bounds, and
// identifiers that come twice.
//
// Words: an AU (assignable unit) is what is launched; a block groups AUs.
package course

// Course is a course structure. Blocks and AUs are in their order.
type Course struct {
	ID          string      `json:"id"`
	Title       Text        `json:"title"`
	Description Text        `json:"description"`
	Objectives  []Objective `json:"objectives,omitempty"`
	Children    []Node      `json:"children"`
}

// Text is a text in languages, in the order of the file.
type Text []Lang

// Lang is a text in one language; Lang may be empty.
type Lang struct {
	Lang string `json:"lang"`
	Text string `json:"text"`
}

// In returns the text in the language, else the first.
func (t Text) In(lang string) string {
	for _, l := range t {
		if len(l.Lang) >= 2 && len(lang) >= 2 && l.Lang[:2] == lang[:2] {
			return l.Text
		}
	}
	if len(t) == 0 {
		return ""
	}
	return t[0].Text
}

// Objective is a learning objective.
type Objective struct {
	ID          string `json:"id"`
	Title       Text   `json:"title"`
	Description Text   `json:"description"`
}

// Node is a block or an AU: one of the two is set.
type Node struct {
	Block *Block `json:"block,omitempty"`
	AU    *AU    `json:"au,omitempty"`
}

// Block groups.
type Block struct {
	ID          string   `json:"id"`
	Title       Text     `json:"title"`
	Description Text     `json:"description"`
	Objectives  []string `json:"objectives,omitempty"`
	Children    []Node   `json:"children"`
}

// AU is an assignable unit.
type AU struct {
	ID               string   `json:"id"`
	Title            Text     `json:"title"`
	Description      Text     `json:"description"`
	Objectives       []string `json:"objectives,omitempty"`
	URL              string   `json:"url"`    // relative to the package, or absolute
	Online           bool     `json:"online"` // the URL leads out of the box
	LaunchMethod     string   `json:"launch_method"`
	MoveOn           MoveOn   `json:"move_on"`
	MasteryScore     *float64 `json:"mastery_score,omitempty"`
	ActivityType     string   `json:"activity_type,omitempty"`
	LaunchParameters string   `json:"launch_parameters,omitempty"`
	EntitlementKey   string   `json:"entitlement_key,omitempty"`
}

// MoveOn is when an AU is satisfied.
type MoveOn string

// The rules of the specification. NotApplicable is the default.
const (
	Passed             MoveOn = "Passed"
	Completed          MoveOn = "Completed"
	CompletedAndPassed MoveOn = "CompletedAndPassed"
	CompletedOrPassed  MoveOn = "CompletedOrPassed"
	NotApplicable      MoveOn = "NotApplicable"
)

// The ways to open an AU. AnyWindow is the default.
const (
	AnyWindow = "AnyWindow"
	OwnWindow = "OwnWindow"
)

// AUs lists the AUs in order.
func (c *Course) AUs() []*AU { return unitsOf(c.Children, nil) }

func unitsOf(nodes []Node, found []*AU) []*AU {
	for _, n := range nodes {
		if n.AU != nil {
			found = append(found, n.AU)
		} else {
			found = unitsOf(n.Block.Children, found)
		}
	}
	return found
}
