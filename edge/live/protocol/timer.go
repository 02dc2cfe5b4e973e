package protocol

// MaxTimer is the longest time that is counted down, in seconds.
const MaxTimer = 24 * 3600

// TimerStart starts a countdown; it replaces one that runs (teacher).
type TimerStart struct {
	Ref     string `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
	To      Target `json:"to,omitempty" enum:"all,boards,pupils" doc:"whose screens; all by default"`
	Seconds int    `json:"seconds" doc:"1 to 86400"`
	Text    string `json:"text,omitempty" max:"200" doc:"what the time is for"`
}

// TimerStop takes it off the screens (teacher).
type TimerStop struct {
	Ref string `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
}

// TimerPause holds it (teacher).
type TimerPause struct {
	Ref string `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
}

// TimerGo lets it run on (teacher).
type TimerGo struct {
	Ref string `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
}

// Timer is a countdown on screens.
type Timer struct {
	ID     string `json:"id"`
	To     Target `json:"to" enum:"all,boards,pupils" doc:"whose screens show it"`
	Ends   int64  `json:"ends,omitempty" doc:"server time in ms at which it is over; absent when paused"`
	Left   int64  `json:"left,omitempty" doc:"ms, when paused"`
	Paused bool   `json:"paused,omitempty"`
	Total  int64  `json:"total" doc:"ms it was started for"`
	Text   string `json:"text,omitempty"`
}

// TimerSet is the event of the timer's commands.
type TimerSet struct {
	Seq   int64  `json:"seq"`
	Timer *Timer `json:"timer" doc:"null: none any more"`
}

func (*TimerStart) kind() Kind { return "timer" }
func (*TimerStop) kind() Kind  { return "timer-stop" }
func (*TimerPause) kind() Kind { return "timer-pause" }
func (*TimerGo) kind() Kind    { return "timer-go" }
func (*TimerSet) kind() Kind   { return "timer" }

func (m *TimerStart) ref() string { return m.Ref }
func (m *TimerStop) ref() string  { return m.Ref }
func (m *TimerPause) ref() string { return m.Ref }
func (m *TimerGo) ref() string    { return m.Ref }

func (m *TimerStart) aim() (Target, []string) { return m.To, nil }
