package progress

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
	"unicode"
	"unicode/utf8"

	"preau"
)

// Bounds of a post. A film is at most a day, a post at most what a tablet
// gathers in a lesson.
const (
	MaxPost     = 16 << 10 // bytes of JSON
	maxSegments = 200
	maxLength   = 24 * time.Hour
	maxPlayed   = 6 * time.Hour // in one post, replays included
	maxItem     = 512           // bytes
	fastClock   = 2 * time.Minute
	oldestPost  = 60 * 24 * time.Hour
)

// Post is what a player tells: what was played since its last post.
type Post struct {
	ID           preau.ID // made by the tablet; the same id again is the same post
	Item         string
	Registration preau.ID
	Segments     []Segment
	Position     int64 // ms
	Length       int64 // ms
	At           time.Time
	Event        string // "", "pause", "ended" or "left"
	Seen                // how it was watched
}

// Seen says by which means a film was followed; none of it is required.
type Seen struct {
	Captions         bool    `json:"captions,omitempty"`
	AudioDescription bool    `json:"audio_description,omitempty"`
	SignLanguage     bool    `json:"sign_language,omitempty"`
	Speed            float64 `json:"speed,omitempty"`
	Device           string  `json:"device,omitempty"`  // tablet, phone, computer or board
	Offline          bool    `json:"offline,omitempty"` // made while the box was out of reach
}

// wire is a post's JSON: seconds, as players count.
type wire struct {
	ID           preau.ID     `json:"id"`
	Item         string       `json:"item"`
	Registration preau.ID     `json:"registration"`
	Segments     [][2]float64 `json:"segments"`
	Position     float64      `json:"position"`
	Length       float64      `json:"length"`
	At           time.Time    `json:"at"`
	Event        string       `json:"event,omitempty"`
	Seen
}

// ParsePost reads the JSON of a post and checks its bounds.
func ParsePost(raw []byte) (Post, error) {
	if len(raw) > MaxPost {
		return Post{}, preau.E(preau.TooLarge, fmt.Sprintf("the post is over %d bytes", MaxPost), "Send what was played in smaller parts.", nil)
	}
	var w wire
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&w); err != nil {
		return Post{}, invalid("the post is not the JSON expected here", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Post{}, invalid("the post holds more than one JSON value", nil)
	}
	return w.post()
}

func invalid(text string, cause error) error {
	return preau.E(preau.Invalid, text, "See /api/v1/openapi.json.", cause)
}

func (w wire) post() (Post, error) {
	if err := checkWhat(w.ID, w.Item, w.Registration, w.At); err != nil {
		return Post{}, err
	}
	p := Post{ID: w.ID, Item: w.Item, Registration: w.Registration, At: w.At, Event: w.Event, Seen: w.Seen}
	switch w.Event {
	case "", "pause", "ended", "left":
	default:
		return Post{}, invalid(fmt.Sprintf("%.20q is no event of a player", w.Event), nil)
	}
	if !within(w.Length, 0, maxLength.Seconds()) || w.Length == 0 {
		return Post{}, invalid("the film's length is not between 0 and 24 hours", nil)
	}
	p.Length = milliseconds(w.Length)
	if !within(w.Position, 0, w.Length+1) {
		return Post{}, invalid("the position is outside the film", nil)
	}
	p.Position = min(milliseconds(w.Position), p.Length)
	if w.Speed != 0 && !within(w.Speed, 0.1, 16) {
		return Post{}, invalid("the speed is not one a player has", nil)
	}
	if len(w.Segments) > maxSegments {
		return Post{}, preau.E(preau.TooLarge, fmt.Sprintf("a post has at most %d segments", maxSegments), "Send what was played in smaller parts.", nil)
	}
	for _, s := range w.Segments {
		if !within(s[0], 0, w.Length) || !within(s[1], s[0], w.Length+1) || s[0] == s[1] {
			return Post{}, invalid("a segment is not within the film, start before end", nil)
		}
		m := Segment{milliseconds(s[0]), min(milliseconds(s[1]), p.Length)}
		if m[0] < m[1] { // a slip of less than a millisecond is no play
			p.Segments = append(p.Segments, m)
		}
	}
	if span(total(p.Segments)) > maxPlayed {
		return Post{}, invalid("nobody watches more than six hours between two posts", nil)
	}
	switch w.Device {
	case "", "tablet", "phone", "computer", "board":
	default:
		return Post{}, invalid(fmt.Sprintf("%.20q is no kind of device", w.Device), nil)
	}
	return p, nil
}

// checkWhat checks the fields that all posts share.
func checkWhat(id preau.ID, item string, registration preau.ID, at time.Time) error {
	switch {
	case id.IsZero() || registration.IsZero() || at.IsZero():
		return invalid("a post needs an id, a registration and a time", nil)
	case item == "" || len(item) > maxItem || !utf8.ValidString(item):
		return invalid("the item has no usable id", nil)
	}
	for _, r := range item {
		if unicode.IsControl(r) || unicode.IsSpace(r) {
			return invalid("the item has no usable id", nil)
		}
	}
	return nil
}

// within is false for NaN and infinities too.
func within(v, low, high float64) bool { return v >= low && v <= high }

func milliseconds(s float64) int64 { return int64(math.Round(s * 1000)) }
