package protocol

import (
	"fmt"
	"math"

	"preau"
)

// Limits of numbers. A position is in seconds, or a page.
const (
	MaxPosition = 7 * 24 * 3600
	MinRate     = 0.25
	MaxRate     = 4
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

// check refuses what a client may not say. Server messages pass.
func check(m Message) error {
	var c checker
	position := func(p *float64) {
		if p != nil {
			c.number("position", *p, 0, MaxPosition)
		}
	}
	c.text("ref", RefOf(m), 64)
	switch m := m.(type) {
	case *Hello:
		c.text("room", m.Room, 64)
		c.number("epoch", float64(m.Epoch), 0, maxSeq)
		c.number("seq", float64(m.Seq), 0, maxSeq)
	case *Open:
		c.target(m.To)
		c.needed("item", m.Item, 256)
		c.text("asset", m.Asset, 256)
		c.number("position", m.Position, 0, MaxPosition)
		c.number("at", float64(m.At), 0, maxSeq)
		if m.Rate != 0 {
			c.number("rate", m.Rate, MinRate, MaxRate)
		}
	case *Play:
		c.target(m.To)
		position(m.Position)
	case *Pause:
		c.target(m.To)
		position(m.Position)
	case *Seek:
		c.target(m.To)
		c.number("position", m.Position, 0, MaxPosition)
	case *SetRate:
		c.target(m.To)
		c.number("rate", m.Rate, MinRate, MaxRate)
	case *Close:
		c.target(m.To)
	case *Lower:
		c.needed("person", m.Person, 64)
	case *Ack:
		c.number("seq", float64(m.Seq), 0, maxSeq)
	case *Status:
		c.text("item", m.Item, 256)
		c.number("position", m.Position, 0, MaxPosition)
		c.number("progress", m.Progress, 0, 1)
		if m.Mood != "" && m.Mood != MoodDone && m.Mood != MoodStuck {
			c.fail("mood", "done, stuck or absent")
		}
	case *Ready:
		c.number("width", float64(m.Width), 0, 1<<16)
		c.number("height", float64(m.Height), 0, 1<<16)
	}
	return c.err
}
