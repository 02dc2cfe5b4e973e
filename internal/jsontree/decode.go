package jsontree

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"preau"
)

// Kind is the type of a value.
type Kind uint8

// The six types of JSON.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

var kindNames = [...]string{"null", "a boolean", "a number", "a string", "an array", "an object"}

// String names the type with its article, for a sentence.
func (k Kind) String() string { return kindNames[k] }

// maxDepth bounds the recursion; no statement means anything so deep.
const maxDepth = 1000

// Value is a JSON value that keeps the order of keys and the digits of
// numbers: what came in must go out again.
type Value struct {
	Kind  Kind
	Text  string   // the decoded string, or the literal of a number or boolean
	Keys  []string // of an object, beside Items
	Items []*Value
}

// Get is the member under key, or nil; also of a nil value.
func (v *Value) Get(key string) *Value {
	if v == nil || v.Kind != Object {
		return nil
	}
	for i, k := range v.Keys {
		if k == key {
			return v.Items[i]
		}
	}
	return nil
}

// Str is the string under key, or "".
func (v *Value) Str(key string) string {
	if m := v.Get(key); m != nil && m.Kind == String {
		return m.Text
	}
	return ""
}

// Set replaces or appends a member. It changes v: only for trees of one's own.
func (v *Value) Set(key string, m *Value) {
	for i, k := range v.Keys {
		if k == key {
			v.Items[i] = m
			return
		}
	}
	v.Keys, v.Items = append(v.Keys, key), append(v.Items, m)
}

// Without is v less some members, sharing the others.
func (v *Value) Without(keys ...string) *Value {
	out := &Value{Kind: Object}
next:
	for i, k := range v.Keys {
		for _, drop := range keys {
			if k == drop {
				continue next
			}
		}
		out.Keys, out.Items = append(out.Keys, k), append(out.Items, v.Items[i])
	}
	return out
}

// Decode reads one JSON value (RFC 8259) and refuses a key that comes twice
// in one object: readers would disagree about which one counts.
func Decode(raw []byte) (*Value, error) {
	if !utf8.Valid(raw) {
		return nil, malformed("it is not UTF-8")
	}
	d := decoder{text: string(raw)}
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	if d.space(); d.at < len(d.text) {
		return nil, malformed("something follows the JSON value")
	}
	return v, nil
}

func malformed(why string) error {
	return preau.E(preau.Invalid, "not valid JSON: "+why, "Send JSON as RFC 8259 defines it, in UTF-8, each key once.", nil)
}

type decoder struct {
	text string
	at   int
}

func (d *decoder) space() {
	for d.at < len(d.text) {
		switch d.text[d.at] {
		case ' ', '\t', '\r', '\n':
			d.at++
		default:
			return
		}
	}
}

// take skips space and moves past c if it is next.
func (d *decoder) take(c byte) bool {
	d.space()
	if d.at < len(d.text) && d.text[d.at] == c {
		d.at++
		return true
	}
	return false
}

func (d *decoder) value(depth int) (*Value, error) {
	if depth > maxDepth {
		return nil, malformed("it is nested too deeply")
	}
	d.space()
	if d.at == len(d.text) {
		return nil, malformed("it ends too early")
	}
	switch c := d.text[d.at]; {
	case c == '{':
		return d.object(depth)
	case c == '[':
		return d.array(depth)
	case c == '"':
		s, err := d.string()
		return &Value{Kind: String, Text: s}, err
	case c == '-' || c >= '0' && c <= '9':
		return d.number()
	}
	for word, k := range map[string]Kind{"true": Bool, "false": Bool, "null": Null} {
		if strings.HasPrefix(d.text[d.at:], word) {
			d.at += len(word)
			return &Value{Kind: k, Text: word}, nil
		}
	}
	return nil, malformed("a value was expected")
}

func (d *decoder) object(depth int) (*Value, error) {
	v := &Value{Kind: Object}
	var seen map[string]bool // once there are too many to look through
	d.at++
	if d.take('}') {
		return v, nil
	}
	for {
		d.space()
		if d.at == len(d.text) || d.text[d.at] != '"' {
			return nil, malformed("a key was expected")
		}
		key, err := d.string()
		if err != nil {
			return nil, err
		}
		if len(v.Keys) >= 16 && seen == nil {
			seen = map[string]bool{}
			for _, k := range v.Keys {
				seen[k] = true
			}
		}
		if seen[key] || seen == nil && v.Get(key) != nil {
			return nil, malformed("the key " + Quote(key) + " comes twice")
		}
		if seen != nil {
			seen[key] = true
		}
		if !d.take(':') {
			return nil, malformed("a colon was expected")
		}
		m, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		v.Keys, v.Items = append(v.Keys, key), append(v.Items, m)
		if d.take('}') {
			return v, nil
		}
		if !d.take(',') {
			return nil, malformed("a comma was expected")
		}
	}
}

func (d *decoder) array(depth int) (*Value, error) {
	v := &Value{Kind: Array}
	d.at++
	if d.take(']') {
		return v, nil
	}
	for {
		m, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		v.Items = append(v.Items, m)
		if d.take(']') {
			return v, nil
		}
		if !d.take(',') {
			return nil, malformed("a comma was expected")
		}
	}
}

// string reads from the opening quote on.
func (d *decoder) string() (string, error) {
	start, escaped := d.at, false
	for i := d.at + 1; i < len(d.text); i++ {
		switch c := d.text[i]; {
		case c == '"':
			d.at = i + 1
			if !escaped {
				return d.text[start+1 : i], nil
			}
			var s string
			if err := json.Unmarshal([]byte(d.text[start:i+1]), &s); err != nil {
				return "", malformed("a string has an unknown escape")
			}
			return s, nil
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			return "", malformed("a string has a control character")
		}
	}
	return "", malformed("a string does not end")
}

func (d *decoder) number() (*Value, error) {
	start := d.at
	digits := func() (n int) {
		for d.at < len(d.text) && d.text[d.at] >= '0' && d.text[d.at] <= '9' {
			d.at++
			n++
		}
		return n
	}
	if d.text[d.at] == '-' {
		d.at++
	}
	first := d.at
	n := digits()
	ok := n == 1 || n > 1 && d.text[first] != '0'
	if ok && d.at < len(d.text) && d.text[d.at] == '.' {
		d.at++
		ok = digits() > 0
	}
	if ok && d.at < len(d.text) && (d.text[d.at]|0x20) == 'e' {
		if d.at++; d.at < len(d.text) && (d.text[d.at] == '+' || d.text[d.at] == '-') {
			d.at++
		}
		ok = digits() > 0
	}
	if !ok {
		return nil, malformed("a number is not written as JSON does")
	}
	return &Value{Kind: Number, Text: d.text[start:d.at]}, nil
}
