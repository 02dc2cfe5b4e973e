package oai

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"preau"
)

// Limits of a harvest.
const (
	maxRedirects = 5
	maxPages     = 100_000
	maxTries     = 4 // of one page, in a row
	maxWaits     = 12
	maxWait      = 10 * time.Minute // what a server may ask for at once
	pageTimeout  = 5 * time.Minute
	maxAddress   = 8000
)

// Request says what to list.
type Request struct {
	Prefix      string // of the metadata: lom, oai_lomfr …
	Set         string
	From, Until string // days, or seconds in UTC
}

// Client asks one repository.
type Client struct {
	base *url.URL
	http *http.Client
	wait func(context.Context, time.Duration) error
	now  func() time.Time
}

// New is a client of the repository at an address. Waiting is done by wait;
// nil waits by the clock.
func New(address string, wait func(context.Context, time.Duration) error) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Fragment != "" {
		return nil, preau.E(preau.Invalid, fmt.Sprintf("%.200q is not the address of an OAI-PMH service", address), "Give an http:// or https:// address, such as https://example.org/oai.", err)
	}
	if u.RawQuery != "" {
		return nil, preau.E(preau.Invalid, fmt.Sprintf("the address %.200q has arguments", u.Redacted()), "Give the address before the question mark; --set, --from, --until and --metadata-prefix say the rest.", nil)
	}
	if wait == nil {
		wait = pause
	}
	return &Client{base: u, http: &http.Client{Timeout: pageTimeout, CheckRedirect: redirect}, wait: wait, now: time.Now}, nil
}

// Address is where the repository is, without a password.
func (c *Client) Address() string { return c.base.Redacted() }

var errRedirect = errors.New("redirect refused")

// redirect follows a few steps, and none that gives up a protected line.
func redirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects || via[0].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return errRedirect
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// ErrToken is in the error when the server does not know the token any more:
// the list must be asked for from its beginning.
var ErrToken = errors.New("the server does not know the resumption token")

// List asks for records, going on at token when it is not empty, and gives
// each page to keep before it asks for the next.
func (c *Client) List(ctx context.Context, r Request, token string, keep func(Page) error) error {
	given := map[string]bool{token: token != ""}
	for range maxPages {
		page, err := c.page(ctx, r, token)
		if err != nil {
			return err
		}
		if len(page.Refused) > 0 {
			if page.Refused[0].Code == "noRecordsMatch" && token == "" {
				return keep(Page{Date: page.Date})
			}
			return refused(page.Refused[0])
		}
		if given[page.Token] {
			return broken("it hands out the same token twice, without end", nil)
		}
		given[page.Token] = page.Token != ""
		if err := keep(page); err != nil || page.Token == "" {
			return err
		}
		token = page.Token
	}
	return broken(fmt.Sprintf("it has over %d pages", maxPages), nil)
}

// refused is an error of the protocol for people.
func refused(r Refusal) error {
	said := "the source refuses: " + r.Code
	if r.Text != "" {
		said += ": " + r.Text
	}
	switch r.Code {
	case "badResumptionToken":
		return preau.E(preau.Conflict, said, "Run the command again: it starts the list anew.", ErrToken)
	case "cannotDisseminateFormat":
		return preau.E(preau.Invalid, said, "Give a form that it has with --metadata-prefix: see its address with ?verb=ListMetadataFormats.", nil)
	case "noSetHierarchy":
		return preau.E(preau.Invalid, said, "It has no sets: leave out --set.", nil)
	case "badArgument":
		return preau.E(preau.Invalid, said, "Check --set, --from, --until and --metadata-prefix: some services know days only.", nil)
	}
	return preau.E(preau.Unavailable, said, "Check the address and what is asked for; if it lasts, tell those who run it.", nil)
}

func (c *Client) address(r Request, token string) (string, error) {
	q := url.Values{"verb": {"ListRecords"}}
	if token != "" {
		q.Set("resumptionToken", token) // exclusive: the server knows the rest
	} else {
		q.Set("metadataPrefix", r.Prefix)
		for name, value := range map[string]string{"set": r.Set, "from": r.From, "until": r.Until} {
			if value != "" {
				q.Set(name, value)
			}
		}
	}
	u := *c.base
	u.RawQuery = q.Encode()
	if len(u.String()) > maxAddress {
		return "", preau.E(preau.Invalid, "what is asked for is too long for an address", "Check --set and the address.", nil)
	}
	return u.String(), nil
}

// page asks for one page until it is whole, within bounds.
func (c *Client) page(ctx context.Context, r Request, token string) (Page, error) {
	address, err := c.address(r, token)
	if err != nil {
		return Page{}, err
	}
	tries, waits := 0, 0
	for {
		b, after, err := c.get(ctx, address)
		var page Page
		if err == nil {
			page, err = ParsePage(b)
		}
		if err == nil || ctx.Err() != nil {
			return page, err
		}
		delay := time.Second << tries
		switch {
		case after > maxWait || after > 0 && waits == maxWaits:
			return Page{}, preau.E(preau.Unavailable, fmt.Sprintf("the source asks to wait %s", after.Round(time.Second)), "Run the command again after that: it goes on where it stopped.", err)
		case after > 0:
			delay = after
			waits++
		default:
			if tries++; tries == maxTries || !again(err) {
				return Page{}, err
			}
		}
		if err := c.wait(ctx, delay); err != nil {
			return Page{}, err
		}
	}
}

// again reports whether another try may succeed: the line, the server's
// state, an answer that was cut.
func again(err error) bool {
	kind := preau.KindOf(err)
	return kind == preau.Unavailable || kind == preau.Corrupt
}

// get asks once. after is how long a server that is busy asks to wait.
func (c *Client) get(ctx context.Context, address string) (b []byte, after time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, fmt.Errorf("ask the source: %w", err)
	}
	req.Header.Set("Accept", "text/xml, application/xml;q=0.9")
	resp, err := c.http.Do(req)
	if errors.Is(err, errRedirect) {
		return nil, 0, preau.E(preau.Invalid, "the source sends us on too often, or to a line that is not protected", "Give the address at which the service answers itself.", err)
	}
	if err != nil {
		return nil, 0, c.unavailable("cannot be reached", err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusServiceUnavailable || resp.StatusCode == http.StatusTooManyRequests:
		return nil, c.retryAfter(resp.Header.Get("Retry-After")), c.unavailable("is busy ("+resp.Status+")", nil)
	case resp.StatusCode >= 500:
		return nil, 0, c.unavailable("answers "+resp.Status, nil)
	case resp.StatusCode != http.StatusOK:
		return nil, 0, preau.E(preau.NotFound, fmt.Sprintf("the source at %s answers %s", c.base.Redacted(), resp.Status), "Check its address.", nil)
	}
	b, err = io.ReadAll(io.LimitReader(resp.Body, MaxPage+1))
	if err != nil {
		return nil, 0, c.unavailable("broke off", err)
	}
	return b, 0, nil
}

func (c *Client) unavailable(what string, cause error) error {
	return preau.E(preau.Unavailable, fmt.Sprintf("the source at %s %s", c.base.Redacted(), what), "Check the line and the address, and run the command again: it goes on where it stopped.", cause)
}

// retryAfter is a wait that was asked for, in seconds or as a date; 0 is none.
func (c *Client) retryAfter(text string) time.Duration {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return time.Duration(min(n, 1<<30)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(c.now()))
	}
	return 0
}
