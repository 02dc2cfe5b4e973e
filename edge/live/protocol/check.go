package protocol

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"preau"
)

// Limits of numbers. A position is in seconds, or a page.
const (
	MaxPosition = 7 * 24 * 3600
	MinRate     = 0.25
	MaxRate     = 4
	MaxPages    = 100_000
	MaxFor      = 40      // pupils named by one command
	maxSeq      = 1 << 53 // what a JavaScript number holds exactly
)

// checker gathers the first fault of a message.
type checker struct{ err error }

func (c *checker) fail(field, want string) {
	if c.err == nil {
		c.err = preau.E(preau.Invalid, fmt.Sprintf("field %q must be %s", field, want), "See docs/live-protocol.md.", nil)
	}
}

func (c *checker) text(field, s string, most int) {
	if len(s) > most {
		c.fail(field, fmt.Sprintf("at most %d bytes", most))
	}
	for _, r := range s {
		if r < ' ' || r == 0x7f {
			c.fail(field, "without control characters")
			return
		}
	}
}

func (c *checker) needed(field, s string, most int) {
	if s == "" {
		c.fail(field, "given")
	}
	c.text(field, s, most)
}

func (c *checker) number(field string, v, least, most float64) {
	if math.IsNaN(v) || v < least || v > most {
		c.fail(field, fmt.Sprintf("between %g and %g", least, most))
	}
}

func (c *checker) target(t Target) {
	switch t {
	case "", ToAll, ToBoards, ToPupils:
	default:
		c.fail("to", "all, boards or pupils")
	}
}

func (c *checker) oneOf(field, s string, list ...string) {
	if !slices.Contains(list, s) {
		c.fail(field, strings.Join(list, ", "))
	}
}

// names checks a list of texts: how many, how long, and that none is empty.
func (c *checker) names(field string, list []string, most, long int) {
	if list != nil && len(list) == 0 {
		c.fail(field, "absent, or not empty") // absent means all: nobody is not everybody
	}
	if len(list) > most {
		c.fail(field, fmt.Sprintf("at most %d", most))
	}
	for _, s := range list {
		c.needed(field, s, long)
	}
}

func (c *checker) page(n int) { c.number("page", float64(n), 0, MaxPages) }

// aim checks whose screens a command is for.
func (c *checker) aim(m Message) {
	to, only := AimOf(m)
	c.target(to)
	c.names("for", only, MaxFor, 64)
	if len(only) > 0 && to != ToPupils {
		c.fail("to", "pupils when \"for\" names some")
	}
}

// check refuses what a client may not say. Server messages pass.
func check(m Message) error {
	var c checker
	c.text("ref", RefOf(m), 64)
	c.aim(m)
	switch m := m.(type) {
	case *Hello:
		c.text("room", m.Room, 64)
		c.number("epoch", float64(m.Epoch), 0, maxSeq)
		c.number("seq", float64(m.Seq), 0, maxSeq)
	case *Open:
		c.open(m)
	case *Play:
		c.position(m.Position)
	case *Pause:
		c.position(m.Position)
	case *Seek:
		c.position(&m.Position)
	case *SetRate:
		c.number("rate", m.Rate, MinRate, MaxRate)
	case *Lower:
		c.needed("person", m.Person, 64)
	case *Draw:
		c.ink(m)
	case *Rub:
		c.rub(m)
	case *Point:
		c.point(m)
	case *Ask:
		c.ask(m)
	case *AskClose:
		c.askClose(m)
	case *AskEnd:
		c.needed("id", m.ID, 64)
	case *AskShow:
		c.needed("id", m.ID, 64)
		c.text("person", m.Person, 64)
	case *Answer:
		c.needed("id", m.ID, 64)
		c.value("value", m.Value)
	case *TimerStart:
		c.number("seconds", float64(m.Seconds), 1, MaxTimer)
		c.text("text", m.Text, 200)
	case *ShareAsk:
		c.needed("person", m.Person, 64)
	case *Share:
		c.share(m)
	case *Invite:
		c.needed("person", m.Person, 64)
	case *Ack:
		c.number("seq", float64(m.Seq), 0, maxSeq)
	case *Status:
		c.status(m)
	case *Ready:
		c.number("width", float64(m.Width), 0, 1<<16)
		c.number("height", float64(m.Height), 0, 1<<16)
	}
	return c.err
}

func (c *checker) position(p *float64) {
	if p != nil {
		c.number("position", *p, 0, MaxPosition)
	}
}

func (c *checker) open(m *Open) {
	c.needed("item", m.Item, 256)
	c.text("asset", m.Asset, 256)
	c.position(&m.Position)
	c.number("at", float64(m.At), 0, maxSeq)
	if m.Rate != 0 {
		c.number("rate", m.Rate, MinRate, MaxRate)
	}
	c.page(m.Page)
	c.text("plan", m.Plan, 64)
	c.number("of", float64(m.Of), 0, MaxPages)
	c.number("step", float64(m.Step), 0, float64(m.Of))
}

func (c *checker) status(m *Status) {
	c.text("item", m.Item, 256)
	c.position(&m.Position)
	c.number("progress", m.Progress, 0, 1)
	if m.Mood != "" {
		c.oneOf("mood", string(m.Mood), string(MoodDone), string(MoodStuck))
	}
}
