package plan

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"preau"
	"preau/internal/sqlite"
)

// Step is how far somebody is with one node.
type Step struct {
	Node
	Depth     int  // 0 at the top
	Open      bool // its gate is passed
	Satisfied bool
	Begun     bool
	Waived    bool // an adult said that it need not be done
	Best      *float64
}

// State is how far somebody is with a plan.
type State struct {
	Person    string
	Steps     []Step // as Walk goes
	Done, Of  int    // activities
	Satisfied bool
	Next      *Step // the first open activity that is not done
	Hours     Hours
	Updated   time.Time // last sign of work on it
}

// Hours sums the minutes of a module up.
type Hours struct {
	Planned int // minutes of all activities
	Online  int // of those done on the box
	Present int // of the meetings attended
}

// Of is how far one person is.
func (p *Plans) Of(ctx context.Context, pl Plan, pid string) (State, error) {
	facts, err := p.config.Facts(ctx, pid, Items(pl.Nodes))
	if err != nil {
		return State{}, fmt.Errorf("read what was done of a plan: %w", err)
	}
	said, err := p.validations(ctx, pl.ID, pid)
	if err != nil {
		return State{}, err
	}
	return follow(pl, pid, facts, said), nil
}

// follow works the state out; it is all there is to know.
func follow(pl Plan, pid string, facts map[string]Fact, said map[string]string) State {
	s := State{Person: pid}
	f := follower{facts: facts, said: said, state: &s}
	s.Satisfied = f.nodes(pl.Nodes, 0, true, pl.Kind == Module) && s.Of > 0
	for i := range s.Steps {
		if st := &s.Steps[i]; s.Next == nil && !st.IsBlock() && st.Open && !st.Satisfied {
			s.Next = st
		}
	}
	return s
}

type follower struct {
	facts map[string]Fact
	said  map[string]string // validation by node
	state *State
}

// nodes follows siblings and reports that all are satisfied.
func (f *follower) nodes(nodes []Node, depth int, open, sequence bool) bool {
	all := true
	for _, n := range nodes {
		done := f.node(n, depth, open && (all || !sequence))
		all = all && done
	}
	return all
}

func (f *follower) node(n Node, depth int, open bool) bool {
	at := len(f.state.Steps)
	f.state.Steps = append(f.state.Steps, Step{Node: n, Depth: depth, Open: open})
	st := Step{Node: n, Depth: depth, Open: open, Waived: f.said[n.ID] == "waived"}
	switch {
	case n.IsBlock():
		st.Satisfied = f.nodes(n.Children, depth+1, open, n.Sequence)
	case n.Meeting:
		st.Satisfied = f.said[n.ID] == "attended"
	default:
		fact := f.facts[n.Item]
		st.Begun, st.Best = fact.Begun, fact.Best
		st.Satisfied = n.satisfied(fact)
		if fact.Updated.After(f.state.Updated) {
			f.state.Updated = fact.Updated
		}
	}
	st.Satisfied = st.Satisfied || st.Waived
	if !n.IsBlock() {
		f.count(n, st)
	}
	f.state.Steps[at] = st
	return st.Satisfied
}

func (f *follower) count(n Node, st Step) {
	f.state.Of++
	f.state.Hours.Planned += n.Minutes
	if !st.Satisfied {
		return
	}
	f.state.Done++
	switch {
	case st.Waived:
	case n.Meeting:
		f.state.Hours.Present += n.Minutes
	default:
		f.state.Hours.Online += n.Minutes
	}
}

// satisfied applies the node's rule. Without a mastery, a finished score
// passes: the exercise itself decided.
func (n Node) satisfied(f Fact) bool {
	passed := f.Best != nil && *f.Best >= n.Mastery && (n.Mastery > 0 || f.Done)
	switch n.MoveOn {
	case Passed:
		return passed
	case CompletedAndPassed:
		return f.Done && passed
	case CompletedOrPassed:
		return f.Done || passed
	case NotApplicable:
		return true
	}
	return f.Done
}

// validations are what adults said of a person's steps.
func (p *Plans) validations(ctx context.Context, plan preau.ID, pid string) (said map[string]string, err error) {
	said = map[string]string{}
	err = p.config.DB.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT node, kind FROM validation WHERE plan = ? AND pid = ?`, plan[:], pid)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var node, kind string
			if err := rows.Scan(&node, &kind); err != nil {
				return err
			}
			said[node] = kind
		}
		return rows.Err()
	})
	if err != nil && err != sql.ErrNoRows { //nolint:errorlint // Query returns it bare
		return nil, fmt.Errorf("read validations: %w", err)
	}
	return said, nil
}

// order puts what is due first, then the newest.
func order(all []Assigned) {
	slices.SortStableFunc(all, func(a, b Assigned) int {
		x, y := a.Registration, b.Registration
		switch {
		case x.Due.IsZero() != y.Due.IsZero():
			if x.Due.IsZero() {
				return 1
			}
			return -1
		case !x.Due.Equal(y.Due):
			return x.Due.Compare(y.Due)
		}
		return y.Made.Compare(x.Made)
	})
}
