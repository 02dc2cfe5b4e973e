// Package badge prints the badges of a class: an A4 sheet of cards to cut out,
// each with a name, a class and a QR code that signs in. It promises codes
// that any reader finds at arm's length; it refuses to draw secrets, which
// package access does.
package badge

import (
	"fmt"
	"io"

	"codeberg.org/go-pdf/fpdf"
	"rsc.io/qr"
)

// Card is one badge.
type Card struct {
	Name, Class string
	Text        string // what a hand types when no camera reads
	URL         string // what the code holds
}

// The grid of an A4 sheet, in millimetres: two columns of five cards of the
// size of a bank card.
const (
	cardWidth, cardHeight = 85.6, 54.0
	marginX, marginY      = 19.4, 13.5
	columns, rows         = 2, 5
	quiet                 = 4 // modules of white around a code, as its standard asks
	codeSize              = 42.0
)

// Sheet writes the cards as a PDF to print and cut.
func Sheet(w io.Writer, title string, cards []Card) error {
	pdf := fpdf.New("P", "mm", "A4", "")
	latin := pdf.UnicodeTranslatorFromDescriptor("")
	pdf.SetTitle(title, true)
	pdf.SetLang("fr")
	pdf.SetMargins(0, 0, 0)
	pdf.SetAutoPageBreak(false, 0)
	if len(cards) == 0 {
		pdf.AddPage()
	}
	for i, c := range cards {
		place := i % (columns * rows)
		if place == 0 {
			pdf.AddPage()
		}
		x, y := marginX+float64(place%columns)*cardWidth, marginY+float64(place/columns)*cardHeight
		pdf.SetDrawColor(170, 170, 170)
		pdf.SetLineWidth(.2)
		pdf.Rect(x, y, cardWidth, cardHeight, "D") // where to cut
		code, err := qr.Encode(c.URL, qr.M)
		if err != nil {
			return fmt.Errorf("draw the code of a badge: %w", err)
		}
		draw(pdf, code, x+3, y+(cardHeight-codeSize)/2)
		pdf.SetXY(x+codeSize+5, y+10)
		pdf.SetFont("Helvetica", "B", 13)
		pdf.MultiCell(cardWidth-codeSize-8, 6, latin(c.Name), "", "L", false)
		pdf.SetX(x + codeSize + 5)
		pdf.SetFont("Helvetica", "", 11)
		pdf.MultiCell(cardWidth-codeSize-8, 6, latin(c.Class), "", "L", false)
		pdf.SetXY(x+codeSize+5, y+cardHeight-17)
		pdf.SetFont("Courier", "", 8)
		for at := 0; at < len(c.Text); at += 16 {
			pdf.SetX(x + codeSize + 5)
			pdf.CellFormat(cardWidth-codeSize-8, 3.6, c.Text[at:min(at+16, len(c.Text))], "", 1, "L", false, 0, "")
		}
	}
	if err := pdf.Output(w); err != nil {
		return fmt.Errorf("write the sheet of badges: %w", err)
	}
	return nil
}

// draw fills the black modules, a run of a line at a time.
func draw(pdf *fpdf.Fpdf, code *qr.Code, x, y float64) {
	pdf.SetFillColor(0, 0, 0)
	module := codeSize / float64(code.Size+2*quiet)
	for row := range code.Size {
		for col := 0; col < code.Size; col++ {
			run := 0
			for col+run < code.Size && code.Black(col+run, row) {
				run++
			}
			if run > 0 {
				pdf.Rect(x+float64(col+quiet)*module, y+float64(row+quiet)*module, float64(run)*module, module+.01, "F")
				col += run
			}
		}
	}
}
