package budget

import (
	"context"
	"io"
	"net/http"
	"path"
	"time"

	"golang.org/x/time/rate"
)

type background struct{}

// Background marks transfers that nobody waits for. What is not marked is
// counted, not slowed.
func Background(ctx context.Context) context.Context {
	return context.WithValue(ctx, background{}, true)
}

// Waits reports whether a transfer must wait now, and why: it is marked, and
// the line is not open.
func (b *Budget) Waits(ctx context.Context) (*Wait, bool) {
	s := b.State()
	return &Wait{s}, ctx.Value(background{}) != nil && !s.Open
}

// hurry is how long a file that a class asked for is not slowed.
const hurry = time.Minute

// Hurry tells that a class waits for the file of that name, which may be on
// its way in the background.
func (b *Budget) Hurry(name string) {
	b.hurriedMu.Lock()
	defer b.hurriedMu.Unlock()
	if len(b.hurriedBy) > 1000 {
		clear(b.hurriedBy)
	}
	b.hurriedBy[name] = time.Now().Add(hurry)
}

func (b *Budget) hurried(name string) bool {
	b.hurriedMu.Lock()
	defer b.hurriedMu.Unlock()
	return time.Now().Before(b.hurriedBy[name])
}

// Transport is next under the budget: what comes through it is counted and,
// when it is marked as background, goes no faster than it may.
func (b *Budget) Transport(k Kind, next http.RoundTripper) http.RoundTripper {
	c := &carrier{b, k, next, b.line}
	switch k {
	case Sister:
		c.limit = b.lan
	case Store:
		c.limit = nil
	}
	return c
}

type carrier struct {
	budget *Budget
	kind   Kind
	next   http.RoundTripper
	limit  *rate.Limiter // nil: none
}

// RoundTrip implements http.RoundTripper.
func (c *carrier) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r = r.Clone(r.Context())
		r.Body = &body{r.Body, c, r.Context(), ""}
	}
	resp, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = &body{resp.Body, c, r.Context(), path.Base(r.URL.Path)}
	return resp, nil
}

type body struct {
	io.ReadCloser
	*carrier
	ctx  context.Context
	name string
}

// smooth is how much is read at a time under a limit: a trickle, not gulps.
const smooth = 8 << 10

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	slow := b.limit != nil && b.limit.Limit() != rate.Inf && b.ctx.Value(background{}) != nil && !b.budget.hurried(b.name)
	if slow {
		p = p[:min(len(p), smooth)]
	}
	n, err := b.ReadCloser.Read(p)
	b.budget.Count(b.kind, n)
	if slow && n > 0 && err == nil {
		err = b.limit.WaitN(b.ctx, n)
	}
	return n, err
}
