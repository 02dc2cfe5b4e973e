package course

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"preau"
)

// Namespace is that of course structures.
const Namespace = "https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd"

// Bounds of a course structure.
const (
	MaxStructure = 16 << 20
	maxElements  = 400_000
	maxDepth     = 40
	maxText      = 64 << 10
)

// element is one of the namespace, with its text; those of others, which are
// vendors' extensions, are passed over whole.
type element struct {
	name string
	attr map[string]string
	text strings.Builder
	kids []*element
}

// refuse is every refusal: it names where and which rule of the
// specification.
func refuse(text, rule string) error {
	return preau.E(preau.Invalid, text, "Ask whoever made the course to follow the cmi5 specification: "+rule+".", nil)
}

// parseTree reads the document. Its root must be named.
func parseTree(raw []byte, root string) (*element, error) {
	if len(raw) > MaxStructure {
		return nil, preau.E(preau.TooLarge, fmt.Sprintf("the course structure is over %d MB", MaxStructure>>20), "Split the course.", nil)
	}
	d := xml.NewDecoder(bytes.NewReader(raw))
	d.CharsetReader = func(label string, _ io.Reader) (io.Reader, error) {
		return nil, refuse(fmt.Sprintf("the course structure is written in %.20q", label), "write it in UTF-8")
	}
	var stack []*element
	var top *element
	count, skip := 0, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if e, ok := errors.AsType[*preau.Error](err); ok {
				return nil, e
			}
			line, _ := d.InputPos()
			return nil, preau.E(preau.Invalid, fmt.Sprintf("the course structure is not well-formed XML at line %d", line), "Ask whoever made the course to export it again.", err)
		}
		switch t := token.(type) {
		case xml.Directive:
			return nil, refuse("the course structure declares a document type", "section 14.0, it conforms to the schema; document types and entities are refused")
		case xml.StartElement:
			if count++; count > maxElements || len(stack)+skip >= maxDepth {
				return nil, refuse("the course structure nests or repeats without end", fmt.Sprintf("at most %d elements, %d deep", maxElements, maxDepth))
			}
			if skip > 0 || t.Name.Space != Namespace {
				if len(stack) == 0 {
					return nil, refuse(fmt.Sprintf("the root is %.60q of %.120q", t.Name.Local, t.Name.Space), "section 14.0, the root is "+root+" of "+Namespace)
				}
				skip++
				continue
			}
			el := &element{name: t.Name.Local, attr: map[string]string{}}
			for _, a := range t.Attr {
				if a.Name.Space == "" && a.Name.Local != "xmlns" {
					if _, twice := el.attr[a.Name.Local]; twice {
						return nil, refuse(fmt.Sprintf("%q has %.40q twice", el.name, a.Name.Local), "an attribute comes once")
					}
					el.attr[a.Name.Local] = strings.TrimSpace(a.Value)
				}
			}
			if len(stack) > 0 {
				up := stack[len(stack)-1]
				up.kids = append(up.kids, el)
			} else if el.name != root {
				return nil, refuse(fmt.Sprintf("the root is %.60q", el.name), "section 14.0, the root is "+root)
			} else {
				top = el
			}
			stack = append(stack, el)
		case xml.EndElement:
			if skip > 0 {
				skip--
				continue
			}
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if skip == 0 && len(stack) > 0 {
				el := stack[len(stack)-1]
				if el.text.Len()+len(t) > maxText {
					return nil, refuse(fmt.Sprintf("the text of %q is over %d KB", el.name, maxText>>10), "shorten it")
				}
				el.text.Write(t)
			}
		}
	}
	if top == nil {
		return nil, refuse("the course structure is empty", "section 14.0, the root is "+root)
	}
	return top, nil
}

func (e *element) value() string { return strings.TrimSpace(e.text.String()) }

// one returns the child of the name; nil when there is none.
func (e *element) one(name string) *element {
	for _, k := range e.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

// check holds an element to the schema: its attributes, its children in their
// order. A name ends with "+" when it comes once or more, "?" when perhaps,
// and alternatives are joined by "|".
func (e *element) check(where, attrs, order string) error {
	for name := range e.attr {
		if !strings.Contains(" "+attrs+" ", " "+name+" ") {
			return refuse(fmt.Sprintf("%s has the unknown attribute %.40q", where, name), "section 14.0, it conforms to the schema")
		}
	}
	at := 0
	for _, want := range strings.Fields(order) {
		names := "|" + strings.TrimRight(want, "+?") + "|"
		n := 0
		for at < len(e.kids) && strings.Contains(names, "|"+e.kids[at].name+"|") {
			if at++; n > 0 && !strings.HasSuffix(want, "+") {
				return refuse(where+" has "+e.kids[at-1].name+" twice", "section 14.0, it conforms to the schema")
			}
			n++
		}
		if n == 0 && !strings.HasSuffix(want, "?") {
			return refuse(where+" has no "+strings.ReplaceAll(strings.TrimRight(want, "+"), "|", " or ")+" where one belongs", "section 13.1, it is required, in the order of the schema")
		}
	}
	if at < len(e.kids) {
		return refuse(fmt.Sprintf("%s has %.40q where none belongs", where, e.kids[at].name), "section 14.0, it conforms to the schema")
	}
	return nil
}
