package cours

import (
	"net/http/httptest"
	"slices"
	"testing"

	"preau/edge/cmi5"
	"preau/edge/cmi5/course"
	"preau/edge/cmi5/launch"
)

func title(s string) course.Text { return course.Text{{Lang: "fr", Text: s}} }

func TestOutline_SaysWhatIsNext(t *testing.T) {
	mastery := .8
	c := &course.Course{Children: []course.Node{
		{Block: &course.Block{ID: "b", Title: title("Bloc"), Description: title("Bloc"), Children: []course.Node{
			{AU: &course.AU{ID: "1", Title: title("Un"), Description: title("Lire."), MoveOn: course.Completed}},
			{AU: &course.AU{ID: "2", Title: title("Deux"), MoveOn: course.Passed, MasteryScore: &mastery}}}}},
		{AU: &course.AU{ID: "3", Title: title("Trois"), MoveOn: course.NotApplicable, Online: true}},
		{AU: &course.AU{ID: "4", Title: title("Quatre"), MoveOn: course.Passed, LaunchMethod: course.OwnWindow}},
	}}
	score := .456
	s := launch.Sheet{Units: map[string]launch.Unit{
		"1": {State: cmi5.State{Completed: true}, Begun: true},
		"2": {State: cmi5.State{Completed: true}, Failed: true, Score: &score, Begun: true},
		"4": {State: cmi5.State{Waived: true}},
	}}
	lines := outline(c, s, "fr")
	if len(lines) != 5 || lines[0].Text != "" || !lines[0].Block || lines[1].Depth != 1 || lines[1].Text != "Lire." || !lines[1].Done || lines[1].First != cmi5.Review {
		t.Fatalf("got %+v", lines)
	}
	two, three, four := lines[2], lines[3], lines[4]
	if !two.Next || two.Done || two.Score != "46 %" || two.Mastery != "80 %" || !slices.Equal(two.Words, []string{"completed", "failed"}) || two.First != cmi5.Normal || !two.Look {
		t.Errorf("failed: %+v", two)
	}
	if three.Done || three.Next || !three.Apart || !three.Online || len(three.Words) != 0 {
		t.Errorf("optional and not begun: %+v", three)
	}
	if !four.Done || !four.Apart || four.Online || four.First != cmi5.Browse || four.Look || !slices.Equal(four.Words, []string{"waived"}) {
		t.Errorf("waived: %+v", four)
	}
}

// TestWindow_ShowsSomeOfAThousand columns, and leads to the others.
func TestWindow_ShowsSomeOfAThousand(t *testing.T) {
	for query, want := range map[string]tableView{
		"":         {First: 1, Last: 30, All: 1000, After: "?de=30"},
		"?de=31":   {First: 31, Last: 60, All: 1000, Before: "?de=0", After: "?de=60"},
		"?de=999":  {First: 991, Last: 1000, All: 1000, Before: "?de=960"},
		"?de=1000": {First: 1, Last: 30, All: 1000, After: "?de=30"},
		"?de=-5":   {First: 1, Last: 30, All: 1000, After: "?de=30"},
		"?de=x":    {First: 1, Last: 30, All: 1000, After: "?de=30"},
	} {
		var v tableView
		from := v.window(httptest.NewRequest("GET", "/"+query, nil), 1000)
		if v.First != want.First || v.Last != want.Last || v.All != want.All || v.Before != want.Before || v.After != want.After || from != want.First-1 {
			t.Errorf("%q: %+v", query, v)
		}
	}
}
