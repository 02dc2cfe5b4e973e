package protocol

// Stroke is one line drawn over what is on screen. Coordinates go from 0 to 1
// over the content's box, whatever its size on a screen.
type Stroke struct {
	ID     string    `json:"id" max:"32" doc:"made by the one who draws"`
	Tool   string    `json:"tool,omitempty" enum:"pen,marker,line,arrow"`
	Color  string    `json:"color,omitempty" max:"7" doc:"#rrggbb"`
	Width  float64   `json:"width,omitempty" doc:"of the box's width: 0.002 to 0.05"`
	Points []float64 `json:"points" most:"1536" doc:"x, y, pressure, x, y, pressure…: each 0 to 1, in steps of 1/4096"`
}

// Draw adds ink to a stage (teacher; board while it may be written on).
type Draw struct {
	Ref     string   `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
	To      Target   `json:"to,omitempty" enum:"all,boards,pupils" doc:"whose screens; all by default"`
	Launch  string   `json:"launch" max:"64" doc:"of the stage drawn on"`
	Page    int      `json:"page,omitempty" doc:"page of a document, from 1"`
	Strokes []Stroke `json:"strokes" most:"64"`
	More    bool     `json:"more,omitempty" doc:"points for strokes sent before, by their id; tool, color and width are as they were"`
}

// Rub takes ink away (teacher; board while it may be written on).
type Rub struct {
	Ref    string   `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
	Launch string   `json:"launch" max:"64"`
	Page   int      `json:"page,omitempty" doc:"page of a document, from 1"`
	IDs    []string `json:"ids,omitempty" most:"256" max:"32" doc:"strokes; absent: all of the page"`
}

// Point shows where somebody points, while it lasts (teacher; board while it
// may be written on). It has no answer.
type Point struct {
	Launch string  `json:"launch" max:"64"`
	Page   int     `json:"page,omitempty" doc:"page of a document, from 1"`
	X      float64 `json:"x" doc:"0 to 1; under 0: gone"`
	Y      float64 `json:"y" doc:"0 to 1"`
}

// Layer is the ink over one stage, or one page of it.
type Layer struct {
	Launch  string   `json:"launch"`
	Page    int      `json:"page,omitempty"`
	To      Target   `json:"to" enum:"all,boards,pupils"`
	Strokes []Stroke `json:"strokes"`
}

// Inked is the event of Draw.
type Inked struct {
	Seq     int64    `json:"seq"`
	To      Target   `json:"to" enum:"all,boards,pupils"`
	Launch  string   `json:"launch"`
	Page    int      `json:"page,omitempty"`
	Strokes []Stroke `json:"strokes"`
	More    bool     `json:"more,omitempty" doc:"the points continue strokes that are there"`
}

// Rubbed is the event of Rub.
type Rubbed struct {
	Seq    int64    `json:"seq"`
	Launch string   `json:"launch"`
	Page   int      `json:"page,omitempty"`
	IDs    []string `json:"ids,omitempty" doc:"absent: all of the page"`
}

// Pointed is the latest Point. It has no number: one that was missed is past.
type Pointed struct {
	Launch string  `json:"launch"`
	Page   int     `json:"page,omitempty"`
	X      float64 `json:"x" doc:"under 0: gone"`
	Y      float64 `json:"y"`
}

func (*Draw) kind() Kind    { return "ink" }
func (*Rub) kind() Kind     { return "rub" }
func (*Point) kind() Kind   { return "point" }
func (*Inked) kind() Kind   { return "ink" }
func (*Rubbed) kind() Kind  { return "rub" }
func (*Pointed) kind() Kind { return "point" }

func (m *Draw) ref() string { return m.Ref }
func (m *Rub) ref() string  { return m.Ref }

func (m *Draw) aim() (Target, []string) { return m.To, nil }

// Limits of ink.
const (
	MinWidth = 0.002
	MaxWidth = 0.05
)

func (c *checker) ink(m *Draw) {
	c.needed("launch", m.Launch, 64)
	c.page(m.Page)
	c.target(m.To)
	if len(m.Strokes) == 0 || len(m.Strokes) > 64 {
		c.fail("strokes", "1 to 64 strokes")
	}
	for i := range m.Strokes {
		c.stroke(&m.Strokes[i], m.More)
	}
}

func (c *checker) stroke(s *Stroke, more bool) {
	c.needed("id", s.ID, 32)
	if !more || s.Tool != "" {
		c.oneOf("tool", s.Tool, "pen", "marker", "line", "arrow")
	}
	if (!more || s.Color != "") && !color(s.Color) {
		c.fail("color", "like #1a2b3c")
	}
	if !more || s.Width != 0 {
		c.number("width", s.Width, MinWidth, MaxWidth)
	}
	if len(s.Points) == 0 || len(s.Points)%3 != 0 || len(s.Points) > 1536 {
		c.fail("points", "x, y and pressure of 1 to 512 points")
	}
	for _, v := range s.Points {
		c.number("points", v, 0, 1)
	}
}

func (c *checker) rub(m *Rub) {
	c.needed("launch", m.Launch, 64)
	c.page(m.Page)
	c.names("ids", m.IDs, 256, 32)
}

func (c *checker) point(m *Point) {
	c.needed("launch", m.Launch, 64)
	c.page(m.Page)
	c.number("x", m.X, -1, 1)
	c.number("y", m.Y, -1, 1)
}

// color reports whether s is #rrggbb.
func color(s string) bool {
	if len(s) != 7 || s[0] != '#' {
		return false
	}
	for _, r := range s[1:] {
		if (r < '0' || r > '9') && (r < 'a' || r > 'f') && (r < 'A' || r > 'F') {
			return false
		}
	}
	return true
}
