package xapi

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"preau"
	"preau/internal/jsontree"
)

// maxIRI bounds identifiers: the journal keeps no longer ones.
const maxIRI = 2 << 10

var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|\\^` + "`" + `\x7f]+$`)

// ParseIRI checks that s is an absolute IRI (RFC 3987): a scheme, and no
// character that an IRI cannot have.
func ParseIRI(s string) (string, error) {
	if len(s) > maxIRI || !scheme.MatchString(s) || !percents(s) {
		return "", preau.E(preau.Invalid, jsontree.Quote(s)+" is not an IRI", "Give an absolute IRI, such as https://example.org/a, under 2 KiB.", nil)
	}
	return s, nil
}

// percents checks that every percent sign begins an escape.
func percents(s string) bool {
	for i := strings.IndexByte(s, '%'); i >= 0 && i < len(s); i++ {
		if s[i] == '%' && (i+2 >= len(s) || !hexadecimal(s[i+1:i+3])) {
			return false
		}
	}
	return true
}

func hexadecimal(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			return false
		}
	}
	return true
}

// ParseUUID checks the 36-character form (RFC 4122). The nil UUID names
// nothing and is refused.
func ParseUUID(s string) (preau.ID, error) {
	id, err := preau.ParseID(s)
	if err == nil && (!hexadecimal(strings.Join(strings.SplitN(s, "-", 5), "")) || id.IsZero()) {
		err = preau.E(preau.Invalid, jsontree.Quote(s)+" is not a UUID that names something", "Make one as RFC 4122 says.", nil)
	}
	if err != nil {
		return preau.ID{}, err
	}
	return id, nil
}

// language is RFC 5646: language, script, region, variants, extensions,
// private use; or private use alone, or one of the irregular old tags.
var language = regexp.MustCompile(`(?i)^(?:(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?|x(?:-[a-z0-9]{1,8})+|en-GB-oed|i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)|sgn-(?:BE-FR|BE-NL|CH-DE)|art-lojban|cel-gaulish|no-(?:bok|nyn)|zh-(?:guoyu|hakka|min|min-nan|xiang))$`)

func isLanguage(s string) bool { return len(s) <= 100 && language.MatchString(s) }

// ParseVersion reads an X-Experience-API-Version header: 1.0, 1.0.x, 2.0 and
// 2.0.x.
func ParseVersion(s string) (Version, error) {
	switch {
	case versionOf("1.0", s):
		return V103, nil
	case versionOf("2.0", s):
		return V200, nil
	}
	return "", preau.E(preau.Invalid, "version "+jsontree.Quote(s)+" is not spoken here", "Send X-Experience-API-Version: 1.0.3 or 2.0.0.", nil)
}

// versionOf reports whether s is family or family.x.
func versionOf(family, s string) bool {
	rest, ok := strings.CutPrefix(s, family)
	if !ok || rest == "" {
		return ok
	}
	if len(rest) < 2 || len(rest) > 6 || rest[0] != '.' {
		return false
	}
	return strings.Trim(rest[1:], "0123456789") == ""
}

// maxLanguages bounds what is read of an Accept-Language header.
const maxLanguages = 20

// ParseLanguages reads an Accept-Language header: the ranges, best first.
// What it cannot read it passes over, as RFC 9110 lets it.
func ParseLanguages(header string) []string {
	type choice struct {
		tag string
		q   float64
	}
	var choices []choice
	for part := range strings.SplitSeq(header, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		c := choice{strings.TrimSpace(tag), 1}
		if name, q, ok := strings.Cut(strings.TrimSpace(params), "="); ok && strings.TrimSpace(name) == "q" {
			f, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
			if err != nil || f < 0 || f > 1 {
				continue
			}
			c.q = f
		}
		if (c.tag == "*" || isLanguage(c.tag)) && c.q > 0 && len(choices) < maxLanguages {
			choices = append(choices, c)
		}
	}
	slices.SortStableFunc(choices, func(a, b choice) int {
		switch {
		case a.q > b.q:
			return -1
		case a.q < b.q:
			return 1
		}
		return 0
	})
	tags := make([]string, len(choices))
	for i, c := range choices {
		tags[i] = c.tag
	}
	return tags
}
