package publisher

import (
	"context"
	"errors"
	"fmt"
	"os"

	"preau/media/catalogue/notice"
	"preau/media/catalogue/text"
)

// readWords takes the words of an item's documents. What cannot be read is
// told, and does not keep the item out: only searches lack it.
func readWords(ctx context.Context, root *os.Root, it notice.Item) (words string, unread []notice.Problem) {
	var texts []string
	for i, a := range it.Assets {
		switch a.Role {
		case notice.RoleMain, notice.RoleSubtitles, notice.RoleTranscript, notice.RoleFile:
		default:
			continue // posters hold no text, and what is for staff is found by nobody
		}
		t, err := readText(ctx, root, a)
		if err == nil {
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
