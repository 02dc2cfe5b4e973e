package stream

import (
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestParseRange(t *testing.T) {
	one := func(start, length int64) []span { return []span{{start, length}} }
	for _, c := range []struct {
		header string
		size   int64
		what   verdict
		spans  []span
	}{
		{"bytes=0-0", 10, partial, one(0, 1)},
		{"bytes=0-", 10, partial, one(0, 10)},
		{"bytes=9-", 10, partial, one(9, 1)},
		{"bytes=4-99", 10, partial, one(4, 6)},
		{"bytes=-3", 10, partial, one(7, 3)},
		{"bytes=-99", 10, partial, one(0, 10)},
		{"BYTES=1-2", 10, partial, one(1, 2)},
		{"bytes= 1-2 ,, 5-6\t", 10, partial, []span{{1, 2}, {5, 2}}},
		{"bytes=20-30,1-2", 10, partial, one(1, 2)},
		{"bytes=0-3,2-5", 10, partial, []span{{0, 4}, {2, 4}}},
		// RFC 9110, 14.1.2: a suffix of no bytes is valid and unsatisfiable.
		{"bytes=-0", 10, refuse, nil},
		{"bytes=10-", 10, refuse, nil},
		{"bytes=10-12,-0", 10, refuse, nil},
		{"bytes=0-", 0, refuse, nil},
		{"bytes=-1", 0, refuse, nil},
		{"bytes=99999999999999999999-", 10, refuse, nil},
		{"bytes=0-99999999999999999999", 10, partial, one(0, 10)},
		{"bytes=-99999999999999999999", 10, partial, one(0, 10)},
		// 14.2: a unit we do not know, a malformed set: as if absent.
		{"items=0-1", 10, ignore, nil},
		{"bytes", 10, ignore, nil},
		{"bytes=", 10, ignore, nil},
		{"bytes=,", 10, ignore, nil},
		{"bytes =0-1", 10, ignore, nil},
		{"bytes=2-1", 10, ignore, nil},
		{"bytes=20-1", 10, ignore, nil},
		{"bytes=1", 10, ignore, nil},
		{"bytes=-", 10, ignore, nil},
		{"bytes=--1", 10, ignore, nil},
		{"bytes=+1-2", 10, ignore, nil},
		{"bytes=1-2;3-4", 10, ignore, nil},
		{"bytes=0x1-2", 10, ignore, nil},
		// 14.2: sets that cost more than the whole.
		{"bytes=0-,0-", 10, ignore, nil},
		{"bytes=0-5,3-9", 10, ignore, nil},
		{"bytes=" + strings.Repeat("0-0,", maxSpans+1), 1000, ignore, nil},
	} {
		spans, what := parseRange(c.header, c.size)
		if what != c.what || !slices.Equal(spans, c.spans) {
			t.Errorf("%q of %d bytes: %v %v, want %v %v", c.header, c.size, what, spans, c.what, c.spans)
		}
	}
}

// model is the grammar of RFC 9110, 14.1.1 as regular expressions, and its
// arithmetic without bounds: slow, and plain to compare with the text.
func model(header string, size int64) ([]span, verdict) {
	set := regexp.MustCompile(`^(?i:bytes)=((?s).*)$`).FindStringSubmatch(header)
	if set == nil {
		return nil, ignore
	}
	spec := regexp.MustCompile(`^(?:([0-9]+)-([0-9]*)|-([0-9]+))$`)
	end := big.NewInt(size)
	var spans []span
	valid := 0
	for _, item := range strings.Split(set[1], ",") {
		item = regexp.MustCompile(`^[ \t]*|[ \t]*$`).ReplaceAllString(item, "")
		if item == "" {
			continue
		}
		m := spec.FindStringSubmatch(item)
		if m == nil {
			return nil, ignore
		}
		valid++
		first, stop := new(big.Int), new(big.Int).Set(end) // [first, stop)
		if m[3] != "" {
			n, _ := new(big.Int).SetString(m[3], 10)
			if first.Sub(end, n); first.Sign() < 0 {
				first.SetInt64(0)
			}
		} else {
			first.SetString(m[1], 10)
			if m[2] != "" {
				last, _ := new(big.Int).SetString(m[2], 10)
				if last.Cmp(first) < 0 {
					return nil, ignore
				}
				if last.Add(last, big.NewInt(1)); last.Cmp(stop) < 0 {
					stop = last
				}
			}
		}
		if first.Cmp(stop) < 0 {
			spans = append(spans, span{first.Int64(), new(big.Int).Sub(stop, first).Int64()})
		}
	}
	total := new(big.Int)
	for _, sp := range spans {
		total.Add(total, big.NewInt(sp.length))
	}
	switch {
	case valid == 0, len(spans) > maxSpans, len(spans) > 1 && total.Cmp(end) >= 0:
		return nil, ignore
	case len(spans) == 0:
		return nil, refuse
	}
	return spans, partial
}

func FuzzParseRange(f *testing.F) {
	for _, h := range []string{"bytes=0-0", "bytes=-0", "bytes=5-2", "bytes=0-,0-", "x=1-2", "bytes=1-2, 4-", "bytes=9223372036854775807-9223372036854775808", "bytes=-9223372036854775808", "bytes=10000000000000000000-9227000000000000000", "bytes=007-8"} {
		f.Add(h, int64(10))
	}
	f.Add("bytes=0-", int64(0))
	f.Add("bytes=0-9223372036854775806", int64(1<<63-1))
	f.Add("bytes=9223372036854775807-", int64(1<<63-1))
	f.Add("bytes=0-9223372036854775806,0-9223372036854775806,1-1", int64(1<<63-1))
	f.Fuzz(func(t *testing.T, header string, size int64) {
		if size < 0 {
			return
		}
		spans, what := parseRange(header, size)
		wantSpans, wantWhat := model(header, size)
		if what != wantWhat || !slices.Equal(spans, wantSpans) {
			t.Fatalf("%q of %d bytes: %v %v, the model says %v %v", header, size, what, spans, wantWhat, wantSpans)
		}
	})
}
