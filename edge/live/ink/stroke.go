package ink

import (
	"math"

	"preau"
	"preau/edge/live/protocol"
)

func invalid(text string) error {
	return preau.E(preau.Invalid, text, "See docs/live-protocol.md.", nil)
}

// Check refuses a stroke, or with more the next piece of one, that no screen
// would send.
func Check(s protocol.Stroke, more bool) error {
	switch {
	case s.ID == "" || len(s.ID) > 32 || !word(s.ID):
		return invalid("a stroke's id is 1 to 32 letters, digits, _ or -")
	case len(s.Points) == 0 || len(s.Points)%3 != 0:
		return invalid("a stroke's points are x, y and pressure, at least once")
	case len(s.Points) > 3*MaxPoints:
		return tooLong()
	case more: // tool, colour and width are as they were
	case s.Tool != "pen" && s.Tool != "marker" && s.Tool != "line" && s.Tool != "arrow":
		return invalid("a stroke's tool is pen, marker, line or arrow")
	case !colour(s.Color):
		return invalid("a stroke's colour is written #rrggbb")
	case !(s.Width >= protocol.MinWidth && s.Width <= protocol.MaxWidth): // NaN too
		return invalid("a stroke's width is 0.002 to 0.05 of the box")
	}
	for _, v := range s.Points {
		if !(v >= 0 && v <= 1) {
			return invalid("a stroke's points lie between 0 and 1")
		}
	}
	return nil
}

func tooLong() error {
	return preau.E(preau.Conflict, "this stroke is too long", "Lift the pen and go on.", nil)
}

func word(s string) bool {
	for _, c := range []byte(s) {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}

func colour(s string) bool {
	if len(s) != 7 || s[0] != '#' {
		return false
	}
	for _, c := range []byte(s[1:]) {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			return false
		}
	}
	return true
}

// snap puts coordinates on the grid, written in at most four decimals: what
// was snapped once stays as it is.
func snap(points []float64) []float64 {
	out := make([]float64, len(points))
	for i, v := range points {
		out[i] = math.Round(math.Round(v*grid)/grid*1e4) / 1e4
	}
	return out
}

// cost is about how many bytes of JSON a stroke is; never less.
func cost(s protocol.Stroke) int { return 96 + len(s.ID) + 7*len(s.Points) } // "0.1234,"
