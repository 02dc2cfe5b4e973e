package shelf

import (
	"fmt"
	"slices"
	"strings"

	"preau"
	"preau/media/catalogue"
	"preau/media/catalogue/notice"
)

// Parts choose among the files of an item; the zero Parts take all.
type Parts struct {
	Only    []string `json:"only,omitempty"`    // of partNames
	Without []string `json:"without,omitempty"` // of partNames
	Langs   []string `json:"langs,omitempty"`   // of spoken and written parts; empty: all
	// Height is the most lines that a film may have; 0: any. A film that has
	// none so small comes in its smallest.
	Height int `json:"height,omitempty"`
}

// partNames are what people call the roles of files.
var partNames = map[string][]string{
	"media":             {notice.RoleMain, notice.RoleRendition, notice.RoleFile},
	"subtitles":         {notice.RoleSubtitles},
	"audio-description": {notice.RoleAudioDesc},
	"lsf":               {notice.RoleSignLanguage},
	"transcript":        {notice.RoleTranscript},
	"poster":            {notice.RolePoster},
	"teacher":           {notice.RoleAnswerKey, notice.RoleTrainerNote, notice.RoleTeachingIdea},
}

// PartNames lists the words that Only and Without know.
func PartNames() []string {
	var names []string
	for name := range partNames {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

const maxHeight = 8640

func (p Parts) check() error {
	for _, name := range slices.Concat(p.Only, p.Without) {
		if partNames[name] == nil {
			return preau.E(preau.Invalid, fmt.Sprintf("%.40q is no part of a resource", name), "Choose among "+strings.Join(PartNames(), ", ")+".", nil)
		}
	}
	for _, lang := range p.Langs {
		if len(lang) < 2 || len(lang) > 16 {
			return preau.E(preau.Invalid, fmt.Sprintf("%.40q is no language", lang), "Give codes such as fr, en, fsl.", nil)
		}
	}
	if p.Height < 0 || p.Height > maxHeight {
		return preau.E(preau.Invalid, fmt.Sprintf("a picture of %d lines cannot be", p.Height), "Give a height such as 360 or 720.", nil)
	}
	return nil
}

func named(role string, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(partNames[name], role) })
}

// takes reports whether a file is chosen by its role and language.
func (p Parts) takes(role, lang string) bool {
	if len(p.Only) > 0 && !named(role, p.Only) || named(role, p.Without) {
		return false
	}
	spoken := role == notice.RoleSubtitles || role == notice.RoleAudioDesc || role == notice.RoleTranscript
	return !spoken || lang == "" || len(p.Langs) == 0 || slices.Contains(p.Langs, lang)
}

// choose marks which of an item's files are taken.
func (p Parts) choose(uses []catalogue.Use) []bool {
	taken := make([]bool, len(uses))
	for i, u := range uses {
		taken[i] = p.takes(u.Role, u.Lang)
	}
	if p.Height > 0 {
		keepSmall(uses, taken, p.Height)
	}
	return taken
}

// keepSmall leaves the renditions of a film that are not too high, or else the
// smallest one. A film whose heights nobody told is left as it is.
func keepSmall(uses []catalogue.Use, taken []bool, height int) {
	smallest, fits := -1, false
	for i, u := range uses {
		if !taken[i] || !isPicture(u) {
			continue
		}
		fits = fits || u.Height <= height
		if smallest < 0 || u.Height < uses[smallest].Height {
			smallest = i
		}
	}
	for i, u := range uses {
		if isPicture(u) && u.Height > height && (fits || i != smallest) {
			taken[i] = false
		}
	}
}

func isPicture(u catalogue.Use) bool {
	return (u.Role == notice.RoleMain || u.Role == notice.RoleRendition) && u.Height > 0
}
