package source

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"

	"preau"
)

// Bounds of a CSV file.
const (
	maxRows    = 200_000
	maxColumns = 400 // ONDE repeats four columns for each child of a family
)

var accents = strings.NewReplacer("à", "a", "â", "a", "ä", "a", "ç", "c", "é", "e", "è", "e", "ê", "e", "ë", "e",
	"î", "i", "ï", "i", "ô", "o", "ö", "o", "ù", "u", "û", "u", "ü", "u", "œ", "oe")

// Fold reduces a column's title to what the versions of an export agree on:
// lower-case letters and digits, without accents.
func Fold(title string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, accents.Replace(strings.ToLower(title)))
}

// Row is one record of a CSV file.
type Row struct {
	Line   int // of the file, from 1
	at     map[string][]int
	fields []string
}

// Get is the cell under a folded title, trimmed; the first of those named,
// and empty when there is none.
func (r Row) Get(titles ...string) string {
	for _, title := range titles {
		for _, i := range r.at[title] {
			if i < len(r.fields) {
				return strings.TrimSpace(r.fields[i])
			}
		}
	}
	return ""
}

// All are the cells of a title that comes several times.
func (r Row) All(title string) (cells []string) {
	for _, i := range r.at[title] {
		cell := ""
		if i < len(r.fields) {
			cell = strings.TrimSpace(r.fields[i])
		}
		cells = append(cells, cell)
	}
	return cells
}

// Has reports whether the file has all these folded titles.
func (f *File) Has(titles ...string) bool {
	return f.Kind == CSV && !slices.ContainsFunc(titles, func(t string) bool { return !slices.Contains(f.Header, t) })
}

// sniffHeader reads the first line and finds what separates its cells.
func (f *File) sniffHeader() error {
	text, err := f.Text()
	if err != nil {
		return err
	}
	defer text.Close()
	head := make([]byte, 16<<10)
	n, err := io.ReadFull(text, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return f.explain(err)
	}
	line, _, _ := strings.Cut(string(head[:n]), "\n")
	f.comma = ';'
	for _, c := range []rune{',', '\t'} {
		if strings.Count(line, string(c)) > strings.Count(line, string(f.comma)) {
			f.comma = c
		}
	}
	return f.rows(func([]string, int) error { return io.EOF })
}

// Rows calls fn for every record after the header. Empty lines are skipped.
func (f *File) Rows(fn func(Row) error) error {
	at := map[string][]int{}
	for i, title := range f.Header {
		at[title] = append(at[title], i)
	}
	return f.rows(func(fields []string, line int) error {
		return fn(Row{Line: line, at: at, fields: fields})
	})
}

// rows keeps the header and calls fn for the rest, until io.EOF.
func (f *File) rows(fn func(fields []string, line int) error) error {
	text, err := f.Text()
	if err != nil {
		return err
	}
	defer text.Close()
	in := csv.NewReader(text)
	in.Comma, in.FieldsPerRecord, in.ReuseRecord = f.comma, -1, true
	for n := 0; ; n++ {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && (n > maxRows || len(fields) > maxColumns) {
			err = errCount
		}
		switch {
		case err != nil:
		case n == 0:
			f.Header = make([]string, len(fields))
			for i, title := range fields {
				f.Header[i] = Fold(title)
			}
		default:
			line, _ := in.FieldPos(0)
			err = fn(fields, line)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if e, ok := errors.AsType[*preau.Error](err); ok && e != nil {
			return err
		}
		if err != nil {
			return f.explain(err)
		}
	}
}
