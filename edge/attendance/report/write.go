package report

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"preau/edge/attendance"
	"preau/internal/sheet"
)

// words are the law's, in French: the register is a French document.
var words = map[attendance.State]string{
	attendance.Absent: "absence", attendance.Late: "retard", attendance.Left: "départ", attendance.Excluded: "exclusion",
	attendance.Infirmary: "infirmerie", attendance.Exempted: "dispense",
}

// WriteJSON writes the whole register.
func WriteJSON(w io.Writer, y Year) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	if err := enc.Encode(y); err != nil {
		return fmt.Errorf("write register: %w", err)
	}
	return nil
}

// WriteCSV writes a line for each mark, and one for each roll without any.
func WriteCSV(w io.Writer, y Year, zone *time.Location) error {
	rows := [][]string{{"Date", "Heure", "Classe", "Appel fait par", "Élève", "Mention", "Minutes"}}
	for _, l := range y.Lessons {
		at := l.Start.In(zone)
		line := []string{at.Format("02/01/2006"), at.Format("15:04"), y.Class, l.By}
		if len(l.Marks) == 0 {
			rows = append(rows, append(line, "", "tous présents", ""))
		}
		for _, m := range l.Marks {
			minutes := ""
			if m.Minutes > 0 {
				minutes = strconv.Itoa(m.Minutes)
			}
			rows = append(rows, append(line[:4:4], m.Pupil, words[m.State], minutes))
		}
	}
	return sheet.Write(w, rows)
}

// WriteLSU writes what the livret scolaire unique takes of attendance, one
// element a pupil: a fragment for the school's own LSU export, which knows the
// pupils by its identifiers. Attributes: schema of LSU's import, vie-scolaire.
func WriteLSU(w io.Writer, y Year) error {
	type life struct {
		Lates       int `xml:"nb-retards,attr"`
		Justified   int `xml:"nb-abs-justifiees,attr"`
		Unjustified int `xml:"nb-abs-injustifiees,attr"`
	}
	type pupil struct {
		XMLName xml.Name `xml:"eleve"`
		Family  string   `xml:"nom,attr"`
		Given   string   `xml:"prenom,attr"`
		Class   string   `xml:"code-division,attr"`
		Life    life     `xml:"vie-scolaire"`
	}
	type fragment struct {
		XMLName xml.Name `xml:"urn:fr:edu:scolarite:lsun:bilans:import vies-scolaires"`
		Pupils  []pupil
	}
	f := fragment{}
	for _, p := range y.Pupils {
		f.Pupils = append(f.Pupils, pupil{Family: p.Family, Given: p.Given, Class: y.Class, Life: life{p.Lates, p.Justified, p.Unjustified}})
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write LSU fragment: %w", err)
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", " ")
	if err := enc.Encode(f); err != nil {
		return fmt.Errorf("write LSU fragment: %w", err)
	}
	return nil
}

// WritePDF writes the register for people: the sums first, then each roll.
func WritePDF(w io.Writer, y Year, zone *time.Location) error {
	pdf := fpdf.New("P", "mm", "A4", "")
	latin := pdf.UnicodeTranslatorFromDescriptor("") // cp1252: all of French
	pdf.SetTitle("Registre d’appel "+y.Class, true)
	pdf.SetLang("fr")
	pdf.SetCreationDate(y.Made)
	pdf.SetModificationDate(y.Made)
	pdf.SetMargins(18, 18, 18)
	pdf.SetAutoPageBreak(true, 20)
	pdf.AliasNbPages("")
	pdf.SetFooterFunc(func() {
		pdf.SetY(-14)
		pdf.SetFont("Helvetica", "", 8)
		pdf.CellFormat(0, 5, latin(fmt.Sprintf("%s · %s · page %d/{nb}", y.School, y.Class, pdf.PageNo())), "", 0, "C", false, 0, "")
	})
	pdf.AddPage()
	text := func(size float64, style, s string) {
		pdf.SetFont("Helvetica", style, size)
		pdf.MultiCell(0, size*.5, latin(s), "", "L", false)
	}
	text(18, "B", "Registre d’appel")
	text(12, "", fmt.Sprintf("%s (%s) · classe %s", y.School, y.UAI, y.Class))
	text(10, "", fmt.Sprintf("Du %s au %s, établi le %s. Code de l’éducation, article R131-5.", day(y.From), day(y.To), y.Made.In(zone).Format("02/01/2006 à 15:04")))
	pdf.Ln(4)
	row := func(style string, cells ...string) {
		pdf.SetFont("Helvetica", style, 9)
		for i, width := range []float64{84, 30, 34, 26}[:len(cells)] {
			align := "R"
			if i == 0 {
				align = "L"
			}
			pdf.CellFormat(width, 5.5, latin(cells[i]), "B", 0, align, false, 0, "")
		}
		pdf.Ln(-1)
	}
	row("B", "Élève", "1/2 j. justifiées", "1/2 j. non justifiées", "Retards")
	for _, p := range y.Pupils {
		row("", p.Name, strconv.Itoa(p.Justified), strconv.Itoa(p.Unjustified), strconv.Itoa(p.Lates))
	}
	pdf.Ln(6)
	last := ""
	for _, l := range y.Lessons {
		at := l.Start.In(zone)
		if d := at.Format("02/01/2006"); d != last {
			last = d
			text(10, "B", d)
		}
		line := fmt.Sprintf("%s · %s · %d élèves : ", at.Format("15:04"), l.By, l.Expected)
		for i, m := range l.Marks {
			if i > 0 {
				line += ", "
			}
			line += m.Pupil + " (" + words[m.State]
			if m.Minutes > 0 {
				line += fmt.Sprintf(" %d min", m.Minutes)
			}
			line += ")"
		}
		if len(l.Marks) == 0 {
			line += "tous présents"
		}
		text(9, "", line)
	}
	if err := pdf.Output(w); err != nil {
		return fmt.Errorf("write register as PDF: %w", err)
	}
	return nil
}

func day(iso string) string {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return t.Format("02/01/2006")
}
