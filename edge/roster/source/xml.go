package source

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"io"

	"preau"
)

// Bounds of an XML file. SIECLE's largest makes about 150 000 elements.
const (
	maxElements = 1_000_000
	maxDepth    = 32
)

var errCount = errors.New("more records than any school has")

// Each calls fn for every element that fn has not itself consumed with the
// decoder, in the order of the file. What fn decodes is bounded as the file
// is. An error of fn that is already for people passes as it is.
func (f *File) Each(fn func(d *xml.Decoder, el xml.StartElement) error) error {
	in, err := f.raw()
	if err != nil {
		return err
	}
	defer in.Close()
	buffered := bufio.NewReaderSize(in, 32<<10)
	marked := false
	if head, _ := buffered.Peek(len(bom)); bytes.Equal(head, bom) {
		marked = true
		_, _ = buffered.Discard(len(bom)) // was peeked
	}
	inner := xml.NewDecoder(&guard{in: buffered})
	inner.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		if marked { // the mark says what the text is, the label what it was
			return in, nil
		}
		return charset(label, in)
	}
	dec := xml.NewTokenDecoder(&counted{in: inner})
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			if el, ok := token.(xml.StartElement); ok {
				err = fn(dec, el)
			}
		}
		if err != nil {
			if e, ok := errors.AsType[*preau.Error](err); ok && e != nil {
				return err
			}
			return f.explain(err)
		}
	}
}

// counted bounds what a decoder would nest and repeat without end.
type counted struct {
	in              *xml.Decoder
	elements, depth int
}

func (c *counted) Token() (xml.Token, error) {
	token, err := c.in.RawToken()
	switch token.(type) {
	case xml.StartElement:
		c.elements++
		if c.depth++; c.depth > maxDepth || c.elements > maxElements {
			return nil, errCount
		}
	case xml.EndElement:
		c.depth--
	}
	return token, err
}
