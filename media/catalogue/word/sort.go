package word

import (
	"strings"
	"unicode"
)

const maxSort = 48

// articles open a title without ordering it.
var articles = map[string]bool{"l": true, "le": true, "la": true, "les": true, "un": true, "une": true, "des": true, "the": true}

// SortKey orders titles as a library does: without accents, case and opening
// article, and 2 before 10.
func SortKey(title string) string {
	var b strings.Builder
	text := Plain(title)
	digits := 0
	for i, r := range text {
		if unicode.IsDigit(r) {
			if digits == 0 {
				run := len(text[i:]) - len(strings.TrimLeftFunc(text[i:], unicode.IsDigit))
				b.WriteString(strings.Repeat("0", max(0, 6-run)))
			}
			digits++
			b.WriteRune(r)
			continue
		}
		digits = 0
		if unicode.IsLetter(r) {
			b.WriteRune(r)
		} else {
			b.WriteByte(' ')
		}
	}
	fields := strings.Fields(b.String())
	if len(fields) > 1 && articles[fields[0]] {
		fields = fields[1:]
	}
	key := strings.Join(fields, " ")
	for i := range key {
		if i > maxSort {
			return key[:i]
		}
	}
	return key
}
