package rehearse

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"preau"
)

// film is what is opened.
type film struct {
	ID, Blob string
	Size     int64
	Seconds  float64
}

func (c *cast) findFilm(ctx context.Context) (film, error) {
	var page struct {
		Items []struct {
			ID        string
			DurationS float64 `json:"duration_s"`
			Assets    []struct {
				Role, SHA256 string
				Size         int64
			}
		}
	}
	if err := c.teacher.JSON(ctx, http.MethodGet, "/api/v1/items?kind=video&limit=50", nil, &page); err != nil {
		return film{}, err
	}
	for _, it := range page.Items {
		for _, a := range it.Assets {
			if a.Role == "main" && a.Size > 0 {
				return film{it.ID, a.SHA256, a.Size, max(it.DurationS, 10)}, nil
			}
		}
	}
	return film{}, preau.E(preau.NotFound, "the box has no film to show", "Wait until its catalogue is there: preau status.", nil)
}

const piece = 256 << 10

// stream reads the film as a player does, by ranges at the film's own pace,
// from the start again and again, until ctx ends.
func (s *screen) stream(ctx context.Context, f film) {
	every := time.Duration(float64(piece) / float64(f.Size) * f.Seconds * float64(time.Second))
	for at := int64(0); ctx.Err() == nil; at += piece {
		if at >= f.Size {
			at = 0
		}
		began := time.Now()
		n, err := s.person.read(ctx, f, at)
		s.mu.Lock()
		s.streamed += n
		if err != nil && ctx.Err() == nil && !s.away() {
			s.starved++
			s.why = err
		}
		s.mu.Unlock()
		if !wait(ctx, every-time.Since(began)) {
			return
		}
	}
}

// read fetches a piece of the film.
func (p *person) read(ctx context.Context, f film, at int64) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.Base+"/blobs/"+f.Blob, nil)
	if err != nil {
		return 0, fmt.Errorf("ask for the film: %w", err)
	}
	req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", at, min(at+piece, f.Size)-1))
	resp, err := p.Client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("read the film: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusPartialContent {
		return 0, fmt.Errorf("read the film: %s", resp.Status)
	}
	n, err := io.Copy(io.Discard, resp.Body)
	if err != nil {
		return n, fmt.Errorf("read the film: %w", err)
	}
	return n, nil
}
