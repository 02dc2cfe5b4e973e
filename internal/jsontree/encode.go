package jsontree

import (
	"encoding/json"
	"fmt"
)

// encode writes v without insignificant space.
func (v *Value) encode(b []byte) []byte {
	switch v.Kind {
	case String:
		return appendString(b, v.Text)
	case Array:
		b = append(b, '[')
		for i, m := range v.Items {
			if i > 0 {
				b = append(b, ',')
			}
			b = m.encode(b)
		}
		return append(b, ']')
	case Object:
		b = append(b, '{')
		for i, m := range v.Items {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, v.Keys[i])
			b = append(b, ':')
			b = m.encode(b)
		}
		return append(b, '}')
	}
	return append(b, v.Text...)
}

// Bytes writes v without insignificant space.
func (v *Value) Bytes() json.RawMessage { return v.encode(nil) }

const hexDigits = "0123456789abcdef"

// appendString escapes what JSON demands and no more, so that French text
// stays short and readable.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}

// Quote shows the beginning of a string from outside in an error.
func Quote(s string) string {
	if len(s) > 60 {
		s = s[:60]
	}
	return fmt.Sprintf("%q", s)
}

// Text is a string value.
func Text(s string) *Value { return &Value{Kind: String, Text: s} }
