// Package text takes the words of a publisher's files, so that a search finds
// a film by what is said in it. It reads WebVTT, HTML, plain text and EPUB
// itself, and PDF with pdftotext where that is installed; a box never does any
// of it, it gets the words with the signed notice.
//
// It promises that it ends and stays small whatever the file holds: so much is
// read of each, so many words are kept, the commonest first, each once and
// without the order they came in, so that the words are no copy of the text.
// It refuses layout, scripts, styles and whatever is not text.
package text

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"preau/media/catalogue/word"
)

const (
	maxText    = 4 << 20 // bytes read of one file
	maxEntries = 2000    // files read of an EPUB
	maxTime    = 30 * time.Second
)

// ErrNoReader: what reads this kind of file is not installed.
var ErrNoReader = errors.New("pdftotext is not installed")

// Of is the text of a file, nothing for kinds that hold none.
func Of(ctx context.Context, mime string, f io.ReaderAt, size int64) (string, error) {
	whole := io.NewSectionReader(f, 0, size)
	switch mime {
	case "text/vtt":
		return read(whole, fromVTT)
	case "text/html", "application/xhtml+xml":
		return read(whole, fromHTML)
	case "text/plain", "text/markdown":
		return read(whole, func(s string) string { return s })
	case "application/epub+zip":
		return fromEPUB(f, size)
	case "application/pdf":
		return fromPDF(ctx, whole)
	}
	return "", nil
}

func read(r io.Reader, take func(string) string) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxText))
	if err != nil {
		return "", fmt.Errorf("read a text: %w", err)
	}
	return take(strings.ToValidUTF8(string(b), " ")), nil
}

// fromVTT keeps what cues say: the lines below a timing, without markup.
func fromVTT(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	var b strings.Builder
	for block := range strings.SplitSeq(s, "\n\n") {
		said := false
		for line := range strings.Lines(block) {
			if !said {
				said = strings.Contains(line, "-->")
				continue
			}
			b.WriteString(line)
		}
		b.WriteByte('\n')
	}
	return fromHTML(b.String())
}

// unread are the elements whose content nobody reads.
var unread = []string{"script", "style", "template", "svg"}

// fromHTML drops tags, comments and what is not read.
func fromHTML(s string) string {
	var b strings.Builder
	for s != "" {
		text, tag, found := strings.Cut(s, "<")
		b.WriteString(text)
		b.WriteByte(' ')
		if !found {
			break
		}
		if comment, ok := strings.CutPrefix(tag, "!--"); ok {
			_, s, _ = strings.Cut(comment, "-->")
			continue
		}
		name, rest, _ := strings.Cut(tag, ">")
		if s = rest; slices.Contains(unread, element(name)) && !strings.HasSuffix(name, "/") {
			s = after(rest, "</"+element(name))
		}
	}
	return html.UnescapeString(b.String())
}

func element(tag string) string {
	if i := strings.IndexAny(tag, " \t\n\r/"); i >= 0 {
		tag = tag[:i]
	}
	return strings.ToLower(tag)
}

// after is what follows the first end in s, whatever its case.
func after(s, end string) string {
	for at := 0; ; {
		i := strings.IndexByte(s[at:], '<')
		if i < 0 {
			return ""
		}
		if at += i; len(s) >= at+len(end) && strings.EqualFold(s[at:at+len(end)], end) {
			return s[at:]
		}
		at++
	}
}

// fromEPUB reads the pages in an EPUB, a zip of them.
func fromEPUB(f io.ReaderAt, size int64) (string, error) {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return "", fmt.Errorf("open an EPUB: %w", err)
	}
	var b strings.Builder
	for i, entry := range z.File {
		ext := strings.ToLower(path.Ext(entry.Name))
		if i >= maxEntries || b.Len() >= maxText {
			break
		}
		if ext != ".xhtml" && ext != ".html" && ext != ".htm" {
			continue
		}
		r, err := entry.Open()
		if err != nil {
			return "", fmt.Errorf("open a page of an EPUB: %w", err)
		}
		page, err := read(io.LimitReader(r, int64(maxText-b.Len())), fromHTML)
		r.Close()
		if err != nil {
			return "", err
		}
		b.WriteString(page)
		b.WriteByte('\n')
	}
	return b.String(), nil
}

// fromPDF asks pdftotext, through pipes: it opens no file of its own choice.
func fromPDF(ctx context.Context, f io.Reader) (string, error) {
	name, err := exec.LookPath("pdftotext")
	if err != nil {
		return "", ErrNoReader
	}
	ctx, stop := context.WithTimeout(ctx, maxTime)
	defer stop()
	cmd := exec.CommandContext(ctx, name, "-q", "-enc", "UTF-8", "-l", "500", "-", "-")
	cmd.Stdin = f
	out := &bounded{}
	cmd.Stdout = out
	if err := cmd.Run(); err != nil && out.Len() == 0 {
		return "", fmt.Errorf("read a PDF: %w", err)
	}
	return strings.ToValidUTF8(out.String(), " "), nil
}

// bounded keeps the beginning of what is written to it.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if room := maxText - b.Len(); room > 0 {
		b.Buffer.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}

// Words are the words of texts that say something, plain, each once, the
// commonest first, within limit characters.
func Words(texts []string, limit int) string {
	type counted struct {
		w        string
		n, first int
	}
	seen := map[string]*counted{}
	var list []*counted
	for _, t := range texts {
		for _, w := range word.Split(t) {
			w = word.Plain(w)
			if n := utf8.RuneCountInString(w); n < 3 || n > 32 || word.Empty(w) {
				continue
			}
			if seen[w] == nil {
				seen[w] = &counted{w: w, first: len(list)}
				list = append(list, seen[w])
			}
			seen[w].n++
		}
	}
	slices.SortFunc(list, func(a, b *counted) int { return cmp.Or(b.n-a.n, a.first-b.first) })
	var b strings.Builder
	length := 0
	for _, c := range list {
		if length += utf8.RuneCountInString(c.w) + 1; length > limit {
			break
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(c.w)
	}
	return b.String()
}
