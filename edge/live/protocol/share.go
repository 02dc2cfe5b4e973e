package protocol

// ShareAsk asks a pupil to show what is on its tablet (teacher).
type ShareAsk struct {
	Ref    string `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
	Person string `json:"person" max:"64"`
}

// Share answers a teacher's request, or offers by itself (pupil). Yes to a
// request opens the item on the boards, without a name.
type Share struct {
	ID       string  `json:"id,omitempty" max:"64" doc:"of mine.share; absent: the pupil offers, or with yes false takes its offer back"`
	Yes      bool    `json:"yes"`
	Item     string  `json:"item,omitempty" max:"256" doc:"absent: what the tablet's last status says"`
	Position float64 `json:"position,omitempty"`
	Page     int     `json:"page,omitempty" doc:"page of a document, from 1"`
}

// Mine is what concerns one pupil alone: its own stage, its last answer, a
// request. It is sent when it changed, after a welcome that resumed, and
// after another welcome if it is not empty; it replaces the last one.
type Mine struct {
	Stage  *Stage      `json:"stage" doc:"wins over what pupils' tablets show; null: none"`
	Answer *OwnAnswer  `json:"answer" doc:"the pupil's answer to the question on screen, as the box has it"`
	Share  *ShareAsked `json:"share" doc:"the teacher asks to show what is on this tablet"`
	// Lowered tells a pupil whose tablet says its hand again on each page.
	Lowered int64 `json:"lowered,omitempty" doc:"server time in ms when a teacher last put this pupil's hand down"`
}

// OwnAnswer is an answer as it was recorded.
type OwnAnswer struct {
	ID    string `json:"id"`
	Value Value  `json:"value"`
}

// ShareAsked is a request to share.
type ShareAsked struct {
	ID string `json:"id"`
	By string `json:"by" doc:"name of the teacher"`
}

// Offer is what a pupil would show the class.
type Offer struct {
	Item     string  `json:"item"`
	Position float64 `json:"position,omitempty"`
	Page     int     `json:"page,omitempty"`
}

func (*ShareAsk) kind() Kind { return "share-ask" }
func (*Share) kind() Kind    { return "share" }
func (*Mine) kind() Kind     { return "mine" }

func (m *ShareAsk) ref() string { return m.Ref }

func (c *checker) share(m *Share) {
	c.text("id", m.ID, 64)
	c.text("item", m.Item, 256)
	c.number("position", m.Position, 0, MaxPosition)
	c.page(m.Page)
}
