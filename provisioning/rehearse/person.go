package rehearse

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"preau"
	"preau/edge/live/protocol"
)

// person is somebody with a browser's cookies.
type person struct {
	base    string
	account Account
	client  *http.Client
}

func newPerson(o Options, a Account) (*person, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("make a cookie jar: %w", err)
	}
	return &person{strings.TrimSuffix(o.URL, "/"), a, &http.Client{Jar: jar, Timeout: time.Minute, // a box under load takes its time to check a secret
		Transport:     &http.Transport{TLSClientConfig: o.TLS, MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

func (p *person) do(ctx context.Context, method, path, contentType string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, p.base+path, body)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", path, err)
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, preau.E(preau.Unavailable, "the box does not answer at "+p.base+path, "Check its address, and that it runs: preau status.", err)
	}
	return resp, nil
}

// form posts as a page does and returns where the answer leads.
func (p *person) form(ctx context.Context, path string, values url.Values) (string, error) {
	resp, err := p.do(ctx, http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		return "", fmt.Errorf("post %s: %s", path, resp.Status)
	}
	return resp.Header.Get("Location"), nil
}

// json asks the box and decodes the answer, when one is wanted.
func (p *person) json(ctx context.Context, method, path string, body, answer any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	resp, err := p.do(ctx, method, path, "application/json", bytes.NewReader(b))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 300)) // only to explain
		return fmt.Errorf("ask %s: %s %s", path, resp.Status, text)
	}
	if answer == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 4<<20)).Decode(answer); err != nil {
		return fmt.Errorf("read the answer of %s: %w", path, err)
	}
	return nil
}

// header carries the cookies to the websocket.
func (p *person) header() http.Header {
	u, err := url.Parse(p.base)
	if err != nil {
		return nil // an earlier request would have failed
	}
	req := http.Request{Header: http.Header{}}
	for _, c := range p.client.Jar.Cookies(u) {
		req.AddCookie(c)
	}
	return req.Header
}

func (p *person) signIn(ctx context.Context) (err error) {
	if p.account.Group != "" {
		_, err = p.form(ctx, "/connexion/classe/"+p.account.Group+"/"+p.account.Person, url.Values{"code": {p.account.Secret}})
	} else {
		_, err = p.form(ctx, "/connexion/adulte", url.Values{"login": {p.account.Login}, "phrase": {p.account.Secret}})
	}
	if err != nil && preau.KindOf(err) == preau.Internal {
		return preau.E(preau.Invalid, p.account.Name+" cannot sign in", "Check the account's secret; one that was changed since is not in the list.", err)
	}
	return err
}

// open signs everybody in, opens the teacher's lesson and pairs the board.
func (c *cast) open(ctx context.Context) error {
	if err := c.teacher.signIn(ctx); err != nil {
		return err
	}
	at, err := c.teacher.form(ctx, "/prof/seances", url.Values{"class": {c.group}})
	if err != nil {
		return fmt.Errorf("open a lesson: %w", err)
	}
	c.lesson, c.running = path.Base(at), true // if the next request fails, the class may be open all the same
	if _, err := c.teacher.form(ctx, "/prof/classe/"+c.lesson, nil); err != nil {
		return fmt.Errorf("open the class: %w", err)
	}
	var shown struct{ Code string }
	if err := c.board.person.json(ctx, http.MethodPost, "/live/boards", map[string]any{}, &shown); err != nil {
		return err
	}
	if err := c.teacher.json(ctx, http.MethodPost, "/live/claim", map[string]string{"code": shown.Code, "room": c.lesson}, nil); err != nil {
		return fmt.Errorf("pair the board: %w", err)
	}
	for i, s := range c.tablets {
		if err := s.person.signIn(ctx); err != nil {
			return err
		}
		if n := i + 1; n%10 == 0 || n == len(c.tablets) {
			c.o.Tell(fmt.Sprintf("%d of %d tablets have signed in", n, len(c.tablets)))
		}
	}
	c.film, err = c.findFilm(ctx)
	return err
}

// close leaves the box as it was: no lesson in session, no board, no session.
func (c *cast) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if c.running {
		c.endLesson(ctx)
	}
	// Best effort: what is left ends by itself, the sessions within two hours.
	_ = c.board.person.json(ctx, http.MethodPost, "/live/unpair", map[string]any{}, nil)
	for _, s := range c.tablets {
		_, _ = s.person.form(ctx, "/deconnexion", nil)
		s.person.client.CloseIdleConnections()
	}
	_, _ = c.teacher.form(ctx, "/deconnexion", nil)
	c.teacher.client.CloseIdleConnections()
	c.board.person.client.CloseIdleConnections()
}

// endLesson ends the lesson by a line of its own: the teacher's screen is not
// there yet, or could not.
func (c *cast) endLesson(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, endWithin)
	defer cancel()
	s := newScreen(c.teacher, c.o)
	s.line.Room = c.lesson // not another one of this teacher's
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { s.run(ctx) })
	err := context.DeadlineExceeded
	select {
	case <-ctx.Done():
	case <-s.entered:
		_, err = s.Do(ctx, &protocol.End{})
	}
	if err != nil {
		c.o.Tell(fmt.Sprintf("the lesson could not be ended, end it as its teacher: %v", err))
		return
	}
	c.running = false
}
