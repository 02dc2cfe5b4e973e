// Package lom reads notices in ScoLOMFR, LOMFR or LOM XML of any version, one
// by one or from a ZIP.
//
// It promises to go by the URIs of concepts, never by labels; that what it
// reads is bounded in bytes, depth and elements; and that everything wrong with
// a notice is said at once. It refuses document types and entities, and to
// guess what a notice does not say.
package lom

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"preau/media/catalogue/notice"
)

// Limits of a notice.
const (
	MaxBytes    = 1 << 20
	maxDepth    = 64
	maxElements = 20_000
)

// Defaults are what a notice does not say.
type Defaults struct {
	Service, Publisher, Licence string
}

// The concepts that name kinds, and the vocabularies of domains and levels.
var kinds = map[string]string{
	"http://purl.org/dc/dcmitype/MovingImage":         notice.KindVideo,
	"http://purl.org/dc/dcmitype/Sound":               notice.KindAudio,
	"http://purl.org/dc/dcmitype/Text":                notice.KindDocument,
	"http://purl.org/dc/dcmitype/Image":               notice.KindImage,
	"http://purl.org/dc/dcmitype/StillImage":          notice.KindImage,
	"http://purl.org/dc/dcmitype/InteractiveResource": notice.KindApp,
	"http://purl.org/dc/dcmitype/Software":            notice.KindApp,
	"http://purl.org/dc/dcmitype/Collection":          notice.KindCollection,
}

const (
	domains = "scolomfr-voc-015-"
	levels  = "scolomfr-voc-022-"
)

// languages are the three-letter codes of LOM that have two letters.
var languages = map[string]string{"fre": "fr", "fra": "fr", "eng": "en", "ger": "de", "deu": "de", "spa": "es", "ita": "it", "por": "pt", "lat": "la"}

// Parse reads one notice. The item has one asset, whose File is the last part
// of the notice's location; it is usable only when there is no problem.
func Parse(b []byte, d Defaults) (notice.Item, []notice.Problem) {
	bad := func(text, remedy string) (notice.Item, []notice.Problem) {
		return notice.Item{}, []notice.Problem{{Field: "xml", Text: text, Remedy: remedy}}
	}
	if len(b) > MaxBytes {
		return bad(fmt.Sprintf("the notice has %d bytes, over %d", len(b), MaxBytes), "Give one notice a file.")
	}
	v, err := read(b)
	if err != nil {
		return bad(err.Error(), "Export the notice again as LOM XML in UTF-8, without a DOCTYPE.")
	}
	return v.item(d)
}

// values are the texts of a notice by the path of local names, in order.
type values struct {
	texts  map[string][]string
	taxons []string // the narrowest concept of each path
	part   string   // the collection that it is part of
}

var errDoctype = errors.New("it holds a DOCTYPE, which is refused")

func read(b []byte) (*values, error) {
	dec := xml.NewDecoder(bytes.NewReader(b))
	v := &values{texts: map[string][]string{}}
	var stack []string
	var text strings.Builder
	var last, relation string
	for n := 0; ; n++ {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("the XML cannot be read: %w", err)
		}
		if n > 4*maxElements {
			return nil, fmt.Errorf("it has over %d elements", maxElements)
		}
		switch t := token.(type) {
		case xml.Directive:
			return nil, errDoctype
		case xml.StartElement:
			if len(stack) >= maxDepth {
				return nil, fmt.Errorf("it is over %d elements deep", maxDepth)
			}
			if len(stack) == 0 && t.Name.Local != "lom" {
				return nil, fmt.Errorf("it is no LOM notice but %.40q", t.Name.Local)
			}
			stack = append(stack, t.Name.Local)
			text.Reset()
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			at := strings.Join(stack[min(1, len(stack)):], "/")
			said := strings.TrimSpace(text.String())
			switch {
			case at == "classification/taxonPath/taxon/id" && said != "":
				last = said
			case at == "classification/taxonPath":
				if last != "" {
					v.taxons = append(v.taxons, last)
				}
				last = ""
			case at == "relation/kind/value":
				relation = strings.ToLower(said)
			case at == "relation/resource/identifier/entry" && strings.HasSuffix(relation, "ispartof"):
				v.part = said
			}
			if said != "" {
				v.texts[at] = append(v.texts[at], said)
			}
			stack = stack[:len(stack)-1]
			text.Reset()
		}
	}
	if len(v.texts) == 0 {
		return nil, errors.New("it holds nothing")
	}
	return v, nil
}

func (v *values) first(at ...string) string {
	for _, a := range at {
		if list := v.texts[a]; len(list) > 0 {
			return list[0]
		}
	}
	return ""
}

func (v *values) item(d Defaults) (notice.Item, []notice.Problem) {
	it := notice.Item{
		Title: v.first("general/title/string"), Description: v.first("general/description/string"),
		Service: d.Service, Publisher: d.Publisher, Licence: d.Licence, PartOf: v.part,
		Rights: notice.Rights{Display: notice.All, Download: notice.All}, Taxons: []string{},
	}
	for _, id := range v.texts["general/identifier/entry"] {
		if it.ID == "" || !notice.ValidID(it.ID) {
			it.ID = id
		}
	}
	it.Lang = v.first("general/language")
	if two, ok := languages[it.Lang]; ok {
		it.Lang = two
	}
	for _, uri := range v.taxons {
		switch {
		case strings.Contains(uri, domains) && !slices.Contains(it.Taxons, uri):
			it.Taxons = append(it.Taxons, uri)
		case strings.Contains(uri, levels) && !slices.Contains(it.Levels, uri):
			it.Levels = append(it.Levels, uri)
		}
	}
	for _, uri := range v.texts["general/documentType/value"] {
		if kind, ok := kinds[uri]; ok {
			it.Kind = kind
		}
	}
	var problems []notice.Problem
	if text := v.first("technical/duration/duration"); text != "" {
		var ok bool
		if it.Duration, ok = seconds(text); !ok {
			problems = append(problems, notice.Problem{Field: "duration_s", Text: fmt.Sprintf("%.40q is not a duration", text), Remedy: "Write it as PT2M30S."})
		}
	}
	if it.Kind != notice.KindCollection {
		it.Assets = []notice.Asset{{Role: notice.RoleMain, Mime: v.first("technical/format"), File: path.Base(v.first("technical/location"))}}
	}
	return it, append(problems, it.Check(false)...)
}

var duration = regexp.MustCompile(`^PT(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:(\d{1,6}(?:\.\d{1,3})?)S)?$`)

func seconds(text string) (float64, bool) {
	m := duration.FindStringSubmatch(text)
	if m == nil || text == "PT" {
		return 0, false
	}
	total := 0.0
	for i, unit := range []float64{3600, 60, 1} {
		if m[i+1] == "" {
			continue
		}
		n, err := strconv.ParseFloat(m[i+1], 64)
		if err != nil {
			return 0, false
		}
		total += n * unit
	}
	return total, true
}
