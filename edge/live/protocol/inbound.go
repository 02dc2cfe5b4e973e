package protocol

// Hello opens the conversation and must come first. A client that was in a
// room gives its epoch and the last number it applied, and receives what it
// missed; without them it receives the whole state.
type Hello struct {
	Room  string `json:"room,omitempty" max:"64" doc:"room to enter; without it the server finds the caller's room, or lets it wait for one"`
	Epoch int64  `json:"epoch,omitempty" doc:"epoch of the last welcome"`
	Seq   int64  `json:"seq,omitempty" doc:"last number applied"`
}

// Ping measures the clock: the answer carries C back with the server's time.
type Ping struct {
	C float64 `json:"c" doc:"the client's clock, in milliseconds; opaque to the server"`
}

// Open puts an item on screens (teacher).
type Open struct {
	Ref      string   `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
	To       Target   `json:"to,omitempty" enum:"all,boards,pupils" doc:"whose screens; all by default"`
	For      []string `json:"for,omitempty" most:"40" max:"64" doc:"only these pupils' tablets, by person id; needs to:\"pupils\""`
	Item     string   `json:"item" max:"256" doc:"item id"`
	Asset    string   `json:"asset,omitempty" max:"256" doc:"which file, when not the main one"`
	Position float64  `json:"position,omitempty" doc:"seconds, or page number"`
	Playing  bool     `json:"playing,omitempty"`
	Rate     float64  `json:"rate,omitempty" doc:"0.25 to 4; 1 by default"`
	At       int64    `json:"at,omitempty" doc:"server time in ms at which position holds; a little after now by default"`
	Page     int      `json:"page,omitempty" doc:"page of a document or of a pack, from 1"`
	Plan     string   `json:"plan,omitempty" max:"64" doc:"diaporama: the plan that is stepped through"`
	Step     int      `json:"step,omitempty" doc:"diaporama: which step, from 1"`
	Of       int      `json:"of,omitempty" doc:"diaporama: of how many"`
}

// Play starts from Position, or from where the stage stands (teacher).
type Play struct {
	Ref      string   `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
	To       Target   `json:"to,omitempty" enum:"all,boards,pupils" doc:"whose screens; all by default"`
	For      []string `json:"for,omitempty" most:"40" max:"64" doc:"only these pupils' tablets, by person id; needs to:\"pupils\""`
	Position *float64 `json:"position,omitempty"`
}

// Pause stops at Position, or where the stage stands (teacher).
type Pause struct {
	Ref      string   `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
	To       Target   `json:"to,omitempty" enum:"all,boards,pupils" doc:"whose screens; all by default"`
	For      []string `json:"for,omitempty" most:"40" max:"64" doc:"only these pupils' tablets, by person id; needs to:\"pupils\""`
	Position *float64 `json:"position,omitempty"`
}

// Seek moves without starting or stopping; on a document or a pack the
// position is the page, and one that a pack does not have is refused (teacher).
type Seek struct {
	Ref      string   `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
	To       Target   `json:"to,omitempty" enum:"all,boards,pupils" doc:"whose screens; all by default"`
	For      []string `json:"for,omitempty" most:"40" max:"64" doc:"only these pupils' tablets, by person id; needs to:\"pupils\""`
	Position float64  `json:"position"`
}

// SetRate changes the speed (teacher).
type SetRate struct {
	Ref  string   `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
	To   Target   `json:"to,omitempty" enum:"all,boards,pupils" doc:"whose screens; all by default"`
	For  []string `json:"for,omitempty" most:"40" max:"64" doc:"only these pupils' tablets, by person id; needs to:\"pupils\""`
	Rate float64  `json:"rate" doc:"0.25 to 4"`
}

// Close takes the item off the screens (teacher).
type Close struct {
	Ref string   `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
	To  Target   `json:"to,omitempty" enum:"all,boards,pupils" doc:"whose screens; all by default"`
	For []string `json:"for,omitempty" most:"40" max:"64" doc:"only these pupils' tablets, by person id; needs to:\"pupils\""`
}

// Attention pauses every pupil's screen until it is switched off (teacher).
type Attention struct {
	Ref string `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
	On  bool   `json:"on"`
}

// Lower puts a pupil's hand down (teacher).
type Lower struct {
	Ref    string `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
	Person string `json:"person" max:"64"`
}

// End closes the room (teacher).
type End struct {
	Ref string `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
}

// Hand raises or lowers the caller's own hand (pupil).
type Hand struct {
	Up bool `json:"up"`
}

// Ack says that an event was applied, so that the teacher sees whose screen
// follows (pupil, board).
type Ack struct {
	Seq int64 `json:"seq"`
}

// Status says what the caller's screen shows (pupil, board).
type Status struct {
	Item     string  `json:"item,omitempty" max:"256" doc:"empty: no item is open"`
	Position float64 `json:"position,omitempty"`
	Playing  bool    `json:"playing,omitempty"`
	Progress float64 `json:"progress,omitempty" doc:"0 to 1"`
	Mood     Mood    `json:"mood,omitempty" enum:"done,stuck" doc:"« j'ai fini », « je suis bloqué »"`
}

// Ready says that a board can show what it is given (board).
type Ready struct {
	Width  int `json:"width,omitempty" doc:"CSS pixels"`
	Height int `json:"height,omitempty" doc:"CSS pixels"`
}

// Mood is what a pupil says of an exercise.
type Mood string

// The moods. The empty one is work as usual.
const (
	MoodDone  Mood = "done"
	MoodStuck Mood = "stuck"
)

func (*Hello) kind() Kind     { return "hello" }
func (*Ping) kind() Kind      { return "ping" }
func (*Open) kind() Kind      { return "open" }
func (*Play) kind() Kind      { return "play" }
func (*Pause) kind() Kind     { return "pause" }
func (*Seek) kind() Kind      { return "seek" }
func (*SetRate) kind() Kind   { return "rate" }
func (*Close) kind() Kind     { return "close" }
func (*Attention) kind() Kind { return "attention" }
func (*Lower) kind() Kind     { return "lower" }
func (*End) kind() Kind       { return "end" }
func (*Hand) kind() Kind      { return "hand" }
func (*Ack) kind() Kind       { return "ack" }
func (*Status) kind() Kind    { return "status" }
func (*Ready) kind() Kind     { return "ready" }

func (m *Open) ref() string      { return m.Ref }
func (m *Play) ref() string      { return m.Ref }
func (m *Pause) ref() string     { return m.Ref }
func (m *Seek) ref() string      { return m.Ref }
func (m *SetRate) ref() string   { return m.Ref }
func (m *Close) ref() string     { return m.Ref }
func (m *Attention) ref() string { return m.Ref }
func (m *Lower) ref() string     { return m.Ref }
func (m *End) ref() string       { return m.Ref }

func (m *Open) aim() (Target, []string)    { return m.To, m.For }
func (m *Play) aim() (Target, []string)    { return m.To, m.For }
func (m *Pause) aim() (Target, []string)   { return m.To, m.For }
func (m *Seek) aim() (Target, []string)    { return m.To, m.For }
func (m *SetRate) aim() (Target, []string) { return m.To, m.For }
func (m *Close) aim() (Target, []string)   { return m.To, m.For }
