package protocol

// Chalk lets whoever stands at a board draw on it, or no longer (teacher).
type Chalk struct {
	Ref string `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
	On  bool   `json:"on"`
}

// ChalkSet is the event of Chalk.
type ChalkSet struct {
	Seq int64 `json:"seq"`
	On  bool  `json:"on"`
}

func (*Chalk) kind() Kind    { return "chalk" }
func (*ChalkSet) kind() Kind { return "chalk" }

func (m *Chalk) ref() string { return m.Ref }
