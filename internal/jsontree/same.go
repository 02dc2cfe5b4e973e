package jsontree

import (
	"strconv"
	"strings"
)

// Same compares values: objects without regard to order, numbers by value.
func Same(a, b *Value) bool {
	if a.Kind != b.Kind || len(a.Items) != len(b.Items) {
		return false
	}
	switch a.Kind {
	case Array:
		for i := range a.Items {
			if !Same(a.Items[i], b.Items[i]) {
				return false
			}
		}
		return true
	case Object:
		for i, key := range a.Keys {
			if m := b.Get(key); m == nil || !Same(a.Items[i], m) {
				return false
			}
		}
		return true
	case Number:
		return a.Text == b.Text || plain(a.Text) == plain(b.Text)
	}
	return a.Text == b.Text
}

// plain writes a number in one way: its digits without zeros at either end,
// and the power of ten of the last.
func plain(s string) string {
	mantissa, power, _ := strings.Cut(strings.ToLower(s), "e")
	exponent := 0
	if power != "" {
		n, err := strconv.Atoi(power)
		if err != nil || n > 1e9 || n < -1e9 {
			return s
		}
		exponent = n
	}
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	exponent -= len(fraction)
	if digits == "" {
		return "0"
	}
	short := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(short)
	if negative {
		short = "-" + short
	}
	return short + "e" + strconv.Itoa(exponent)
}
