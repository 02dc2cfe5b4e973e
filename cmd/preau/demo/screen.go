package demo

import (
	"fmt"
	"io"
	"strings"
	"time"

	"rsc.io/qr"
)

// screen tells a person how far the preparation is, one line a step.
type screen struct {
	w     io.Writer
	start time.Time
}

func newScreen(w io.Writer) *screen { return &screen{w, time.Now()} }

func (s *screen) step(text string) {
	fmt.Fprintf(s.w, "  %5.1fs  %s\n", time.Since(s.start).Seconds(), text)
}

// qrText draws a QR code with half blocks, dark on light whatever the
// terminal's colours, with its quiet zone.
func qrText(text string) (string, error) {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return "", fmt.Errorf("draw the QR code: %w", err)
	}
	const quiet = 2
	var b strings.Builder
	for y := -quiet; y < code.Size+quiet; y += 2 {
		b.WriteString("  \x1b[30;47m")
		for x := -quiet; x < code.Size+quiet; x++ {
			top, bottom := code.Black(x, y), code.Black(x, y+1)
			switch {
			case top && bottom:
				b.WriteString("█")
			case top:
				b.WriteString("▀")
			case bottom:
				b.WriteString("▄")
			default:
				b.WriteString(" ")
			}
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String(), nil
}
