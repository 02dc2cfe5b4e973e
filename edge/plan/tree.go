package plan

import (
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"preau"
)

// MoveOn is the rule that satisfies an activity; the words are cmi5's.
type MoveOn string

// The rules. An empty one means Completed.
const (
	Passed             MoveOn = "Passed"
	Completed          MoveOn = "Completed"
	CompletedAndPassed MoveOn = "CompletedAndPassed"
	CompletedOrPassed  MoveOn = "CompletedOrPassed"
	NotApplicable      MoveOn = "NotApplicable" // nothing is asked
)

// Node is a block or an activity of a plan.
type Node struct {
	ID    string `json:"id"` // within the plan, kept through its edits
	Title string `json:"title,omitempty"`
	Note  string `json:"note,omitempty"` // what to do, in the maker's words
	// Item is the catalogue's id of what to open.
	Item string `json:"item,omitempty"`
	// Meeting is an activity that an adult validates: a training day, a talk.
	Meeting  bool    `json:"meeting,omitempty"`
	MoveOn   MoveOn  `json:"move_on,omitempty"`
	Mastery  float64 `json:"mastery,omitempty"` // least score that passes, 0 to 1
	Minutes  int     `json:"minutes,omitempty"` // planned
	Sequence bool    `json:"sequence,omitempty"`
	Children []Node  `json:"children,omitempty"` // a block's; Sequence opens them one after the other
}

// IsBlock tells a block from an activity.
func (n Node) IsBlock() bool { return n.Item == "" && !n.Meeting }

// Bounds of a tree: a year's course has room.
const (
	maxNodes = 500
	maxDepth = 4
	maxTitle = 200  // bytes
	maxNote  = 2000 // bytes
	maxTree  = 256 << 10
)

// Walk goes through nodes in the order they are done, parents first.
func Walk(nodes []Node) iter.Seq[Node] {
	return func(yield func(Node) bool) { walk(nodes, yield) }
}

func walk(nodes []Node, yield func(Node) bool) bool {
	for _, n := range nodes {
		if !yield(n) || !walk(n.Children, yield) {
			return false
		}
	}
	return true
}

// Items lists what is to be opened, each once, in order.
func Items(nodes []Node) (items []string) {
	seen := map[string]bool{}
	for n := range Walk(nodes) {
		if n.Item != "" && !seen[n.Item] {
			seen[n.Item] = true
			items = append(items, n.Item)
		}
	}
	return items
}

// ParseTree reads nodes as a page sends them.
func ParseTree(raw []byte) ([]Node, error) {
	if len(raw) > maxTree {
		return nil, preau.E(preau.TooLarge, "the plan is too large", "Make several of it.", nil)
	}
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.DisallowUnknownFields()
	var nodes []Node
	if err := dec.Decode(&nodes); err != nil {
		return nil, preau.E(preau.Invalid, "the plan's steps cannot be read", "Reload the page and try again.", err)
	}
	if dec.More() {
		return nil, preau.E(preau.Invalid, "the plan's steps are followed by something else", "Reload the page and try again.", nil)
	}
	return nodes, checkTree(nodes)
}

func checkTree(nodes []Node) error {
	seen := map[string]bool{}
	return checkNodes(nodes, 1, seen)
}

func checkNodes(nodes []Node, depth int, seen map[string]bool) error {
	if depth > maxDepth && len(nodes) > 0 {
		return invalid(fmt.Sprintf("the plan has more than %d levels", maxDepth), "Put its steps side by side.")
	}
	for _, n := range nodes {
		if err := n.check(seen); err != nil {
			return err
		}
		if seen[n.ID] = true; len(seen) > maxNodes {
			return invalid(fmt.Sprintf("the plan has more than %d steps", maxNodes), "Make several of it.")
		}
		if err := checkNodes(n.Children, depth+1, seen); err != nil {
			return err
		}
	}
	return nil
}

func (n Node) check(seen map[string]bool) error {
	switch {
	case n.ID == "" || len(n.ID) > 40 || seen[n.ID]:
		return invalid(fmt.Sprintf("step %.40q has no name of its own", n.ID), "Give each step its own.")
	case !printable(n.Title, maxTitle) || !printable(n.Item, 2<<10) || len(n.Note) > maxNote || !utf8.ValidString(n.Note):
		return invalid(fmt.Sprintf("step %.40q has a title, a note or a resource that is too long or cannot be shown", n.ID), "Shorten it.")
	case n.Item != "" && n.Meeting || !n.IsBlock() && len(n.Children) > 0:
		return invalid(fmt.Sprintf("step %.40q is two things at once", n.ID), "Make a block of it with two steps.")
	case n.Item == "" && strings.TrimSpace(n.Title) == "":
		return invalid("a step has no title", "Name it.")
	case n.Mastery < 0 || n.Mastery > 1 || n.Mastery != n.Mastery || n.Minutes < 0 || n.Minutes > 100*60:
		return invalid(fmt.Sprintf("step %.40q has a score or a length out of bounds", n.ID), "A score is between 0 and 1, a length under 100 hours.")
	}
	switch n.MoveOn {
	case "", Passed, Completed, CompletedAndPassed, CompletedOrPassed, NotApplicable:
		return nil
	}
	return invalid(fmt.Sprintf("step %.40q has the unknown rule %.30q", n.ID, n.MoveOn), "Use a rule of cmi5: Passed, Completed…")
}

func printable(s string, limit int) bool {
	return len(s) <= limit && utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

func invalid(text, remedy string) error { return preau.E(preau.Invalid, text, remedy, nil) }
