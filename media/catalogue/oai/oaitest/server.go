// Package oaitest is an OAI-PMH repository for tests: it promises the pages,
// tokens and errors of the protocol, and to fail as a test asks. It refuses to
// be more than ListRecords.
package oaitest

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Record is one of its records.
type Record struct {
	ID, Stamp, Set string
	Deleted        bool
	Notice         string // its XML
}

// Server lists records; its fields are set before it is asked.
type Server struct {
	*httptest.Server
	PerPage int
	Records func() []Record
	Now     time.Time
	// Before may answer the n-th request (from 1) itself, and then says so.
	Before func(n int, w http.ResponseWriter, r *http.Request) bool

	mu    sync.Mutex
	asked []url.Values
}

// Start is a server of records that a test may close.
func Start(records func() []Record) *Server {
	s := &Server{PerPage: 2, Records: records, Now: time.Now()}
	s.Server = httptest.NewServer(s)
	return s
}

// Asked are the arguments of each request so far.
func (s *Server) Asked() []url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]url.Values(nil), s.asked...)
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.URL.Query())
	n := len(s.asked)
	s.mu.Unlock()
	if s.Before != nil && s.Before(n, w, r) {
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	fmt.Fprint(w, Answer(s.Now, s.list(r.URL.Query())))
}

// Answer is a whole answer around a body.
func Answer(now time.Time, body string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><responseDate>` +
		now.UTC().Format(time.RFC3339) + `</responseDate><request verb="ListRecords">http://service.example/oai</request>` + body + `</OAI-PMH>`
}

// Fault is the body of an error.
func Fault(code string) string { return `<error code="` + code + `">said by the test</error>` }

func (s *Server) list(q url.Values) string {
	at := 0
	if token := q.Get("resumptionToken"); token != "" {
		// A token carries the arguments, as the protocol has it.
		place, args, _ := strings.Cut(token, "|")
		n, err := strconv.Atoi(place)
		if err != nil || len(q) != 2 {
			return Fault("badResumptionToken")
		}
		at = n
		if q, err = url.ParseQuery(args); err != nil {
			return Fault("badResumptionToken")
		}
	}
	if q.Get("metadataPrefix") != "lom" {
		return Fault("cannotDisseminateFormat")
	}
	var list []Record
	for _, r := range s.Records() {
		if from := q.Get("from"); r.Stamp[:10] >= from && (q.Get("until") == "" || r.Stamp[:10] <= q.Get("until")) && (q.Get("set") == "" || q.Get("set") == r.Set) {
			list = append(list, r)
		}
	}
	if at >= len(list) {
		return Fault("noRecordsMatch")
	}
	var b strings.Builder
	b.WriteString("<ListRecords>")
	end := min(at+s.PerPage, len(list))
	for _, r := range list[at:end] {
		b.WriteString(XML(r))
	}
	if at > 0 || end < len(list) {
		token := ""
		if end < len(list) {
			q.Del("verb")
			token = strconv.Itoa(end) + "|" + q.Encode()
		}
		fmt.Fprintf(&b, `<resumptionToken completeListSize="%d" cursor="%d">%s</resumptionToken>`, len(list), at, html.EscapeString(token))
	}
	b.WriteString("</ListRecords>")
	return b.String()
}

// XML is a record as it is listed.
func XML(r Record) string {
	if r.Deleted {
		return fmt.Sprintf(`<record><header status="deleted"><identifier>%s</identifier><datestamp>%s</datestamp></header></record>`, html.EscapeString(r.ID), r.Stamp)
	}
	return fmt.Sprintf(`<record><header><identifier>%s</identifier><datestamp>%s</datestamp></header><metadata>%s</metadata></record>`, html.EscapeString(r.ID), r.Stamp, r.Notice)
}

// Notice is a small notice of a document.
func Notice(id, title, file string) string {
	return `<lom xmlns="http://ltsc.ieee.org/xsd/LOM"><general><identifier><entry>` + html.EscapeString(id) + `</entry></identifier><title><string language="fre">` +
		html.EscapeString(title) + `</string></title><language>fre</language><documentType><value>http://purl.org/dc/dcmitype/Text</value></documentType></general>` +
		`<technical><format>application/pdf</format><location>https://service.example/` + html.EscapeString(file) + `</location></technical></lom>`
}
