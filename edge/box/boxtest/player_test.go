package boxtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// film is what a player needs to know of one.
type film struct {
	url  string
	size int64
	pace int64 // bytes a second
}

// player is a tablet that plays one film over and over: by ranges, with some
// seconds ahead, at the film's pace. As players do it plays once it holds the
// first seconds. What the box refuses for now it asks again when it is told to.
type player struct {
	film   film
	name   string
	client *http.Client
	leave  context.CancelFunc

	mu  sync.Mutex
	was time.Time // when s was true
	s   fared
}

// fared is how a film fared on a tablet.
type fared struct {
	asked   int           // that were answered
	in      bool          // the last answer was some of the film
	begun   time.Time     // the first byte came
	plays   time.Time     // since then: it held playerHolds
	played  time.Duration // in all
	still   time.Duration // it stood still, since it plays
	stills  []still
	refused int // told to wait
	late    int // of these, when it had been let in
	ahead   time.Duration
	left    bool  // it plays no longer
	fault   error // what no tablet should meet
}

// still is when a film stood still, and for how long.
type still struct {
	at     time.Time
	length time.Duration
}

const (
	playerAsks  = 1 << 20 // of one range
	playerHolds = 2 * time.Second
	playerAhead = 6 * time.Second
)

func (p *player) now() fared {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pass()
	return p.s
}

// pass plays until now.
func (p *player) pass() {
	now := time.Now()
	gone := now.Sub(p.was)
	p.was = now
	if p.s.plays.IsZero() || p.s.left {
		return
	}
	shown := min(gone, p.s.ahead)
	p.s.ahead -= shown
	p.s.played += shown
	if gone == shown {
		return
	}
	p.s.still += gone - shown
	last := len(p.s.stills) - 1
	if last < 0 || shown > 0 {
		p.s.stills = append(p.s.stills, still{at: now.Add(shown - gone)})
		last++
	}
	p.s.stills[last].length += gone - shown
}

// play asks for part after part until ctx ends.
func (p *player) play(ctx context.Context) {
	defer p.client.CloseIdleConnections()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.pass()
		p.s.left = true
	}()
	for at := int64(0); ctx.Err() == nil; {
		wait, err := p.ask(ctx, at)
		if err != nil {
			p.mu.Lock()
			if ctx.Err() == nil {
				p.s.fault = err
			}
			p.mu.Unlock()
			return
		}
		if wait == 0 {
			if at += playerAsks; at >= p.film.size {
				at = 0
			}
			wait = p.now().ahead - playerAhead
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// ask asks for the part at an offset; wait is how long the box says to wait.
func (p *player) ask(ctx context.Context, at int64) (wait time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.film.url, nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", at, min(at+playerAsks, p.film.size)-1))
	r.Header.Set("Cookie", "preau_device="+p.name)
	resp, err := p.client.Do(r)
	if err != nil {
		return 0, fmt.Errorf("ask for a part: %w", err)
	}
	defer resp.Body.Close()
	p.mu.Lock()
	p.pass()
	p.s.asked++
	p.s.in = resp.StatusCode == http.StatusPartialContent
	p.mu.Unlock()
	switch resp.StatusCode {
	case http.StatusPartialContent:
		_, err = io.CopyBuffer(p, struct{ io.Reader }{resp.Body}, make([]byte, 16<<10))
		return 0, err
	case http.StatusTooManyRequests:
		p.mu.Lock()
		p.s.refused++
		if !p.s.begun.IsZero() {
			p.s.late++
		}
		p.mu.Unlock()
		text, err := io.ReadAll(resp.Body)
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After")) // 0 is refused below
		if err == nil && (seconds < 1 || !strings.Contains(string(text), "the network is full")) {
			err = fmt.Errorf("told to wait %q s, with %q", resp.Header.Get("Retry-After"), text)
		}
		return time.Duration(seconds) * time.Second, err
	}
	return 0, errors.New("answered " + resp.Status)
}

// Write takes some of the film.
func (p *player) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pass()
	if p.s.begun.IsZero() {
		p.s.begun = p.was
	}
	p.s.ahead += time.Duration(len(b)) * time.Second / time.Duration(p.film.pace)
	if p.s.plays.IsZero() && p.s.ahead >= playerHolds {
		p.s.plays = p.was
	}
	return len(b), nil
}
