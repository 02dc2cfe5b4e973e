package cmi5

import (
	"encoding/json"
	"fmt"
	"math"

	"preau/edge/lrs/xapi"
)

// result holds a defined statement to 9.4, 9.5 and the moveon category.
func (of Session) result(st *xapi.Statement) error {
	if st.Object.Type != xapi.TypeActivity || st.Object.ID != of.Activity {
		return refuse("the object is not the activity of the launch", "9.4")
	}
	r := st.Result
	if r == nil {
		r = &xapi.Result{}
	}
	if err := truth(r.Success, "success", map[string]bool{Passed: true, Failed: false}, st.Verb, "9.5.2"); err != nil {
		return err
	}
	if err := truth(r.Completion, "completion", map[string]bool{Completed: true}, st.Verb, "9.5.3"); err != nil {
		return err
	}
	moves := r.Success != nil || r.Completion != nil
	if hasActivity(st.Context.Activities.Category, CategoryMoveOn) != moves {
		return refuse("the moveon category goes with success or completion, and with nothing else", "9.6.2.2")
	}
	if st.Verb != Initialized && r.Duration == "" {
		return refuse("the statement has no duration", "9.5.4")
	}
	if raw, set := r.Extensions[ExtProgress]; set {
		var n float64
		if json.Unmarshal(raw, &n) != nil || n != math.Trunc(n) || n < 0 || n > 100 {
			return refuse("progress is a whole number from 0 to 100", "9.5.5.1")
		}
	}
	return of.score(st, r.Score)
}

// truth checks a property that some verbs must have, with a value, and the
// others must not.
func truth(have *bool, name string, want map[string]bool, verb, section string) error {
	value, must := want[verb]
	if !must && have != nil {
		return refuse(fmt.Sprintf("%s does not belong in this statement", name), section)
	}
	if must && (have == nil || *have != value) {
		return refuse(fmt.Sprintf("%s is not %t", name, value), section)
	}
	return nil
}

func (of Session) score(st *xapi.Statement, score *xapi.Score) error {
	judged := st.Verb == Passed || st.Verb == Failed
	if score == nil {
		return nil
	}
	if !judged {
		return refuse("only passed and failed have a score", "9.5.1")
	}
	for _, n := range []*float64{score.Raw, score.Min, score.Max} {
		if n != nil && *n != math.Trunc(*n) {
			return refuse("raw, min and max are whole numbers", "9.5.1")
		}
	}
	if score.Raw != nil && (score.Min == nil || score.Max == nil) {
		return refuse("a raw score has its min and max", "9.5.1")
	}
	if score.Scaled == nil {
		return nil
	}
	if *score.Scaled < 0 || *score.Scaled > 1 {
		return refuse("a scaled score is from 0 to 1", "9.5.1")
	}
	if of.Mastery == nil {
		return nil
	}
	if (*score.Scaled >= *of.Mastery) != (st.Verb == Passed) {
		return refuse(fmt.Sprintf("a score of %v against a mastery score of %v is not what the verb says", *score.Scaled, *of.Mastery), "9.3.4 and 9.3.5")
	}
	var said float64
	if raw := st.Context.Extensions[ExtMastery]; json.Unmarshal(raw, &said) != nil || said != *of.Mastery {
		return refuse("the mastery score of the launch is not among the context's extensions", "9.6.3.2")
	}
	return nil
}
