package publisher

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"preau/media/catalogue/notice"
	"preau/media/catalogue/text"
)

// Bounds of what is read of one item: a harvest has thousands, and a website has
// thousands of pages.
const (
	maxItemText = 16 << 20 // bytes of text
	maxItemTime = 2 * time.Minute
)

// readWords takes the words of an item's documents. What cannot be read is
// told, and does not keep the item out: only searches lack it.
func readWords(ctx context.Context, root *os.Root, it notice.Item) (words string, unread []notice.Problem) {
	var texts []string
	left := maxItemText
	ctx, stop := context.WithTimeout(ctx, maxItemTime)
	defer stop()
	for i, a := range it.Assets {
		switch a.Role {
		case notice.RoleMain, notice.RoleSubtitles, notice.RoleTranscript, notice.RoleFile:
		default:
			continue // posters hold no text, and what is for staff is found by nobody
		}
		if left <= 0 {
			break // the commonest words are known
		}
		t, err := readText(ctx, root, a)
		if err == nil {
			left -= len(t)
			texts = append(texts, t)
			continue
		}
		p := notice.Problem{Field: fmt.Sprintf("assets[%d].file", i), Text: fmt.Sprintf("%.200s: a search will not know its words, they cannot be read", a.File),
			Remedy: "Give a transcript, or export the file again."}
		if errors.Is(err, text.ErrNoReader) {
			p.Text = fmt.Sprintf("%.200s: a search will not know its words, pdftotext is not installed here", a.File)
			p.Remedy = "Install it (apt-get install poppler-utils) and add the item again."
		}
		unread = append(unread, p)
	}
	return text.Words(texts, notice.MaxWords), unread
}

func readText(ctx context.Context, root *os.Root, a notice.Asset) (string, error) {
	f, err := root.Open(a.File)
	if err != nil {
		return "", fmt.Errorf("open: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("stat: %w", err)
	}
	return text.Of(ctx, a.Mime, f, info.Size())
}
