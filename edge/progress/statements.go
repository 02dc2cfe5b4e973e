package progress

import (
	"crypto/sha256"
	"encoding/json"
	"math"
	"strconv"

	"preau"
	"preau/sync/journal"
)

// Extensions of the xAPI video profile, w3id.org/xapi/video. Its concepts
// declare cc-subtitle-enabled while its templates say cc-enabled: we write
// what is declared.
const (
	ext             = "https://w3id.org/xapi/video/extensions/"
	extTime         = ext + "time"
	extTimeFrom     = ext + "time-from"
	extTimeTo       = ext + "time-to"
	extLength       = ext + "length"
	extProgress     = ext + "progress"
	extSegments     = ext + "played-segments"
	extThreshold    = ext + "completion-threshold"
	extSession      = ext + "session-id"
	extCaptions     = ext + "cc-subtitle-enabled"
	extSpeed        = ext + "speed"
	ownExt          = "https://preau.example/xapi/extensions/"
	extAudioDesc    = ownExt + "audio-description"
	extSignLanguage = ownExt + "sign-language"
)

// maxJumps is how many seeks of one post are said one by one; the segments
// tell the rest.
const maxJumps = 20

type object = map[string]any

// told is what a post adds to the journal: initialized with the first, played
// with what was played, seeked for its jumps, completed once, and what the
// pupil did last. Only played has a duration, that of this post, so that time
// spent is its sum.
func (p *Progress) told(r *row, post Post, first, completes bool) []*preau.Statement {
	var sts []*preau.Statement
	say := func(what, verb string, result object) {
		sts = append(sts, &preau.Statement{
			ID: derive(post.ID, what), Stream: preau.StreamLearning, Actor: r.who.Person, Verb: verb, Object: r.item, ObjectKind: r.kind,
			Result: encode(result), Context: encode(p.context(r, post)), Timestamp: post.At,
		})
	}
	state := func() object {
		return object{"extensions": object{extTime: sec(post.Position), extProgress: round(r.progress()), extSegments: played(r.segments)}}
	}
	if first {
		say("initialized", journal.VerbInitialized, nil)
	}
	if len(post.Segments) > 0 {
		say("played", journal.VerbPlayed, object{"duration": "PT" + seconds(total(post.Segments)) + "S",
			"extensions": object{extTime: sec(post.Segments[0][0]), extSegments: played(post.Segments)}})
	}
	jumps := 0
	for i := 1; i < len(post.Segments) && jumps < maxJumps; i++ {
		from, to := post.Segments[i-1][1], post.Segments[i][0]
		if to-from > join || from-to > join {
			jumps++
			say("seeked"+strconv.Itoa(i), journal.VerbSeeked, object{"extensions": object{extTimeFrom: sec(from), extTimeTo: sec(to)}})
		}
	}
	if completes {
		say("completed", journal.VerbCompleted, with(state(), "completion", true))
	}
	switch post.Event {
	case "pause":
		say("paused", journal.VerbPaused, state())
	case "ended", "left":
		say("terminated", journal.VerbTerminated, state())
	}
	return sts
}

func (p *Progress) context(r *row, post Post) object {
	extensions := object{extLength: sec(r.length), extThreshold: p.config.Threshold, extSession: post.Registration, extCaptions: post.Captions}
	if post.AudioDescription {
		extensions[extAudioDesc] = true
	}
	if post.SignLanguage {
		extensions[extSignLanguage] = true
	}
	if post.Speed != 0 && post.Speed != 1 {
		extensions[extSpeed] = post.Speed
	}
	return with(r.context(post.Device, post.Offline), "extensions", extensions)
}

// context is what all statements of a registration share.
func (r *row) context(device string, offline bool) object {
	c := object{"registration": r.registration, "group": r.who.Group}
	if device != "" {
		c["device"] = device
	}
	if offline {
		c["offline"] = true
	}
	return c
}

func with(o object, key string, value any) object {
	o[key] = value
	return o
}

func encode(o object) json.RawMessage {
	if o == nil {
		return nil
	}
	raw, err := json.Marshal(o)
	if err != nil {
		panic(err) // numbers were checked: finite, and the rest is ours
	}
	return raw
}

// derive makes the id of a statement out of its post's, so that even a post
// whose trace was forgotten says nothing twice.
func derive(post preau.ID, what string) (id preau.ID) {
	sum := sha256.Sum256(append(append([]byte("preau progress\x00"), post[:]...), what...))
	copy(id[:], sum[:])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // version 8: made our own way
	return id
}

func sec(ms int64) float64 { return float64(ms) / 1000 }

func round(v float64) float64 { return math.Round(v*1000) / 1000 }
