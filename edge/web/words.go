package web

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Languages are those every page speaks, the first by default.
var languages = []string{"fr", "en"}

// word is a text, in one form or by number.
type word struct{ One, Other string }

func (w *word) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*w = word{Other: s}
		return nil
	}
	var forms struct{ One, Other string }
	if err := json.Unmarshal(b, &forms); err != nil || forms.One == "" {
		return fmt.Errorf(`a word is "text" or {"one": …, "other": …}, not %s`, b)
	}
	*w = word(forms)
	return nil
}

// words is one language of a catalogue, by key.
type words map[string]word

// catalogue is every language.
type catalogue map[string]words

// french keeps a sign with its word: no line begins with a question mark, and
// no quotation is left open at a line's end.
var french = strings.NewReplacer("« ", "«\u00a0", " »", "\u00a0»", " ?", "\u00a0?", " !", "\u00a0!", " :", "\u00a0:", " ;", "\u00a0;")

// readCatalogue reads i18n/*.json of fsys and refuses what one language has
// and another lacks.
func readCatalogue(fsys fs.FS) (catalogue, error) {
	c := catalogue{}
	for _, lang := range languages {
		b, err := fs.ReadFile(fsys, "i18n/"+lang+".json")
		if err != nil {
			return nil, fmt.Errorf("read words: %w", err)
		}
		w := words{}
		if err := json.Unmarshal(b, &w); err != nil {
			return nil, fmt.Errorf("read words of %s: %w", lang, err)
		}
		if lang == "fr" {
			for key, v := range w {
				w[key] = word{french.Replace(v.One), french.Replace(v.Other)}
			}
		}
		c[lang] = w
	}
	first := c[languages[0]]
	for _, lang := range languages {
		for key, w := range c[lang] {
			ref, ok := first[key]
			switch {
			case !ok:
				return nil, fmt.Errorf("word %q is in %s and not in %s", key, lang, languages[0])
			case w.Other == "":
				return nil, fmt.Errorf("word %q is empty in %s", key, lang)
			case (w.One == "") != (ref.One == ""):
				return nil, fmt.Errorf("word %q counts in one language only", key)
			case holes(w.Other) != holes(ref.Other):
				return nil, fmt.Errorf("word %q has other places to fill in %s", key, lang)
			}
		}
		for key := range first {
			if _, ok := c[lang][key]; !ok {
				return nil, fmt.Errorf("word %q is missing in %s", key, lang)
			}
		}
	}
	return c, nil
}

// with returns both catalogues together; a key may be in one of them only.
func (c catalogue) with(other catalogue) (catalogue, error) {
	all := catalogue{}
	for lang, w := range c {
		all[lang] = maps.Clone(w)
		for key, v := range other[lang] {
			if _, taken := w[key]; taken {
				return nil, fmt.Errorf("word %q is already one of package web", key)
			}
			all[lang][key] = v
		}
	}
	return all, nil
}

// holes says which places of s are to be filled, however often.
func holes(s string) string {
	var found []string
	for i := range 9 {
		if hole := "{" + strconv.Itoa(i) + "}"; strings.Contains(s, hole) {
			found = append(found, hole)
		}
	}
	return strings.Join(slices.Compact(found), "")
}

// say fills the word of key. The first whole number among args chooses the
// form: French counts 0 and 1 as one, English 1 alone.
func (c catalogue) say(lang, key string, args ...any) (string, error) {
	w, ok := c[lang][key]
	if !ok {
		return "", fmt.Errorf("no word %q in %s", key, lang)
	}
	s := w.Other
	if w.One != "" {
		for _, a := range args {
			if n, ok := a.(int); ok {
				if n == 1 || n == 0 && lang == "fr" {
					s = w.One
				}
				break
			}
		}
	}
	for i, a := range args {
		s = strings.ReplaceAll(s, "{"+strconv.Itoa(i)+"}", fmt.Sprint(a))
	}
	return s, nil
}
