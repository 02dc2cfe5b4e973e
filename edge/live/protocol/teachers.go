package protocol

// Invite adds a colleague to the room's teachers (teacher).
type Invite struct {
	Ref    string `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
	Person string `json:"person" max:"64"`
}

// Leave takes the caller off the room's teachers; refused to the last one
// (teacher). To hand the room over is to invite, then to leave.
type Leave struct {
	Ref string `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
}

// Teachers tells a room's teachers who they are.
type Teachers struct {
	Teachers []Colleague `json:"teachers"`
}

// Colleague is one teacher of a room.
type Colleague struct {
	ID     string `json:"id"`
	Name   string `json:"name,omitempty"`
	Online bool   `json:"online"`
}

func (*Invite) kind() Kind   { return "invite" }
func (*Leave) kind() Kind    { return "leave" }
func (*Teachers) kind() Kind { return "teachers" }

func (m *Invite) ref() string { return m.Ref }
func (m *Leave) ref() string  { return m.Ref }
