package cours

import (
	"strconv"

	"preau/edge/cmi5"
	"preau/edge/cmi5/course"
	"preau/edge/cmi5/launch"
)

// line is a block or an AU of a course, as pages list them.
type line struct {
	Title, Text string
	Depth       int
	Block       bool
	AU          string   // its id, for an AU
	Rule        string   // its moveOn
	Mastery     string   // « 80 % », or nothing
	Words       []string // how far it is: keys of i18n
	Score       string
	Done, Next  bool
	First       cmi5.Mode // how it is opened
	Look        bool      // it may be looked at without being judged
	Apart       bool      // in a window of its own
	Online      bool      // it needs the Internet
}

// outline flattens a course in its order; the first AU that is not done is
// the next one.
func outline(c *course.Course, s launch.Sheet, lang string) (lines []line) {
	lines = walk(c.Children, s, lang, 0, nil)
	for i := range lines {
		if l := &lines[i]; !l.Block && !l.Done {
			l.Next = true
			break
		}
	}
	return lines
}

func walk(nodes []course.Node, s launch.Sheet, lang string, depth int, lines []line) []line {
	for _, n := range nodes {
		if b := n.Block; b != nil {
			lines = append(lines, line{Title: b.Title.In(lang), Text: more(b.Title, b.Description, lang), Depth: min(depth, 3), Block: true, Done: s.Satisfied[b.ID]})
			lines = walk(b.Children, s, lang, depth+1, lines)
			continue
		}
		au, u := n.AU, s.Units[n.AU.ID]
		modes := launch.Modes(au, u.State)
		l := line{
			Title: au.Title.In(lang), Text: more(au.Title, au.Description, lang), Depth: min(depth, 3), AU: au.ID, Rule: string(au.MoveOn),
			Words: words(u), Score: percent(u.Score), Done: done(au, u), First: modes[0], Look: len(modes) > 1,
			Apart: apart(au), Online: au.Online, Mastery: percent(au.MasteryScore),
		}
		lines = append(lines, l)
	}
	return lines
}

// more is a description that says more than its title: it is required of
// courses, and often the same.
func more(title, description course.Text, lang string) string {
	if description.In(lang) == title.In(lang) {
		return ""
	}
	return description.In(lang)
}

// apart reports whether an AU opens in a window of its own: its course asks
// for it, or it comes from elsewhere, which no page of the box frames.
func apart(au *course.AU) bool { return au.LaunchMethod == course.OwnWindow || au.Online }

// done reports whether somebody is through with an AU; one that nothing is
// asked of, once it was done all the same.
func done(au *course.AU, u launch.Unit) bool {
	return u.Meets(au.MoveOn) && (au.MoveOn != course.NotApplicable || u.Completed || u.Passed || u.Waived)
}

// words say how far an AU is.
func words(u launch.Unit) (all []string) {
	if u.Waived {
		return []string{"waived"}
	}
	if u.Completed {
		all = append(all, "completed")
	}
	switch {
	case u.Passed:
		all = append(all, "passed")
	case u.Failed:
		all = append(all, "failed")
	}
	if len(all) == 0 && u.Begun {
		all = append(all, "begun")
	}
	return all
}

func percent(score *float64) string {
	if score == nil {
		return ""
	}
	return strconv.Itoa(int(*score*100+.5)) + " %"
}
