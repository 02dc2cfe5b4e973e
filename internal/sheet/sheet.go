// Package sheet writes CSV for the spreadsheets of French schools: UTF-8 with
// a byte-order mark, semicolons, CRLF. It promises that no cell is taken for a
// formula, whoever chose its text; it refuses nothing.
package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
)

// mark tells a spreadsheet that the file is UTF-8.
const mark = "\ufeff"

// Write writes rows, the header first.
func Write(w io.Writer, rows [][]string) error {
	if _, err := io.WriteString(w, mark); err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	out := csv.NewWriter(w)
	out.Comma, out.UseCRLF = ';', true
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = Cell(cell)
		}
		if err := out.Write(cells); err != nil {
			return fmt.Errorf("write sheet: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	return nil
}

// Cell is text that a spreadsheet shows and does not run: what begins like a
// formula gets an apostrophe before it (OWASP, CSV injection). A number with
// its sign stays one.
func Cell(s string) string {
	t := strings.TrimLeft(s, " \u00a0")
	if t == "" || !strings.ContainsAny(t[:1], "=+-@\t\r\n") || isNumber(t) {
		return s
	}
	return "'" + s
}

func isNumber(s string) bool {
	s = strings.TrimLeft(s, "+-")
	return s != "" && strings.Trim(s, "0123456789,.") == ""
}
