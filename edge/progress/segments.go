package progress

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Segment is a part of a film, from and to, in milliseconds: whole numbers,
// so that sums do not depend on their order.
type Segment [2]int64

// join is the gap that two segments may leave and still be one: players tell
// the time four times a second.
const join = 500

// union merges segments that overlap or nearly touch. Adding in any order, or
// twice, gives the same.
func union(segments ...[]Segment) []Segment {
	all := slices.Concat(segments...)
	slices.SortFunc(all, func(a, b Segment) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	var merged []Segment
	for _, s := range all {
		if n := len(merged); n > 0 && s[0] <= merged[n-1][1]+join {
			merged[n-1][1] = max(merged[n-1][1], s[1])
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

func total(segments []Segment) (ms int64) {
	for _, s := range segments {
		ms += s[1] - s[0]
	}
	return ms
}

// played writes segments as the video profile does: 0[.]12.5[,]20[.]31.
func played(segments []Segment) string {
	parts := make([]string, len(segments))
	for i, s := range segments {
		parts[i] = seconds(s[0]) + "[.]" + seconds(s[1])
	}
	return strings.Join(parts, "[,]")
}

// seconds writes milliseconds as decimal seconds without trailing zeros.
func seconds(ms int64) string {
	return strconv.FormatFloat(float64(ms)/1000, 'f', -1, 64)
}

func span(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }
