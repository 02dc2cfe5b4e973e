package course

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// ParseStructure reads a cmi5.xml. has says whether a file is in the package;
// nil when there is none, and then every URL must be absolute.
func ParseStructure(raw []byte, has func(path string) bool) (*Course, error) {
	top, err := parseTree(raw, "courseStructure")
	if err != nil {
		return nil, err
	}
	p := &parser{has: has, ids: map[string]bool{}, objectives: map[string]bool{}}
	if err := top.check("the course structure", "", "course objectives? au|block+"); err != nil {
		return nil, err
	}
	el := top.one("course")
	if err := el.check("the course", "id", "title description"); err != nil {
		return nil, err
	}
	c := &Course{}
	if c.ID, err = iri(el, "id", "the course"); err != nil {
		return nil, err
	}
	if c.Title, c.Description, err = texts(el, "the course"); err != nil {
		return nil, err
	}
	if list := top.one("objectives"); list != nil {
		if c.Objectives, err = p.defined(list); err != nil {
			return nil, err
		}
	}
	c.Children, err = p.nodes(top.kids)
	return c, err
}

type parser struct {
	has        func(string) bool
	ids        map[string]bool
	objectives map[string]bool
}

func (p *parser) identify(el *element) (id string, err error) {
	if id, err = iri(el, "id", el.name); err != nil {
		return "", err
	}
	if p.ids[id] {
		return "", refuse(fmt.Sprintf("the identifier %.200q comes twice", id), "section 13.1, the id of an AU, a block or an objective is unique within the course structure")
	}
	p.ids[id] = true
	return id, nil
}

func (p *parser) defined(list *element) (found []Objective, err error) {
	if err := list.check("the list of objectives", "", "objective+"); err != nil {
		return nil, err
	}
	for _, el := range list.kids {
		var o Objective
		if o.ID, err = p.identify(el); err != nil {
			return nil, err
		}
		// The schema lets these two come in either order.
		if len(el.kids) == 2 && el.kids[0].name == "description" {
			el.kids[0], el.kids[1] = el.kids[1], el.kids[0]
		}
		if err := el.check("objective "+o.ID, "id", "title description"); err != nil {
			return nil, err
		}
		if o.Title, o.Description, err = texts(el, "objective "+o.ID); err != nil {
			return nil, err
		}
		p.objectives[o.ID] = true
		found = append(found, o)
	}
	return found, nil
}

func (p *parser) nodes(els []*element) (nodes []Node, err error) {
	for _, el := range els {
		var n Node
		switch el.name {
		case "au":
			n.AU, err = p.unit(el)
		case "block":
			n.Block, err = p.block(el)
		default:
			continue
		}
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

func (p *parser) block(el *element) (b *Block, err error) {
	b = &Block{}
	if b.ID, err = p.identify(el); err != nil {
		return nil, err
	}
	where := "block " + b.ID
	if err := el.check(where, "id", "title description objectives? au|block+"); err != nil {
		return nil, err
	}
	if b.Title, b.Description, err = texts(el, where); err != nil {
		return nil, err
	}
	if b.Objectives, err = p.references(el, where); err != nil {
		return nil, err
	}
	b.Children, err = p.nodes(el.kids)
	return b, err
}

func (p *parser) references(el *element, where string) (ids []string, err error) {
	list := el.one("objectives")
	if list == nil {
		return nil, nil
	}
	if err := list.check(where, "", "objective+"); err != nil {
		return nil, err
	}
	for _, o := range list.kids {
		if err := o.check(where, "idref", ""); err != nil {
			return nil, err
		}
		id := o.attr["idref"]
		if !p.objectives[id] {
			return nil, refuse(fmt.Sprintf("%s refers to the objective %.200q, which is not in the course", where, id), "section 13.1.3, a reference names an objective of the course structure")
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// langTag is a language as XML Schema has it.
var langTag = regexp.MustCompile(`^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$`)

func texts(el *element, where string) (title, description Text, err error) {
	if title, err = text(el.one("title"), where); err != nil {
		return nil, nil, err
	}
	description, err = text(el.one("description"), where)
	return title, description, err
}

func text(el *element, where string) (t Text, err error) {
	where += ", " + el.name
	if err := el.check(where, "", "langstring+"); err != nil {
		return nil, err
	}
	for _, l := range el.kids {
		if err := l.check(where, "lang", ""); err != nil {
			return nil, err
		}
		lang := l.attr["lang"]
		if _, set := l.attr["lang"]; set && !langTag.MatchString(lang) {
			return nil, refuse(fmt.Sprintf("%s has the language %.30q", where, lang), "section 13.1, a language is a tag such as fr or en-GB")
		}
		t = append(t, Lang{Lang: lang, Text: l.value()})
	}
	return t, nil
}

func iri(el *element, attr, where string) (string, error) {
	v := el.attr[attr]
	u, err := url.Parse(v)
	if v == "" || len(v) > 2048 || err != nil || u.Scheme == "" || strings.ContainsAny(v, " <>\"{}|\\^`\t\r\n") {
		return "", refuse(fmt.Sprintf("%s has the %s %.200q", where, attr, v), "section 13.1, it is a whole IRI")
	}
	return v, nil
}

var decimal = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`)

func mastery(v, where string) (*float64, error) {
	n, err := strconv.ParseFloat(v, 64)
	if _, fraction, _ := strings.Cut(v, "."); err != nil || !decimal.MatchString(v) || n < 0 || n > 1 || len(strings.TrimRight(fraction, "0")) > 4 {
		return nil, refuse(fmt.Sprintf("%s has the masteryScore %.30q", where, v), "section 13.1.4, it is a decimal from 0 to 1 of at most 4 places")
	}
	return &n, nil
}
