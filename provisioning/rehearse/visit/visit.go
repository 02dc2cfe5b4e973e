// Package visit is somebody at a box with a browser's cookies: the teachers,
// pupils and boards of a rehearsal and of the demo's class. It promises to use
// what a browser uses, doors, forms and the API, and to say in words that the
// box does not answer or that an account is not let in. It refuses to follow
// where an answer leads, and reads 4 MiB of one at most.
package visit

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"preau"
)

// Account is somebody who may sign in, as accounts.json of a demo lists them.
type Account struct {
	Person string `json:"person"`
	Name   string `json:"name"`
	Role   string `json:"role"`
	Class  string `json:"class"` // its name
	Group  string `json:"group"` // its id
	Login  string `json:"login"`
	Secret string `json:"secret"`
}

// Person is somebody with a browser's cookies.
type Person struct {
	Base    string // URL of the box
	Account Account
	Client  *http.Client
}

// New makes a person without a session; trust is of an https URL and may be
// nil.
func New(base string, trust *tls.Config, a Account) (*Person, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("make a cookie jar: %w", err)
	}
	return &Person{strings.TrimSuffix(base, "/"), a, &http.Client{Jar: jar, Timeout: time.Minute, // a box under load takes its time to check a secret
		Transport:     &http.Transport{TLSClientConfig: trust, MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

func (p *Person) do(ctx context.Context, method, path, contentType string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, p.Base+path, body)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", path, err)
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := p.Client.Do(req)
	if err != nil {
		return nil, preau.E(preau.Unavailable, "the box does not answer at "+p.Base+path, "Check its address, and that it runs: preau status.", err)
	}
	return resp, nil
}

// Form posts as a page does and returns where the answer leads.
func (p *Person) Form(ctx context.Context, path string, values url.Values) (string, error) {
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

// JSON asks the box and decodes the answer, when one is wanted.
func (p *Person) JSON(ctx context.Context, method, path string, body, answer any) error {
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

// Header carries the cookies to the websocket.
func (p *Person) Header() http.Header {
	u, err := url.Parse(p.Base)
	if err != nil {
		return nil // an earlier request would have failed
	}
	req := http.Request{Header: http.Header{}}
	for _, c := range p.Client.Jar.Cookies(u) {
		req.AddCookie(c)
	}
	return req.Header
}

// SignIn goes through the door of the person's role.
func (p *Person) SignIn(ctx context.Context) (err error) {
	if p.Account.Group != "" {
		_, err = p.Form(ctx, "/connexion/classe/"+p.Account.Group+"/"+p.Account.Person, url.Values{"code": {p.Account.Secret}})
	} else {
		_, err = p.Form(ctx, "/connexion/adulte", url.Values{"login": {p.Account.Login}, "phrase": {p.Account.Secret}})
	}
	if err != nil && preau.KindOf(err) == preau.Internal {
		return preau.E(preau.Invalid, p.Account.Name+" cannot sign in", "Check the account's secret; one that was changed since is not in the list.", err)
	}
	return err
}

// SignOut ends the session; what is left of it ends by itself.
func (p *Person) SignOut(ctx context.Context) {
	_, _ = p.Form(ctx, "/deconnexion", nil) // best effort
	p.Client.CloseIdleConnections()
}
