package lrs

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"preau"
	"preau/edge/lrs/xapi"
)

// params are a request's, each once.
type params map[string]string

// readParams refuses what comes twice, and what is no text.
func readParams(r *http.Request) (params, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, invalid("the query cannot be read: " + err.Error())
	}
	p := params{}
	for name, all := range values {
		if len(all) > 1 {
			return nil, invalid("the parameter " + quote(name) + " comes twice")
		}
		if !utf8.ValidString(all[0]) {
			return nil, invalid("the parameter " + quote(name) + " is not UTF-8")
		}
		p[name] = all[0]
	}
	return p, nil
}

// only refuses parameters that the resource does not know.
func (p params) only(known ...string) error {
next:
	for name := range p {
		for _, k := range known {
			if name == k {
				continue next
			}
		}
		return invalid("the parameter " + quote(name) + " is not known here; these are: " + strings.Join(known, ", "))
	}
	return nil
}

func (p params) has(name string) bool { _, ok := p[name]; return ok }

// must gives a parameter that the request cannot do without.
func (p params) must(name string) (string, error) {
	v, ok := p[name]
	if !ok || v == "" {
		return "", invalid("the parameter " + quote(name) + " is missing")
	}
	return v, nil
}

func (p params) iri(name string) (string, error) {
	v, ok := p[name]
	if !ok {
		return "", nil
	}
	iri, err := xapi.ParseIRI(v)
	return iri, about(name, err)
}

func (p params) uuid(name string) (id preau.ID, err error) {
	if v, ok := p[name]; ok {
		id, err = xapi.ParseUUID(v)
	}
	return id, about(name, err)
}

func (p params) agent(name string, v xapi.Version) (*xapi.Agent, error) {
	raw, ok := p[name]
	if !ok {
		return nil, nil
	}
	a, err := xapi.ParseAgent([]byte(raw), v)
	if err != nil {
		return nil, about(name, err)
	}
	return &a, nil
}

func (p params) time(name string, v xapi.Version) (t time.Time, err error) {
	if raw, ok := p[name]; ok {
		t, err = xapi.ParseTimestamp(raw, v)
	}
	return t, about(name, err)
}

func (p params) truth(name string) (bool, error) {
	switch v, ok := p[name]; {
	case !ok, v == "false":
		return false, nil
	case v == "true":
		return true, nil
	}
	return false, invalid("the parameter " + quote(name) + " is true or false")
}

// count reads a number, 0 or more; beyond any use it is cut.
func (p params) count(name string) (int, error) {
	raw, ok := p[name]
	if !ok {
		return 0, nil
	}
	n, err := strconv.ParseUint(raw, 10, 64)
	if err != nil {
		return 0, invalid("the parameter " + quote(name) + " is a whole number, 0 or more")
	}
	return int(min(n, 1<<30)), nil
}

func about(name string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := err.(*preau.Error); ok { //nolint:errorlint // the parsers return it bare
		return preau.E(preau.Invalid, "the parameter "+quote(name)+": "+e.Text, e.Remedy, err)
	}
	return preau.E(preau.Invalid, "the parameter "+quote(name)+" cannot be read", "", err)
}

func invalid(text string) error { return preau.E(preau.Invalid, text, "", nil) }

func quote(s string) string {
	if len(s) > 60 {
		s = s[:60] + "…"
	}
	return strconv.Quote(s)
}
