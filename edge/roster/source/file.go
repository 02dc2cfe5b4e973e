package source

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Kind is what a file is made of.
type Kind string

// The kinds of files that importers read.
const (
	XML      Kind = "xml"
	CSV      Kind = "csv"
	Calendar Kind = "calendar"
)

// File is one file of an import, loose or out of an archive. Its content can
// be read as often as needed and is never whole in memory.
type File struct {
	Name    string // as given; for messages only
	Archive string // the archive it came in, or empty
	Kind    Kind
	Root    string   // XML: the local name of the first element
	Space   string   // XML: its namespace
	Header  []string // CSV: the first line's cells, folded (see Fold)

	open  func() (io.ReadCloser, error)
	utf8  bool // CSV, calendar: valid throughout
	comma rune
}

var bom = []byte("\xef\xbb\xbf")

// raw opens the bytes, bounded.
func (f *File) raw() (io.ReadCloser, error) {
	in, err := f.open()
	if err != nil {
		return nil, f.refuse("cannot be read", "Export it again.", err)
	}
	return struct {
		io.Reader
		io.Closer
	}{&bounded{in: in, left: maxFile}, in}, nil
}

// bounded fails, where a LimitReader would seem to end.
type bounded struct {
	in   io.Reader
	left int64
}

var errLong = errors.New("longer than any school's file")

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.in.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errLong
	}
	return n, err
}

// refuse names the file.
func (f *File) refuse(text, remedy string, cause error) error {
	return Refuse(fmt.Sprintf("%.80q %s", f.Name, text), remedy, cause)
}

// explain turns what a decoder or an archive says into words.
func (f *File) explain(err error) error {
	const whole = "Export it again; do not open it in another program first."
	switch {
	case errors.Is(err, errLong):
		return tooLarge(fmt.Sprintf("%.80q is larger than any school's file", f.Name), "Choose the export of one school.")
	case errors.Is(err, errRun):
		return tooLarge(fmt.Sprintf("%.80q holds a line or an element without end", f.Name), whole)
	case errors.Is(err, errCount):
		return tooLarge(fmt.Sprintf("%.80q holds more records than any school's file", f.Name), "Choose the export of one school.")
	case errors.Is(err, errDoctype):
		return f.refuse("declares entities or a document type, which no export does", "Export it again.", err)
	case errors.Is(err, errEncoding):
		return f.refuse("is written in UTF-8 and says that it is not", whole, err)
	case strings.Contains(err.Error(), "invalid UTF-8"), strings.Contains(err.Error(), "unknown encoding"): // the decoder has no sentinel
		return f.refuse("is not in the encoding it declares, or in one that is not known", whole, err)
	}
	return f.refuse("is cut or damaged", whole, err)
}

// sniff tells the kind by the first bytes.
func (f *File) sniff() error {
	in, err := f.raw()
	if err != nil {
		return err
	}
	defer in.Close()
	head := make([]byte, 8<<10)
	n, err := io.ReadFull(in, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return f.explain(err)
	}
	head = bytes.TrimPrefix(head[:n], bom)
	text := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case len(text) == 0:
		return f.refuse("is empty", "Export it again.", nil)
	case bytes.IndexByte(head, 0) >= 0:
		return f.refuse("is not text, or in UTF-16", "Export it again as XML, or as CSV in UTF-8 or Latin-1.", nil)
	case text[0] == '<':
		f.Kind = XML
		return f.sniffRoot(text)
	case bytes.HasPrefix(bytes.ToUpper(text), []byte("BEGIN:VCALENDAR")):
		f.Kind = Calendar
	default:
		f.Kind = CSV
	}
	if f.utf8, err = f.validUTF8(); err != nil || f.Kind != CSV {
		return err
	}
	return f.sniffHeader()
}

func (f *File) sniffRoot(head []byte) error {
	dec := xml.NewDecoder(&guard{in: bytes.NewReader(head)})
	dec.CharsetReader = charset
	for {
		token, err := dec.Token()
		if err != nil {
			return f.explain(err)
		}
		if el, ok := token.(xml.StartElement); ok {
			f.Root, f.Space = el.Name.Local, el.Name.Space
			return nil
		}
	}
}

// validUTF8 reads the file through once.
func (f *File) validUTF8() (bool, error) {
	in, err := f.raw()
	if err != nil {
		return false, err
	}
	defer in.Close()
	buf, kept := make([]byte, 32<<10), 0
	for {
		n, err := in.Read(buf[kept:])
		chunk := buf[:kept+n]
		for len(chunk) > 0 {
			if !utf8.FullRune(chunk) && err == nil {
				break
			}
			r, size := utf8.DecodeRune(chunk)
			if r == utf8.RuneError && size == 1 {
				return false, nil
			}
			chunk = chunk[size:]
		}
		kept = copy(buf, chunk)
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, f.explain(err)
		}
	}
}

// Text opens a CSV or calendar file as UTF-8, without BOM. Errors that its
// reader meets are for Explain.
func (f *File) Text() (io.ReadCloser, error) {
	in, err := f.raw()
	if err != nil {
		return nil, err
	}
	var text io.Reader = &lines{in: in}
	if !f.utf8 {
		text = newLatin(text)
	}
	return struct {
		io.Reader
		io.Closer
	}{&skipBOM{in: text}, in}, nil
}

// Explain turns an error met while reading Text into one for people.
func (f *File) Explain(err error) error { return f.explain(err) }

// skipBOM drops the mark that some programs put first.
type skipBOM struct {
	in   io.Reader
	past bool
}

func (s *skipBOM) Read(p []byte) (int, error) {
	if s.past {
		return s.in.Read(p)
	}
	s.past = true
	head := make([]byte, len(bom))
	n, err := io.ReadFull(s.in, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, err
	}
	if head = head[:n]; !bytes.Equal(head, bom) {
		s.in = io.MultiReader(bytes.NewReader(head), s.in)
	}
	return s.in.Read(p)
}
