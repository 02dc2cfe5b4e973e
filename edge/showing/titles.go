package showing

import (
	"html"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"preau/media/catalogue/holding"
)

// Bounds of what is read and kept of a page's name.
const (
	maxHead  = 64 << 10 // bytes of a page in which its title stands
	maxTitle = 120      // characters
)

var (
	titleTag = regexp.MustCompile(`(?is)<title(?:\s[^>]*)?>(.*?)</title`)
	headTag  = regexp.MustCompile(`(?is)<h1(?:\s[^>]*)?>(.*?)</h1`)
	anyTag   = regexp.MustCompile(`(?s)<[^>]*>`)
)

// titles names a pack's pages. Pages that all bear the pack's own title are
// told apart by their headings; one without a name has that of its file. A
// file that cannot be read has that too: the class can be shown the others.
func (f *Finder) titles(pages []holding.HTMLPage) []string {
	found, times := make([]known, len(pages)), map[string]int{}
	for i := range pages {
		found[i], _ = f.look(pages[i].Digest, maxHead, nameOf) // what cannot be read has no name now
		times[found[i].title]++
	}
	list := make([]string, len(pages))
	for i := range found {
		n := &found[i]
		switch {
		case n.heading != "" && (n.title == "" || times[n.title] > 1):
			list[i] = n.heading
		case n.title != "":
			list[i] = n.title
		default:
			list[i] = cut(path.Base(pages[i].Path))
		}
	}
	return list
}

func nameOf(page []byte) known {
	return known{title: text(titleTag, page), heading: text(headTag, page)}
}

// text is what an element says, as plain words on one line.
func text(tag *regexp.Regexp, page []byte) string {
	m := tag.FindSubmatch(page)
	if m == nil {
		return ""
	}
	said := string(m[1])
	if !utf8.ValidString(said) { // an old page: a byte a character
		runes := make([]rune, len(m[1]))
		for i, b := range m[1] {
			runes[i] = rune(b)
		}
		said = string(runes)
	}
	return cut(html.UnescapeString(anyTag.ReplaceAllString(said, " ")))
}

// cut makes one line of a text, of bounded length, without what is not seen.
func cut(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r), r == utf8.RuneError: // turns of direction, soft hyphens
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > maxTitle {
		s = string(runes[:maxTitle-1]) + "…"
	}
	return s
}
