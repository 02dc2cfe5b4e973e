package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"preau/edge/box"
)

// person is somebody of the simulated class, with a browser's cookies.
type person struct {
	box     string
	account box.Account
	client  *http.Client
}

func newPerson(boxURL string, a box.Account) (*person, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("make a cookie jar: %w", err)
	}
	return &person{boxURL, a, &http.Client{Jar: jar, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
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

// json posts to the API and decodes the answer, when one is wanted.
func (p *person) json(ctx context.Context, path string, body, answer any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	resp, err := p.do(ctx, http.MethodPost, path, "application/json", bytes.NewReader(b))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 300)) // only to explain
		return fmt.Errorf("post %s: %s %s", path, resp.Status, text)
	}
	if answer == nil {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(answer); err != nil {
		return fmt.Errorf("read the answer of %s: %w", path, err)
	}
	return nil
}

func (p *person) do(ctx context.Context, method, path, contentType string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, p.box+path, body)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", path, err)
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", path, err)
	}
	return resp, nil
}

// header carries the cookies to the websocket.
func (p *person) header() http.Header {
	u, err := url.Parse(p.box)
	if err != nil {
		return nil
	}
	req := http.Request{Header: http.Header{}}
	for _, c := range p.client.Jar.Cookies(u) {
		req.AddCookie(c)
	}
	return req.Header
}

// signIn goes through the door of the person's role.
func (p *person) signIn(ctx context.Context) error {
	var err error
	if p.account.Group != "" {
		_, err = p.form(ctx, "/connexion/classe/"+p.account.Group+"/"+p.account.Person, url.Values{"code": {p.account.Secret}})
	} else {
		_, err = p.form(ctx, "/connexion/adulte", url.Values{"login": {p.account.Login}, "phrase": {p.account.Secret}})
	}
	if err != nil {
		return fmt.Errorf("sign %s in: %w", p.account.Name, err)
	}
	return nil
}
