package invent

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"preau/edge/roster/source"
)

// doc writes an XML export, in the encoding of the administration.
type doc struct{ b strings.Builder }

func (d *doc) f(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = escape(s)
		}
	}
	fmt.Fprintf(&d.b, format, args...)
	d.b.WriteByte('\n')
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder does not fail
	return b.String()
}

// latin is the text in ISO-8859-15, with the declaration that says so.
func (d *doc) latin() []byte {
	return latin9(`<?xml version="1.0" encoding="ISO-8859-15"?>` + "\n" + d.b.String())
}

func (d *doc) utf8() []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + d.b.String())
}

// latin9 encodes what the names above hold.
func latin9(s string) []byte {
	special := map[rune]byte{'€': 0xa4, 'Š': 0xa6, 'š': 0xa8, 'Ž': 0xb4, 'ž': 0xb8, 'Œ': 0xbc, 'œ': 0xbd, 'Ÿ': 0xbe}
	out := make([]byte, 0, len(s))
	for _, r := range s {
		b, ok := special[r]
		switch {
		case ok:
			out = append(out, b)
		case r < 256:
			out = append(out, byte(r))
		default:
			out = append(out, '?')
		}
	}
	return out
}

// table writes CSV.
func table(comma rune, rows [][]string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Comma, w.UseCRLF = comma, true
	_ = w.WriteAll(rows) // a Builder does not fail
	return b.String()
}

// Zip packs files as exports come packed; its bytes hang on nothing but them.
func Zip(name string, files ...source.Input) source.Input {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: time.Date(2026, 9, 2, 8, 0, 0, 0, time.UTC)})
		if err == nil {
			_, err = w.Write(f.Data)
		}
		if err != nil { // a Buffer does not fail
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return source.Input{Name: name, Data: b.Bytes()}
}

// frenchDate writes 2015-03-14 as 14/03/2015.
func frenchDate(iso string) string {
	if len(iso) != 10 {
		return ""
	}
	return iso[8:] + "/" + iso[5:7] + "/" + iso[:4]
}
