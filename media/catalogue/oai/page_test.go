package oai_test

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/media/catalogue/oai"
	"preau/media/catalogue/oai/oaitest"
)

var now = time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)

func answer(body string) string { return oaitest.Answer(now, body) }

func one(r oaitest.Record) string { return "<ListRecords>" + oaitest.XML(r) + "</ListRecords>" }

func TestParsePage_Reads(t *testing.T) {
	text := answer("<ListRecords>" +
		`<record><header><identifier>oai:a:1</identifier><datestamp>2026-11-01T10:00:00Z</datestamp><setSpec>s</setSpec></header>` +
		`<metadata><lom:lom  xmlns:lom="http://ltsc.ieee.org/xsd/LOM" xsi:schemaLocation="a b"><lom:record>&amp;</lom:record></lom:lom></metadata><about><x/></about></record>` +
		oaitest.XML(oaitest.Record{ID: "oai:a:2", Stamp: "2026-11-01", Deleted: true}) +
		`<record><header><identifier>oai:a:3</identifier><datestamp>2026-11-01</datestamp></header><metadata><lom/></metadata></record>` +
		`<resumptionToken completeListSize="12"> a|b </resumptionToken></ListRecords>`)
	p, err := oai.ParsePage([]byte(text))
	if err != nil || len(p.Records) != 3 || p.Token != "a|b" || p.Size != 12 || !p.Date.Equal(now) {
		t.Fatalf("%+v %v", p, err)
	}
	if r := p.Records[0]; r.ID != "oai:a:1" || r.Stamp != "2026-11-01T10:00:00Z" || r.Deleted || !strings.HasSuffix(string(r.Notice), `<lom:record>&amp;</lom:record></lom:lom>`) {
		t.Errorf("%+v %s", r, r.Notice)
	}
	for _, i := range []int{0, 2} { // each stands alone: its namespaces came along
		n := string(p.Records[i].Notice)
		if err := xml.Unmarshal([]byte(n), new(struct{})); err != nil || strings.Count(n, "xmlns:xsi=") != 1 || strings.Count(n, "xmlns=") != 1 {
			t.Errorf("%s: %v", n, err)
		}
	}
	if r := p.Records[1]; !r.Deleted || r.Notice != nil || r.ID != "oai:a:2" {
		t.Errorf("%+v", r)
	}
}

func TestParsePage_RefusesWhatIsHostile(t *testing.T) {
	good := oaitest.Record{ID: "oai:a:1", Stamp: "2026-11-01", Notice: "<lom><a>b</a></lom>"}
	with := func(change func(*oaitest.Record)) string {
		r := good
		change(&r)
		return answer(one(r))
	}
	var spaces, many strings.Builder
	for i := range 100 {
		fmt.Fprintf(&spaces, ` xmlns:n%d="urn:%s"`, i, strings.Repeat("x", 1000))
	}
	for range oai.MaxRecords + 1 {
		many.WriteString(oaitest.XML(good))
	}
	for name, text := range map[string]string{
		"a document type":       `<!DOCTYPE OAI-PMH [<!ENTITY a "b">]>` + answer(one(good)),
		"an entity":             with(func(r *oaitest.Record) { r.Notice = "<lom>&a;</lom>" }),
		"deep around":           answer(strings.Repeat("<a>", 200)),
		"deep within":           with(func(r *oaitest.Record) { r.Notice = strings.Repeat("<a>", 200) + strings.Repeat("</a>", 200) }),
		"too long":              answer(strings.Repeat(" ", oai.MaxPage)),
		"too many records":      answer("<ListRecords>" + many.String() + "</ListRecords>"),
		"namespaces that swell": strings.Replace(answer(one(good)), "<ListRecords>", "<ListRecords"+spaces.String()+">", 1),
		"namespaces one long":   strings.Replace(answer(one(good)), "<ListRecords>", `<ListRecords xmlns:a="`+strings.Repeat("x", 20_000)+`">`, 1),
		"another document":      "<html></html>",
		"another namespace":     strings.Replace(answer(one(good)), "openarchives", "example", 1),
		"cut in a record":       answer(one(good))[:300],
		"cut in a notice":       answer(one(good))[:strings.Index(answer(one(good)), "<a>")+4],
		"empty":                 "",
		"no date":               strings.Replace(answer(one(good)), "responseDate", "otherDate", 2),
		"a wrong date":          strings.Replace(answer(one(good)), "2026-11-29T", "29/11/2026 ", 1),
		"two notices":           with(func(r *oaitest.Record) { r.Notice += r.Notice }),
		"no identifier":         with(func(r *oaitest.Record) { r.ID = "" }),
		"a long identifier":     with(func(r *oaitest.Record) { r.ID = strings.Repeat("x", 2000) }),
		"an identifier on two":  with(func(r *oaitest.Record) { r.ID = "a\nb" }),
		"a stamp that is none":  with(func(r *oaitest.Record) { r.Stamp = "yesterday" }),
		"a long token":          answer("<ListRecords><resumptionToken>" + strings.Repeat("x", 5000) + "</resumptionToken></ListRecords>"),
		"many errors":           answer(strings.Repeat(oaitest.Fault("badVerb"), 20)),
		"another encoding":      strings.Replace(answer(one(good)), "UTF-8", "UTF-7", 1),
	} {
		if p, err := oai.ParsePage([]byte(text)); preau.KindOf(err) != preau.Corrupt || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %d records, %v", name, len(p.Records), err)
		}
	}
}

func FuzzParsePage(f *testing.F) {
	f.Add([]byte(answer(one(oaitest.Record{ID: "oai:a:1", Stamp: "2026-11-01", Notice: oaitest.Notice("urn:a", "Un", "a.pdf")}))))
	f.Add([]byte(answer(one(oaitest.Record{ID: "oai:a:1", Stamp: "2026-11-01", Deleted: true}))))
	f.Add([]byte(answer(oaitest.Fault("badResumptionToken"))))
	f.Add([]byte(answer(`<ListRecords xmlns:a="b&lt;"><record><header><identifier>i</identifier><datestamp>2026-11-01</datestamp></header><metadata><a:lom xmlns="c"/></metadata></record><resumptionToken>t</resumptionToken></ListRecords>`)))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := oai.ParsePage(b)
		if err != nil {
			return
		}
		for _, r := range p.Records {
			if r.ID == "" || !oai.ValidStamp(r.Stamp) || r.Deleted && r.Notice != nil {
				t.Fatalf("accepted %+v", r)
			}
			if r.Notice == nil {
				continue
			}
			// A notice stands alone, as whole as it was in the page.
			dec := xml.NewDecoder(strings.NewReader(string(r.Notice)))
			depth, roots := 0, 0
			for {
				token, err := dec.Token()
				if err != nil {
					break
				}
				switch token.(type) {
				case xml.StartElement:
					if depth == 0 {
						roots++
					}
					depth++
				case xml.EndElement:
					depth--
				}
			}
			if depth != 0 || roots != 1 {
				t.Fatalf("notice %q is not whole", r.Notice)
			}
		}
	})
}
