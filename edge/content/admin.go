package content

import (
	"net/http"
	"time"

	"preau"
	"preau/internal/httpkit"
	"preau/media/catalogue"
	"preau/media/shelf"
)

const maxRequest = 64 << 10

// Overview is what the box keeps: `preau content status --json`, a documented
// contract (docs/cli.md).
type Overview struct {
	shelf.Status
	Catalogue catalogue.Status `json:"catalogue"`
	Fetching  *preau.Progress  `json:"fetching,omitempty"`
}

// InstallAdmin adds the commands' side.
func (c *Content) InstallAdmin(handle func(pattern string, h httpkit.Handler)) {
	handle("GET /admin/content", c.answerOverview)
	handle("POST /admin/content/plan", func(w http.ResponseWriter, r *http.Request) error {
		var sup shelf.Suppose
		if err := httpkit.ReadJSON(w, r, maxRequest, &sup); err != nil {
			return err
		}
		p, err := c.Plan(r.Context(), sup)
		if err != nil {
			return err
		}
		return httpkit.WriteJSON(w, http.StatusOK, p)
	})
	change(handle, "POST /admin/content/want", c, func(r *http.Request, v shelf.Wish) error { return c.Want(r.Context(), v) })
	change(handle, "POST /admin/content/unwant", c, func(r *http.Request, v shelf.Wish) error { return c.Unwant(r.Context(), v.Scope, v.Name) })
	change(handle, "POST /admin/content/pin", c, func(r *http.Request, v shelf.Pin) error { return c.PinIt(r.Context(), v) })
	change(handle, "POST /admin/content/unpin", c, func(r *http.Request, v shelf.Pin) error { return c.Unpin(r.Context(), v) })
	change(handle, "POST /admin/content/quota", c, func(r *http.Request, v int64) error { return c.SetQuota(r.Context(), v) })
	handle("POST /admin/content/rollback", func(w http.ResponseWriter, r *http.Request) error {
		back, err := c.deps.Items.Rollback(r.Context())
		if err != nil {
			return err
		}
		c.deps.Wake()
		return httpkit.WriteJSON(w, http.StatusOK, back)
	})
	handle("POST /admin/content/scrub", c.answerScrub)
	handle("POST /admin/content/watch", c.answerWatch)
}

// change reads a value, changes the shelf by it and answers where it stands.
func change[V any](handle func(string, httpkit.Handler), pattern string, c *Content, do func(*http.Request, V) error) {
	handle(pattern, func(w http.ResponseWriter, r *http.Request) error {
		var v V
		if err := httpkit.ReadJSON(w, r, maxRequest, &v); err != nil {
			return err
		}
		if err := do(r, v); err != nil {
			return err
		}
		return c.answerOverview(w, r)
	})
}

func (c *Content) answerOverview(w http.ResponseWriter, r *http.Request) error {
	st, err := c.Status(r.Context())
	if err != nil {
		return err
	}
	o := Overview{Status: st}
	if o.Catalogue, err = c.deps.Items.Status(r.Context()); err != nil {
		return err
	}
	if at, ok := c.Fetching(); ok {
		o.Fetching = &at
	}
	return httpkit.WriteJSON(w, http.StatusOK, o)
}

const sayEvery = 250 * time.Millisecond

// answerScrub reads the disk through for as long as somebody listens.
func (c *Content) answerScrub(w http.ResponseWriter, r *http.Request) error {
	return httpkit.Follow(w, func(tell func(preau.Progress)) (any, error) {
		begun, told := time.Now(), time.Time{}
		return c.ScrubNow(r.Context(), func(p preau.Progress) {
			if time.Since(told) < sayEvery {
				return
			}
			told = time.Now()
			p.Rate = float64(p.BytesDone) / time.Since(begun).Seconds()
			tell(p)
		})
	})
}

// answerWatch tells of the fetch under way until it ends.
func (c *Content) answerWatch(w http.ResponseWriter, r *http.Request) error {
	return httpkit.Follow(w, func(tell func(preau.Progress)) (any, error) {
		tick := time.NewTicker(sayEvery)
		defer tick.Stop()
		for {
			at, ok := c.Fetching()
			if !ok {
				return at, nil
			}
			tell(at)
			select {
			case <-r.Context().Done():
				return at, nil
			case <-tick.C:
			}
		}
	})
}
