package invent

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"io"
	"strings"

	"preau/edge/roster/source"
)

// Hostile are files that an import must refuse, by what they try. The line of
// a gigabyte is made of nothing: its archive has a megabyte.
func Hostile() map[string]source.Input {
	s := College(7, 30)
	eleves := string(s.eleves().utf8())
	body := strings.TrimPrefix(eleves, `<?xml version="1.0" encoding="UTF-8"?>`)
	file := func(name, text string) source.Input { return source.Input{Name: name, Data: []byte(text)} }
	laughs := `<!DOCTYPE BEE_ELEVES [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>`
	return map[string]source.Input{
		"billion laughs":   file("laughs.xml", laughs+strings.Replace(body, "<PRENOM>", "<PRENOM>&c;", 1)),
		"external entity":  file("xxe.xml", `<!DOCTYPE BEE_ELEVES [<!ENTITY x SYSTEM "file:///etc/passwd">]>`+strings.Replace(body, "<PRENOM>", "<PRENOM>&x;", 1)),
		"external dtd":     file("dtd.xml", `<!DOCTYPE BEE_ELEVES SYSTEM "http://example.org/x.dtd">`+body),
		"line of 1 GB":     giant("giant.xml", "<BEE_ELEVES><PARAMETRES><UAJ>"),
		"cell of 1 GB":     giant("giant.csv", "Nom élève;Prénom élève;Date naissance\n\""),
		"wrong encoding":   file("encoding.xml", strings.Replace(eleves, "UTF-8", "ISO-8859-15", 1)),
		"wrong encoding 2": {Name: "latin.xml", Data: latin9(eleves)},
		"another school":   file("school.xml", strings.ReplaceAll(eleves, string(UAI), "0750654D")),
		"false UAI":        file("uai.xml", strings.ReplaceAll(eleves, string(UAI), "9999991A")),
		"another year":     file("year.xml", strings.ReplaceAll(eleves, ">2026<", ">2024<")),
		"cut":              file("cut.xml", eleves[:len(eleves)/2]),
		"not an export":    file("page.html", "<html><body>Session expirée</body></html>"),
	}
}

// Formula is a school in which a pupil's name is a spreadsheet's command: the
// import takes it as a name, and no export may give it as a command.
func Formula() *School {
	s := Ecole(9, 40)
	s.Pupils[1].Given, s.Pupils[1].Family = "=cmd|'/C calc'!A0", "@SUM(1+1)"
	s.Pupils[2].Family = "+33600000000"
	return s
}

// giant is an archive of one file of a gigabyte, which is one line. A
// compressed megabyte is put down a thousand times.
func giant(name, begin string) source.Input {
	var block, whole bytes.Buffer
	w, err := flate.NewWriter(&block, flate.BestSpeed)
	flush := func(text []byte) []byte {
		block.Reset()
		if err == nil {
			_, err = w.Write(text)
		}
		if err == nil {
			err = w.Flush()
		}
		return bytes.Clone(block.Bytes())
	}
	data := flush([]byte(begin))
	w.Reset(&block) // a block that refers to nothing before it
	data = append(data, bytes.Repeat(flush(bytes.Repeat([]byte{'a'}, 1<<20)), 1<<10)...)
	z := zip.NewWriter(&whole)
	var out io.Writer
	if err == nil {
		out, err = z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, CompressedSize64: uint64(len(data)), UncompressedSize64: 1 << 30})
	}
	if err == nil {
		_, err = out.Write(data)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil { // a Buffer does not fail
		panic(err)
	}
	return source.Input{Name: name + ".zip", Data: whole.Bytes()}
}
