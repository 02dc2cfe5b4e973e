package stream

import (
	"strconv"
	"strings"
)

// span is bytes [start, start+length) of a representation.
type span struct{ start, length int64 }

// maxSpans bounds a multi-range answer; more are answered with the whole.
const maxSpans = 8

// verdict is what a Range header amounts to.
type verdict uint8

const (
	ignore  verdict = iota // answer as if it were absent
	partial                // 206
	refuse                 // 416
)

// parseRange reads a Range header for a representation of size bytes (RFC
// 9110, section 14). A unit we do not know and a malformed set are ignored; a
// set in which nothing can be satisfied is refused; overlapping and scattered
// sets that would cost more than the whole are ignored.
func parseRange(header string, size int64) ([]span, verdict) {
	unit, set, ok := strings.Cut(header, "=")
	if !ok || !strings.EqualFold(unit, "bytes") {
		return nil, ignore
	}
	var spans []span
	specs := 0
	for spec := range strings.SplitSeq(set, ",") {
		spec = strings.Trim(spec, " \t")
		if spec == "" {
			continue // empty list elements are allowed
		}
		specs++
		sp, valid := parseSpec(spec, size)
		if !valid {
			return nil, ignore
		}
		if sp.length > 0 {
			spans = append(spans, sp)
		}
	}
	switch {
	case specs == 0:
		return nil, ignore
	case len(spans) == 0:
		return nil, refuse
	case len(spans) > maxSpans:
		return nil, ignore
	}
	// What is left of the whole, not a sum, which could overflow.
	left := size
	for _, sp := range spans {
		if len(spans) > 1 && sp.length >= left {
			return nil, ignore
		}
		left -= sp.length
	}
	return spans, partial
}

// parseSpec reads first-last, first- or -suffix. A span of no length cannot
// be satisfied.
func parseSpec(spec string, size int64) (span, bool) {
	first, last, ok := strings.Cut(spec, "-")
	if !ok {
		return span{}, false
	}
	if first == "" {
		n, ok := digits(last)
		if !ok {
			return span{}, false
		}
		n = min(n, size)
		return span{size - n, n}, true
	}
	from, ok := digits(first)
	if !ok {
		return span{}, false
	}
	to := size - 1
	if last != "" {
		if to, ok = digits(last); !ok || below(last, first) {
			return span{}, false
		}
	}
	if from >= size {
		return span{}, true
	}
	return span{from, min(to, size-1) - from + 1}, true
}

// below compares digits, however many they are.
func below(a, b string) bool {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return len(a) < len(b) || len(a) == len(b) && a < b
}

// digits reads 1*DIGIT. Numbers too large for any file count as the largest.
func digits(s string) (int64, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 1<<63 - 1, true // all digits: it can only be out of range
	}
	return n, true
}
