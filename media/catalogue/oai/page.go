// Package oai asks an OAI-PMH 2.0 repository for records, page by page.
//
// It promises that each page is whole when it is handed over, with the token
// of the next, so that who keeps both goes on after any interruption; that a
// server is asked no faster than it says; and that what comes in is bounded:
// bytes, depth, records, pages, redirects, waits. It refuses document types and
// entities, a server that hands out the same token twice, and to know what a
// notice says (package lom does) or what becomes of it (package publisher
// does).
//
// Specification: https://www.openarchives.org/OAI/openarchivesprotocol.html
package oai

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"preau"
)

// Limits of a page.
const (
	MaxPage    = 32 << 20
	MaxRecords = 10_000 // of a page

	maxDepth     = 80
	maxTokens    = 4_000_000 // of XML
	maxName      = 1024      // bytes of a record's identifier
	maxToken     = 4096
	maxSpaces    = 64       // namespaces declared around a notice
	maxSpaceText = 16 << 10 // bytes of them: each notice gets a copy
	space        = "http://www.openarchives.org/OAI/2.0/"
)

// A Record is one notice, or the word that there is none any more.
type Record struct {
	ID      string
	Stamp   string // a day or a second in UTC, as the server gave it
	Deleted bool
	Notice  []byte // XML that stands alone; nil when deleted
}

// A Refusal is an error as the protocol knows them.
type Refusal struct{ Code, Text string }

// A Page is one answer to ListRecords.
type Page struct {
	Date    time.Time // the server's, when it answered
	Records []Record
	Token   string // asks for the next page; "" after the last
	Size    int    // of the whole list, 0 when the server does not say
	Refused []Refusal
}

// ParsePage reads an answer to ListRecords.
func ParsePage(b []byte) (Page, error) {
	if len(b) > MaxPage {
		return Page{}, broken(fmt.Sprintf("a page has over %d MB", MaxPage>>20), nil)
	}
	p := parser{raw: b, dec: xml.NewDecoder(bytes.NewReader(b))}
	if err := p.run(); err != nil {
		return Page{}, err
	}
	return p.page, nil
}

func broken(text string, cause error) error {
	return preau.E(preau.Corrupt, "the source's answer cannot be used: "+text,
		"Check that the address is that of an OAI-PMH 2.0 service; if it is, tell those who run it. What was fetched is kept.", cause)
}

// parser is what is known at one point of a page.
type parser struct {
	raw    []byte
	dec    *xml.Decoder
	page   Page
	stack  []string
	scope  []xml.Attr // namespaces declared by the elements around
	marks  []int      // how many of them were there at each element
	text   strings.Builder
	record Record
	seen   int // tokens of XML
}

func (p *parser) run() error {
	for {
		token, err := p.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			err = p.start(t)
		case xml.CharData:
			p.text.Write(t)
		case xml.EndElement:
			err = p.end()
		}
		if err != nil {
			return err
		}
	}
	if p.page.Date.IsZero() {
		return broken("it has no date", nil)
	}
	return nil
}

// next is one token of XML that may be there.
func (p *parser) next() (xml.Token, error) {
	token, err := p.dec.Token()
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, broken("its XML is not whole", err)
	}
	if p.seen++; p.seen > maxTokens {
		return nil, broken("it has too many elements", nil)
	}
	if _, ok := token.(xml.Directive); ok {
		return nil, broken("it holds a DOCTYPE, which is refused", nil)
	}
	return token, nil
}

const recordPath = "OAI-PMH/ListRecords/record"

func (p *parser) start(t xml.StartElement) error {
	at := strings.Join(p.stack, "/")
	if at == recordPath+"/metadata" {
		return p.capture(t)
	}
	if len(p.stack) == 0 && (t.Name.Local != "OAI-PMH" || t.Name.Space != space) {
		return broken(fmt.Sprintf("it is no OAI-PMH answer but %.40q", t.Name.Local), nil)
	}
	if len(p.stack) >= maxDepth {
		return broken("its elements are too deep", nil)
	}
	p.marks = append(p.marks, len(p.scope))
	p.scope = append(p.scope, declared(t)...)
	p.stack = append(p.stack, t.Name.Local)
	p.text.Reset()
	switch strings.Join(p.stack, "/") {
	case recordPath:
		p.record = Record{}
	case recordPath + "/header":
		p.record.Deleted = attr(t, "status") == "deleted"
	case "OAI-PMH/ListRecords/resumptionToken":
		if n, err := strconv.Atoi(attr(t, "completeListSize")); err == nil && n > 0 {
			p.page.Size = n
		}
	case "OAI-PMH/error":
		p.page.Refused = append(p.page.Refused, Refusal{Code: attr(t, "code")})
	}
	return nil
}

func (p *parser) end() error {
	said := strings.TrimSpace(p.text.String())
	p.text.Reset()
	at := strings.Join(p.stack, "/")
	last := len(p.stack) - 1
	p.scope, p.marks, p.stack = p.scope[:p.marks[last]], p.marks[:last], p.stack[:last]
	switch at {
	case "OAI-PMH/responseDate":
		date, err := time.Parse(time.RFC3339, said)
		if err != nil {
			return broken(fmt.Sprintf("%.40q is not its date", said), err)
		}
		p.page.Date = date.UTC()
	case "OAI-PMH/error":
		p.page.Refused[len(p.page.Refused)-1].Text = plain(said)
		if len(p.page.Refused) > 16 {
			return broken("it has too many errors", nil)
		}
	case "OAI-PMH/ListRecords/resumptionToken":
		if p.page.Token = said; len(said) > maxToken {
			return broken("its token is too long", nil)
		}
	case recordPath + "/header/identifier":
		p.record.ID = said
	case recordPath + "/header/datestamp":
		p.record.Stamp = said
	case recordPath:
		return p.keep()
	}
	return nil
}

func (p *parser) keep() error {
	r := p.record
	if r.ID == "" || len(r.ID) > maxName || plain(r.ID) != r.ID {
		return broken(fmt.Sprintf("record %d has no identifier that can be one", len(p.page.Records)+1), nil)
	}
	if !ValidStamp(r.Stamp) {
		return broken(fmt.Sprintf("%.40q is not the date of record %.100s", r.Stamp, r.ID), nil)
	}
	if r.Deleted {
		r.Notice = nil
	}
	if p.page.Records = append(p.page.Records, r); len(p.page.Records) > MaxRecords {
		return broken(fmt.Sprintf("a page has over %d records", MaxRecords), nil)
	}
	return nil
}

// capture takes a notice as it is in the page, with the namespaces that
// elements around it declare.
func (p *parser) capture(t xml.StartElement) error {
	if p.record.Notice != nil {
		return broken(fmt.Sprintf("record %.100s has two notices", p.record.ID), nil)
	}
	from := bytes.LastIndexByte(p.raw[:p.dec.InputOffset()], '<')
	name := from + 1 + bytes.IndexAny(p.raw[from+1:], " \t\r\n/>")
	for depth := 1; depth > 0; {
		token, err := p.next()
		if errors.Is(err, io.EOF) {
			return broken("its XML is not whole", nil)
		}
		if err != nil {
			return err
		}
		switch token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return broken("its elements are too deep", nil)
			}
		case xml.EndElement:
			depth--
		}
	}
	around, err := p.around(declared(t))
	if err != nil {
		return err
	}
	p.record.Notice = slices.Concat(p.raw[from:name], around, p.raw[name:p.dec.InputOffset()])
	return nil
}

// around writes the declarations in force around a notice that it does not
// make itself.
func (p *parser) around(own []xml.Attr) ([]byte, error) {
	var out bytes.Buffer
	done := map[string]bool{}
	for _, a := range own {
		done[a.Name.Space+":"+a.Name.Local] = true
	}
	if len(p.scope) > maxSpaces {
		return nil, broken("it declares too many namespaces", nil)
	}
	for _, a := range slices.Backward(p.scope) { // the nearest counts
		name := a.Name.Space + ":" + a.Name.Local
		if done[name] {
			continue
		}
		done[name] = true
		out.WriteString(" " + strings.TrimPrefix(name, ":") + `="`)
		if err := xml.EscapeText(&out, []byte(a.Value)); err != nil {
			return nil, fmt.Errorf("copy a namespace: %w", err)
		}
		out.WriteByte('"')
		if out.Len() > maxSpaceText {
			return nil, broken("it declares too many namespaces", nil)
		}
	}
	return out.Bytes(), nil
}

// declared are the namespaces that an element declares.
func declared(t xml.StartElement) (list []xml.Attr) {
	for _, a := range t.Attr {
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			list = append(list, a)
		}
	}
	return list
}

func attr(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// Day and Second are the two forms of the protocol's dates.
const (
	Day    = time.DateOnly
	Second = "2006-01-02T15:04:05Z"
)

// ValidStamp reports whether s is a date of the protocol.
func ValidStamp(s string) bool {
	for _, form := range []string{Day, Second} {
		if _, err := time.Parse(form, s); err == nil {
			return true
		}
	}
	return false
}

// plain is a text of the server as people may see it.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	return strings.ToValidUTF8(s[:min(len(s), maxName)], "")
}
