package boxtest

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
	"testing"
	"time"

	"preau/edge/box"
)

// Visitor is somebody without a browser: cookies, forms and JSON.
type Visitor struct {
	b      *Borne
	client *http.Client
}

// NewVisitor is nobody yet.
func NewVisitor(t testing.TB, b *Borne) *Visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Visitor{b, &http.Client{Jar: jar, Timeout: 5 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Do sends one request; the answer's body is read and closed.
func (v *Visitor) Do(ctx context.Context, method, path, contentType string, body io.Reader) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, v.b.URL()+path, body)
	if err != nil {
		return nil, nil, fmt.Errorf("ask %s: %w", path, err)
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := v.client.Do(req)
	if err != nil {
		return nil, nil, fmt.Errorf("ask %s: %w", path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp, text, err
}

// Form posts a form and gives where it leads.
func (v *Visitor) Form(ctx context.Context, path string, values url.Values) (string, error) {
	resp, text, err := v.Do(ctx, http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusSeeOther {
		return "", fmt.Errorf("post %s: %s %.200s", path, resp.Status, text)
	}
	return resp.Header.Get("Location"), nil
}

// JSON posts to the API; the error of an answer that is not 2xx holds it.
func (v *Visitor) JSON(ctx context.Context, path string, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	resp, text, err := v.Do(ctx, http.MethodPost, path, "application/json", bytes.NewReader(b))
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("post %s: %s %.200s", path, resp.Status, text)
	}
	return nil
}

// SignIn goes through the door of the account's role.
func (v *Visitor) SignIn(ctx context.Context, a box.Account) (err error) {
	if a.Group != "" {
		_, err = v.Form(ctx, "/connexion/classe/"+a.Group+"/"+a.Person, url.Values{"code": {a.Secret}})
	} else {
		_, err = v.Form(ctx, "/connexion/adulte", url.Values{"login": {a.Login}, "phrase": {a.Secret}})
	}
	return err
}
