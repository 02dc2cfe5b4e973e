package protocol

import (
	"errors"

	"preau"
)

// Welcome answers hello, and comes again whenever the caller must start
// afresh: it entered a room, it fell too far behind, the room ended. It
// replaces everything the client knew.
type Welcome struct {
	You     You    `json:"you"`
	Now     int64  `json:"now" doc:"server time, ms since 1970"`
	Ping    int64  `json:"ping" doc:"send a ping about this often, in ms; silence of twice that means: reconnect"`
	Room    *Room  `json:"room,omitempty" doc:"absent while waiting for a room"`
	Epoch   int64  `json:"epoch,omitempty" doc:"to give back in hello"`
	Seq     int64  `json:"seq,omitempty" doc:"number of the last event in state"`
	Resumed bool   `json:"resumed,omitempty" doc:"the events missed follow and state is absent: keep what you have"`
	State   *State `json:"state,omitempty"`
}

// You is who the server takes the caller for.
type You struct {
	ID   string `json:"id" doc:"local id of the person or of the board"`
	Role Role   `json:"role" enum:"teacher,pupil,board"`
	Name string `json:"name,omitempty"`
}

// Room is a class in session.
type Room struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
	Group string `json:"group,omitempty" doc:"the class"`
}

// State is all a late comer needs.
type State struct {
	Boards    *Stage `json:"boards" doc:"what boards show; null: nothing"`
	Pupils    *Stage `json:"pupils" doc:"what pupils' tablets show; null: their own work"`
	Attention bool   `json:"attention"`

	Ink      []Layer   `json:"ink,omitempty" doc:"over the stages that are shown"`
	Chalk    bool      `json:"chalk,omitempty" doc:"boards may be drawn on"`
	Question *Question `json:"question,omitempty"`
	Timer    *Timer    `json:"timer,omitempty"`
}

// Stage is an intent: item X at position P, playing or not, at server time T.
// Where it stands now is Position + (now-At)/1000 × Rate while Playing.
type Stage struct {
	Launch   string  `json:"launch" doc:"new at each open: the same launch never interrupts twice"`
	Item     string  `json:"item"`
	Kind     string  `json:"kind,omitempty" doc:"kind of item: video, document…"`
	Title    string  `json:"title,omitempty"`
	Asset    string  `json:"asset,omitempty"`
	Position float64 `json:"position"`
	Playing  bool    `json:"playing"`
	Rate     float64 `json:"rate"`
	At       int64   `json:"at" doc:"server time, ms since 1970; may be a little ahead so that all start together"`
	By       string  `json:"by,omitempty" doc:"name of the teacher who opened it"`
	Page     int     `json:"page,omitempty" doc:"page of a document or of a pack, from 1"`
	Pages    int     `json:"pages,omitempty" doc:"of how many, when the box knows: how many HTML pages a pack has"`
	Plan     string  `json:"plan,omitempty" doc:"diaporama: the plan that is stepped through"`
	Step     int     `json:"step,omitempty" doc:"diaporama: which step, from 1"`
	Of       int     `json:"of,omitempty" doc:"diaporama: of how many"`
}

// StageSet is the event of every teacher's command on a stage. It carries the
// whole new stage: applying it twice, or skipping one before it, does no harm.
type StageSet struct {
	Seq   int64  `json:"seq"`
	Why   Kind   `json:"why" enum:"open,play,pause,seek,rate,close" doc:"the command behind it"`
	To    Target `json:"to" enum:"all,boards,pupils"`
	Stage *Stage `json:"stage" doc:"null: nothing is shown any more"`
}

// AttentionSet is the event of the attention command.
type AttentionSet struct {
	Seq int64  `json:"seq"`
	On  bool   `json:"on"`
	By  string `json:"by,omitempty"`
}

// Ended is a room's last event; a welcome without a room follows.
type Ended struct {
	Seq int64 `json:"seq"`
}

// Presence tells a teacher who is here. A full one replaces the list; another
// replaces the members it names.
type Presence struct {
	Full    bool     `json:"full,omitempty"`
	Members []Member `json:"members"`
}

// Member is one person or board of a room, as its teacher sees it.
type Member struct {
	ID       string  `json:"id"`
	Role     Role    `json:"role" enum:"teacher,pupil,board"`
	Name     string  `json:"name,omitempty"`
	Online   bool    `json:"online"`
	Hand     int64   `json:"hand,omitempty" doc:"server time in ms when the hand went up; absent: down"`
	Item     string  `json:"item,omitempty"`
	Position float64 `json:"position,omitempty"`
	Playing  bool    `json:"playing,omitempty"`
	Progress float64 `json:"progress,omitempty"`
	Mood     Mood    `json:"mood,omitempty" enum:"done,stuck"`
	Acked    int64   `json:"acked,omitempty" doc:"last event applied"`
	Ready    bool    `json:"ready,omitempty" doc:"boards: can show what it is given"`
	Seen     int64   `json:"seen" doc:"server time in ms of the last word"`
	Group    string  `json:"group,omitempty" doc:"a pupil's class"`
	Since    int64   `json:"since,omitempty" doc:"server time in ms since which mood and hand are as they are"`
	Stage    string  `json:"stage,omitempty" doc:"launch of the pupil's own stage, when it has one"`
	Share    string  `json:"share,omitempty" enum:"asked,yes,no" doc:"what became of the last request to share"`
	Offer    *Offer  `json:"offer,omitempty" doc:"what the pupil offers to show"`
}

// Count tells a board how many pupils are here; never who.
type Count struct {
	Pupils int `json:"pupils"`
	Hands  int `json:"hands"`
}

// OK answers a command once it is recorded on the box's disk.
type OK struct {
	Ref string `json:"ref,omitempty"`
	Seq int64  `json:"seq" doc:"number of the event it became"`
}

// Failure answers a message that was refused. The connection stays open.
type Failure struct {
	Ref    string `json:"ref,omitempty"`
	Kind   string `json:"kind" doc:"stable name: invalid, forbidden, not-found, rate-limited, full, unavailable…"`
	Text   string `json:"text" doc:"what failed, for people"`
	Remedy string `json:"remedy,omitempty" doc:"what to do"`
}

// Refusal says why a message, if it is known, was refused: in words meant for
// people.
func Refusal(m Message, err error) *Failure {
	f := &Failure{Kind: preau.KindOf(err).String(), Text: "the box could not do this", Remedy: preau.RemedyOf(err)}
	if e, ok := errors.AsType[*preau.Error](err); ok {
		f.Text = e.Text
	}
	if m != nil {
		f.Ref = RefOf(m)
	}
	return f
}

// Pong answers ping.
type Pong struct {
	C   float64 `json:"c" doc:"as received"`
	Now int64   `json:"now" doc:"server time, ms since 1970"`
}

func (*Welcome) kind() Kind      { return "welcome" }
func (*StageSet) kind() Kind     { return "stage" }
func (*AttentionSet) kind() Kind { return "attention" }
func (*Ended) kind() Kind        { return "ended" }
func (*Presence) kind() Kind     { return "presence" }
func (*Count) kind() Kind        { return "count" }
func (*OK) kind() Kind           { return "ok" }
func (*Failure) kind() Kind      { return "error" }
func (*Pong) kind() Kind         { return "pong" }
