package segment

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// number reads a JSON number; nil for anything else.
func number(raw json.RawMessage) *float64 {
	if len(raw) == 0 || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return nil
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return nil
	}
	return &v
}

// text reads a JSON string; "" for anything else.
func text(raw json.RawMessage) string {
	var s string
	if len(raw) < 2 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// scaled reads {"scaled": n} or {"raw": n, "max": m} as xAPI scores are.
func scaled(raw json.RawMessage) *float64 {
	var s struct {
		Scaled, Raw, Max *float64
	}
	if len(raw) == 0 || raw[0] != '{' || json.Unmarshal(raw, &s) != nil {
		return nil
	}
	if s.Scaled == nil && s.Raw != nil && s.Max != nil && *s.Max > 0 {
		v := *s.Raw / *s.Max
		return &v
	}
	return s.Scaled
}

// isoSeconds reads the durations that xAPI uses, such as PT1H2M3.5S; nil for
// anything else, years and months included: they have no length.
func isoSeconds(s string) *float64 {
	rest, ok := strings.CutPrefix(s, "P")
	if !ok || rest == "" || len(rest) > 40 {
		return nil
	}
	unit := map[byte]float64{'W': 7 * 86400, 'D': 86400}
	var total float64
	for rest != "" {
		if after, time := strings.CutPrefix(rest, "T"); time {
			rest, unit = after, map[byte]float64{'H': 3600, 'M': 60, 'S': 1}
			if rest == "" {
				return nil
			}
			continue
		}
		i := strings.IndexFunc(rest, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if i <= 0 || unit[rest[i]] == 0 {
			return nil
		}
		v, err := strconv.ParseFloat(rest[:i], 64)
		if err != nil {
			return nil
		}
		total += v * unit[rest[i]]
		rest = rest[i+1:]
	}
	return &total
}

func firstNumber(vs ...*float64) *float64 {
	for _, v := range vs {
		if v != nil {
			return v
		}
	}
	return nil
}

// within drops what is outside: a wrong number is worse than none.
func within(v *float64, low, high float64) *float64 {
	if v == nil || *v < low || *v > high {
		return nil
	}
	return v
}
