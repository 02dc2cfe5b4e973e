package protocol

// event is a message with a number: a change of the room, kept for those who
// come back.
type event interface {
	Message
	number() *int64
}

func (m *StageSet) number() *int64     { return &m.Seq }
func (m *AttentionSet) number() *int64 { return &m.Seq }
func (m *Ended) number() *int64        { return &m.Seq }
func (m *Inked) number() *int64        { return &m.Seq }
func (m *Rubbed) number() *int64       { return &m.Seq }
func (m *ChalkSet) number() *int64     { return &m.Seq }
func (m *QuestionSet) number() *int64  { return &m.Seq }
func (m *TimerSet) number() *int64     { return &m.Seq }

// Number gives an event its number; other messages have none.
func Number(m Message, seq int64) {
	if ev, ok := m.(event); ok {
		*ev.number() = seq
	}
}

// SeqOf returns an event's number; false for what is no event.
func SeqOf(m Message) (int64, bool) {
	ev, ok := m.(event)
	if !ok {
		return 0, false
	}
	return *ev.number(), true
}
