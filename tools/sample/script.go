package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A script is a film as its author writes it: beats, each with what is said
// and, where the pictures say something more, what the audio description adds
// in the silence after it.
type script struct {
	Slug    string  `json:"slug"`
	Drawing string  `json:"drawing"` // its function in draw/
	Title   string  `json:"title"`
	Length  float64 `json:"length_s"`
	Poster  float64 `json:"poster_s"`
	Beats   []beat  `json:"beats"`
}

type beat struct {
	Say      string  `json:"say"`
	Aloud    string  `json:"aloud,omitempty"` // the same for the voice, where it needs help
	Describe string  `json:"describe,omitempty"`
	Gap      float64 `json:"gap,omitempty"` // seconds of silence after, at least
}

// A cue is a beat with its times, in seconds of the film.
type cue struct {
	At       float64 `json:"at"`  // the picture changes
	Say      float64 `json:"say"` // the voice starts
	End      float64 `json:"end"` // the voice ends
	describe float64
}

const (
	lead    = 0.4 // from a picture's change to the voice
	pause   = 0.8 // after the voice, at least
	breath  = 0.35
	ending  = 1.2 // silence after the last word, at least
	opening = 0.5
)

func readScripts(dir string) ([]script, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("find scripts in %s: %w", dir, os.ErrNotExist)
	}
	var films []script
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read a script: %w", err)
		}
		var f script
		if err := json.Unmarshal(b, &f); err != nil {
			return nil, fmt.Errorf("read %s: %w", filepath.Base(name), err)
		}
		for i := range f.Beats {
			f.Beats[i].Say = tie(f.Beats[i].Say)
		}
		films = append(films, f)
	}
	return films, nil
}

// tie puts no-break spaces where French typography wants them.
func tie(s string) string {
	return strings.NewReplacer(" :", "\u00a0:", " ;", "\u00a0;", " !", "\u00a0!", " ?", "\u00a0?", " »", "\u00a0»", "« ", "«\u00a0").Replace(s)
}

// plan gives each beat its times from how long its words last.
func plan(f script, said, described []float64) ([]cue, error) {
	cues, t := make([]cue, len(f.Beats)), opening
	for i, b := range f.Beats {
		c := cue{At: t, Say: t + lead, End: t + lead + said[i]}
		gap := max(pause, b.Gap)
		if described[i] > 0 {
			c.describe = c.End + breath
			gap = max(gap, breath+described[i]+breath)
		}
		cues[i], t = c, c.End+gap
	}
	if t+ending-pause > f.Length {
		return nil, fmt.Errorf("the narration ends at %.1f s: raise length_s to at least %.0f, or say less", t, t+ending-pause+0.5)
	}
	if f.Length-t > 4 {
		return nil, fmt.Errorf("the narration ends at %.1f s: lower length_s to about %.0f", t, t+ending)
	}
	return cues, nil
}

// subtitles is the film's WebVTT: one cue a beat, two lines at most.
func subtitles(f script, cues []cue) (string, error) {
	var s strings.Builder
	s.WriteString("WEBVTT\n\nNOTE Sous-titres en français. « " + f.Title + " »\n")
	for i, c := range cues {
		lines := fold(f.Beats[i].Say, 38)
		if len(lines) > 2 {
			return "", fmt.Errorf("beat %d needs %d lines of subtitles: split it", i, len(lines))
		}
		stop := c.End + 0.6
		if i+1 < len(cues) {
			stop = min(stop, cues[i+1].Say-0.08)
		}
		fmt.Fprintf(&s, "\n%d\n%s --> %s\n%s\n", i+1, stamp(c.Say), stamp(stop), strings.Join(lines, "\n"))
	}
	return s.String(), nil
}

func stamp(t float64) string {
	ms := int(t*1000 + 0.5)
	return fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3600000, ms/60000%60, ms/1000%60, ms%1000)
}

// fold breaks text in lines of about equal length, none over limit when the
// words allow it. A no-break space stays unbroken.
func fold(text string, limit int) []string {
	words := strings.Split(text, " ")
	if len([]rune(text)) <= limit {
		return []string{text}
	}
	best, cut := 1<<30, 0
	for i := 1; i < len(words); i++ {
		a, b := len([]rune(strings.Join(words[:i], " "))), len([]rune(strings.Join(words[i:], " ")))
		longest := max(a, b)
		if longest <= limit && strings.ContainsAny(words[i-1], ".!?:,") {
			longest -= limit // where the voice pauses, if the lines still fit
		}
		if longest < best {
			best, cut = longest, i
		}
	}
	first, rest := strings.Join(words[:cut], " "), strings.Join(words[cut:], " ")
	if max(len([]rune(first)), len([]rune(rest))) > limit {
		return append(fold(first, limit), fold(rest, limit)...)
	}
	return []string{first, rest}
}

// transcript is the film for who reads it: what is said and what is seen.
func transcript(f script, cues []cue) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s\nTranscription du film (%.0f secondes)\n", f.Title, f.Length)
	for i, c := range cues {
		fmt.Fprintf(&s, "\n%d:%02d  %s\n", int(c.Say)/60, int(c.Say)%60, f.Beats[i].Say)
		if d := f.Beats[i].Describe; d != "" {
			fmt.Fprintf(&s, "      [À l’image : %s]\n", d)
		}
	}
	return s.String()
}
