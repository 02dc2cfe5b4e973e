package xapi

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"preau"
	"preau/internal/jsontree"
)

// rfc3339 is what 2.0.0 takes; iso8601 adds what 1.0.3 takes as well: the
// basic form, offsets without minutes or colon, and none, read as UTC.
var (
	rfc3339 = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$`)
	iso8601 = regexp.MustCompile(`^(\d{4})(?:-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?|(\d{2})(\d{2})T(\d{2})(\d{2})(?:(\d{2})(?:[.,](\d+))?)?)(Z|[+-]\d{2}(?::?\d{2})?)?$`)
)

var zoned = regexp.MustCompile(`[Tt ].*(?:[Zz]|[+-]\d{2}(?::?\d{2})?)$`)

// ParseTimestamp reads a time as the version of the statement or parameter
// allows it. An offset of -00:00 is refused: it says that nobody knows.
func ParseTimestamp(s string, v Version) (time.Time, error) {
	refuse := func() (time.Time, error) {
		return time.Time{}, preau.E(preau.Invalid, jsontree.Quote(s)+" is not a timestamp", "Write it as RFC 3339 does, such as 2026-11-23T08:30:00.000Z.", nil)
	}
	if len(s) > 64 || unknownOffset(s) {
		return refuse()
	}
	if rfc3339.MatchString(s) {
		t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(s[:10]+"T"+s[11:]))
		if err == nil {
			return t, nil
		}
	}
	m := iso8601.FindStringSubmatch(s)
	if v == V200 || m == nil {
		return refuse()
	}
	part := m[2:8]
	if m[8] != "" {
		part = m[8:14]
	}
	text := m[1] + "-" + part[0] + "-" + part[1] + "T" + part[2] + ":" + part[3] + ":" + orZero(part[4], "00") + "." + orZero(part[5], "0")
	zone := m[14]
	switch len(zone) {
	case 0:
		zone = "Z"
	case 3:
		zone += ":00"
	case 5:
		zone = zone[:3] + ":" + zone[3:]
	}
	t, err := time.Parse(time.RFC3339Nano, text+zone)
	if err != nil {
		return refuse()
	}
	return t, nil
}

func orZero(s, zero string) string {
	if s == "" {
		return zero
	}
	return s
}

func unknownOffset(s string) bool {
	return strings.HasSuffix(s, "-00:00") || strings.HasSuffix(s, "-0000") && strings.Contains(s, "T") ||
		strings.HasSuffix(s, "-00") && strings.Contains(s, "T")
}

// FormatTimestamp writes a time in UTC, to the millisecond.
func FormatTimestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

var duration = regexp.MustCompile(`^P(?:(\d+(?:[.,]\d+)?)W|(?:(\d+(?:[.,]\d+)?)Y)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)D)?(T(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?)$`)

// Lengths of the units, in the order of duration's groups: weeks, years,
// months, days, (the T), hours, minutes, seconds.
var unitSeconds = [...]float64{7 * 86400, 365 * 86400, 30 * 86400, 86400, 0, 3600, 60, 1}

// ParseDuration checks an ISO 8601 duration (4.4.3.2) and gives its length,
// counting a month as 30 days and a year as 365. Only its last figure may
// have a fraction.
func ParseDuration(s string) (time.Duration, error) {
	m := duration.FindStringSubmatch(s)
	bad := m == nil || len(s) > 100 || strings.HasSuffix(s, "T") || s == "P"
	var total float64
	fraction := false
	for i := 0; !bad && i < len(unitSeconds); i++ {
		n := m[i+1]
		if n == "" || n[0] == 'T' {
			continue
		}
		bad = fraction // something smaller follows a fraction
		fraction = strings.ContainsAny(n, ".,")
		f, err := strconv.ParseFloat(strings.Replace(n, ",", ".", 1), 64)
		bad = bad || err != nil
		total += f * unitSeconds[i]
	}
	if bad {
		return 0, preau.E(preau.Invalid, jsontree.Quote(s)+" is not an ISO 8601 duration", "Write it like PT1M30.5S.", nil)
	}
	if total *= float64(time.Second); total >= math.MaxInt64 {
		return math.MaxInt64, nil
	}
	return time.Duration(total), nil
}
