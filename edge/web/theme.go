package web

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"preau"
)

// Accent is the collectivité's colour, #rrggbb, dark enough for white text.
type Accent string

// DefaultAccent is worn by boxes whose authority chose none.
const DefaultAccent Accent = "#1d5c73"

const minContrast = 4.5

type rgb [3]float64 // 0..1, sRGB

// themeCSS is the only style that depends on the box. It refuses an accent on
// which white text could not be read, and derives the one for dark screens.
func themeCSS(accent Accent) ([]byte, error) {
	c, ok := parseColour(string(accent))
	if !ok {
		return nil, preau.E(preau.Invalid, fmt.Sprintf("accent %q is not a colour", accent), "Write it as #rrggbb.", nil)
	}
	white, night := rgb{1, 1, 1}, rgb{0x16 / 255.0, 0x1a / 255.0, 0x2e / 255.0}
	if got := contrast(c, white); got < minContrast {
		return nil, preau.E(preau.Invalid, fmt.Sprintf("accent %s has a contrast of %.1f with white, under %.1f", accent, got, minContrast),
			"Choose a darker shade of it: "+hex(towards(c, rgb{}, func(c rgb) bool { return contrast(c, white) >= minContrast }))+" would do.", nil)
	}
	light := towards(c, white, func(c rgb) bool { return contrast(c, night) >= 7 })
	return fmt.Appendf(nil, ":root{--accent:%s;--accent-night:%s}\n", hex(c), hex(light)), nil
}

// towards mixes c with end, little by little, until good.
func towards(c, end rgb, good func(rgb) bool) rgb {
	for step := 0.0; step <= 1; step += 0.02 {
		var mixed rgb
		for i := range mixed {
			mixed[i] = c[i] + (end[i]-c[i])*step
		}
		if good(mixed) {
			return mixed
		}
	}
	return end
}

func parseColour(s string) (c rgb, ok bool) {
	digits, ok := strings.CutPrefix(s, "#")
	v, err := strconv.ParseUint(digits, 16, 24)
	if !ok || err != nil || len(digits) != 6 {
		return c, false
	}
	for i := range c {
		c[i] = float64(v>>(16-8*i)&0xff) / 255
	}
	return c, true
}

func hex(c rgb) string {
	return fmt.Sprintf("#%02x%02x%02x", uint8(math.Round(c[0]*255)), uint8(math.Round(c[1]*255)), uint8(math.Round(c[2]*255)))
}

// contrast is WCAG 2's ratio of relative luminances, 1 to 21.
func contrast(a, b rgb) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(c rgb) float64 {
	linear := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}
