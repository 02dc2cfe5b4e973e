package eleve

import (
	"html"
	"regexp"
	"strconv"
	"strings"
)

// line is one of a transcript. At is where it is said, in seconds; -1 when
// that is not known.
type line struct {
	At   int
	Text string
}

const maxLines = 2000

// plainLines splits a text, blank lines left out.
func plainLines(text string) (lines []line) {
	for s := range strings.Lines(strings.ToValidUTF8(text, "")) {
		if s = strings.TrimSpace(strings.TrimPrefix(s, "\ufeff")); s != "" && len(lines) < maxLines {
			lines = append(lines, line{-1, s})
		}
	}
	return lines
}

var (
	timing = regexp.MustCompile(`^(?:(\d{2,4}):)?([0-5]\d):([0-5]\d)[.,]\d{3}\s+-->\s`)
	markup = regexp.MustCompile(`<[^>]*>`)
)

// cueLines reads what WebVTT says, cue by cue; voices and styles are dropped.
// Whatever is not a cue is skipped.
func cueLines(vtt string) (lines []line) {
	vtt = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(vtt, ""))
	for block := range strings.SplitSeq(vtt, "\n\n") {
		at, text := -1, []string(nil)
		for row := range strings.SplitSeq(block, "\n") {
			if m := timing.FindStringSubmatch(strings.TrimSpace(row)); m != nil && at < 0 {
				at = seconds(m[1:4])
				continue
			}
			if row = strings.TrimSpace(html.UnescapeString(markup.ReplaceAllString(row, ""))); at >= 0 && row != "" {
				text = append(text, row)
			}
		}
		if at >= 0 && len(text) > 0 && len(lines) < maxLines {
			lines = append(lines, line{at, strings.Join(text, " ")})
		}
	}
	return lines
}

func seconds(parts []string) (total int) {
	for _, part := range parts {
		n, _ := strconv.Atoi(part) // digits, or nothing
		total = total*60 + n
	}
	return total
}
