package boxtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"preau"
	"preau/edge/box"
	"preau/sync/journal"
)

// caller is somebody's device without its screen: it keeps cookies, and sends
// again what was not acknowledged, as the pages' outbox does.
type caller struct {
	box     *atomic.Pointer[string] // URL, "" while the box is away
	account box.Account
	client  *http.Client
	acks    *acks
}

// acks are the statements of what a box acknowledged.
type acks struct {
	mu       sync.Mutex
	ids      map[preau.ID]string // what each is
	answered int                 // requests
	refused  []string
}

func (a *acks) add(what string, ids ...preau.ID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answered++
	for _, id := range ids {
		a.ids[id] = what
	}
}

func (a *acks) refuse(what string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refused = append(a.refused, what)
}

func newCaller(at *atomic.Pointer[string], who box.Account, a *acks) *caller {
	jar, _ := cookiejar.New(nil) // fails on options only
	return &caller{at, who, &http.Client{Jar: jar, Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, a}
}

// errAway says that the box did not answer: ask again.
var errAway = errors.New("the box is away")

func (c *caller) post(ctx context.Context, path, kind string, body []byte) (status int, location string, answer []byte, err error) {
	base := *c.box.Load()
	if base == "" {
		return 0, "", nil, errAway
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+path, bytes.NewReader(body))
	if err != nil {
		return 0, "", nil, err
	}
	req.Header.Set("Content-Type", kind)
	resp, err := c.client.Do(req)
	if err != nil {
		return 0, "", nil, errAway
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return 0, "", nil, errAway // the answer was cut: as good as none
	}
	return resp.StatusCode, resp.Header.Get("Location"), answer, nil
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// signIn goes through the door of the caller's role, until it opens.
func (c *caller) signIn(ctx context.Context) {
	door, form := "/connexion/adulte", url.Values{"login": {c.account.Login}, "phrase": {c.account.Secret}}
	if c.account.Group != "" {
		door, form = "/connexion/classe/"+c.account.Group+"/"+c.account.Person, url.Values{"code": {c.account.Secret}}
	}
	c.form(ctx, door, form)
}

// form posts a page's form until it is taken, and gives where it leads.
func (c *caller) form(ctx context.Context, path string, values url.Values) string {
	for {
		status, to, answer, err := c.post(ctx, path, "application/x-www-form-urlencoded", []byte(values.Encode()))
		if err == nil && status == http.StatusSeeOther && !strings.HasPrefix(to, "/connexion/adulte?") {
			return to
		}
		if err == nil && status < 500 {
			c.acks.refuse(fmt.Sprintf("%s: %d %.200s", path, status, answer))
			return ""
		}
		if !pause(ctx, 20*time.Millisecond) {
			return ""
		}
	}
}

// send posts the same record until the box acknowledges it. A session that
// the box does not know is opened again; any other refusal is a fault.
func (c *caller) send(ctx context.Context, path string, record any, what string, ids ...preau.ID) bool {
	body, err := json.Marshal(record)
	if err != nil {
		panic(err) // our own maps
	}
	for {
		status, _, answer, err := c.post(ctx, path, "application/json", body)
		switch {
		case err != nil:
		case status < 300:
			c.acks.add(what, ids...)
			return true
		case status == http.StatusUnauthorized:
			c.acks.refuse(what + ": a session was lost")
			c.signIn(ctx)
		case status == http.StatusServiceUnavailable:
		default:
			c.acks.refuse(fmt.Sprintf("%s: %d %.200s", what, status, answer))
			return false
		}
		if !pause(ctx, 20*time.Millisecond) {
			return false
		}
	}
}

// teach takes a roll, and corrects it again and again, until ctx ends.
func (c *caller) teach(ctx context.Context, class []box.Account) {
	c.signIn(ctx)
	lesson := path.Base(c.form(ctx, "/prof/seances", url.Values{"class": {class[0].Group}}))
	before := preau.ID{}
	for n := 0; ctx.Err() == nil; n++ {
		id := preau.NewID()
		roll := map[string]any{"id": id, "lesson": lesson, "at": time.Now(), "marks": map[string]any{
			class[n%len(class)].Person: map[string]string{"mark": "absent"}, class[(n+7)%len(class)].Person: map[string]any{"mark": "late", "minutes": 5 + n%5},
		}}
		if !before.IsZero() {
			roll["corrects"] = before
		}
		if c.send(ctx, "/api/v1/registers", roll, "register", id) {
			before = id
		}
		pause(ctx, time.Duration(20+rand.N(60))*time.Millisecond)
	}
}

// learn plays films and answers an exercise until ctx ends.
func (c *caller) learn(ctx context.Context) {
	c.signIn(ctx)
	for ctx.Err() == nil {
		registration, first := preau.NewID(), true
		for at := 0.0; at < 30 && ctx.Err() == nil; at += 5 {
			id := preau.NewID()
			ids := []preau.ID{derivedID(id, "played")}
			if first {
				ids = append(ids, derivedID(id, "initialized"))
			}
			ok := c.send(ctx, "/api/v1/progress", map[string]any{"id": id, "item": "ark:/99999/lf-adjectif-1", "registration": registration,
				"segments": [][2]float64{{at, at + 5}}, "position": at + 5, "length": 32, "at": time.Now(), "device": "tablet"}, "progress", ids...)
			first = first && !ok
			pause(ctx, time.Duration(50+rand.N(150))*time.Millisecond)
		}
		id := preau.NewID()
		c.send(ctx, "/api/v1/results", map[string]any{"id": id, "item": "ark:/99999/exercice-1", "kind": "quiz", "registration": preau.NewID(),
			"at": time.Now(), "raw": 3, "max": 5, "done": true}, "result", derivedID(id, journal.VerbCompleted))
	}
}

// derivedID is how edge/progress names the statements of a post: part of what
// makes a delivery safe to repeat, so written down here a second time.
func derivedID(post preau.ID, what string) (id preau.ID) {
	sum := sha256.Sum256(append(append([]byte("preau progress\x00"), post[:]...), what...))
	copy(id[:], sum[:])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return id
}
