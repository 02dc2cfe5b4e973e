package boxtest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"preau/edge/box"
	"preau/edge/live/client"
	"preau/edge/live/protocol"
)

// watching runs in each page before its own scripts: it keeps what the live
// line brought and the scenes that came up.
const watching = `(() => {
  const k = window.klass = {
    heard: [], shown: [], oks: 0, epoch: 0, from: 0,
    // The numbers of the events carried out since the last whole state.
    events: () => k.heard.filter(m => m.epoch === k.epoch && m.seq > k.from && !["welcome", "ok", "error"].includes(m.t)).map(m => m.seq),
    seq: () => Math.max(k.from, ...k.events()),
    // Where a film began, on the clock that the pages of this machine share:
    // the picture that the screen shows, and when it shows it.
    start: (video) => new Promise((done) => {
      let best = [];
      const look = (now, frame) => {
        best.push(performance.timeOrigin + frame.expectedDisplayTime - frame.mediaTime * 1000);
        if (best.length < 9) return video.requestVideoFrameCallback(look);
        done(best.sort((a, b) => a - b)[4]);
      };
      video.requestVideoFrameCallback(look);
    }),
  };
  document.addEventListener("p-live", ({ detail: m }) => {
    if (m.t === "ok") k.oks++;
    if (m.t === "welcome" && m.epoch && (!m.resumed || m.epoch !== k.epoch)) { k.epoch = m.epoch; k.from = m.seq ?? 0; }
    if (["pong", "presence", "count"].includes(m.t)) return;
    k.heard.push({ t: m.t, seq: m.seq, epoch: k.epoch, resumed: m.resumed, room: !!m.room, launch: m.stage?.launch ?? m.state?.pupils?.launch, at: Date.now() });
  });
  document.addEventListener("DOMContentLoaded", () => new MutationObserver((all) => {
    for (const { addedNodes } of all) for (const n of addedNodes)
      if (n.nodeType === 1 && (n.matches(".scene") || n.querySelector(".scene"))) k.shown.push({ launch: k.heard.findLast(m => m.launch)?.launch ?? "", at: Date.now() });
  }).observe(document.body, { childList: true, subtree: true }));
})()`

// watch keeps what the page's live line brings, from its next document on.
func watch(p *Page) {
	p.t.Helper()
	p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watching})
		return err
	}))
}

// enter signs in from the page, without the door's clicks.
func enter(p *Page, base string, a box.Account) {
	p.t.Helper()
	p.Open(base + "/connexion")
	at, form, home := "/connexion/adulte", url.Values{"login": {a.Login}, "phrase": {a.Secret}}, "/prof/"
	if a.Group != "" {
		at, form, home = "/connexion/classe/"+a.Group+"/"+a.Person, url.Values{"code": {a.Secret}}, "/eleve/"
	}
	if !Eval[bool](p, fmt.Sprintf(`fetch(%s, {method: "POST", body: new URLSearchParams(%s)}).then(r => r.ok)`, quote(at), quote(form.Encode()))) {
		p.t.Fatalf("%s may not enter", p.Name)
	}
	p.Open(base + home)
}

// freePair is an address whose port, and the one after it, are free: packs
// have an origin of their own.
func freePair(t testing.TB) string {
	t.Helper()
	for range 50 {
		a, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := a.Addr().(*net.TCPAddr).Port
		b, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+1))
		a.Close()
		if err == nil {
			b.Close()
			return a.Addr().String()
		}
	}
	t.Fatal("no two free ports side by side")
	return ""
}

// witness is a pupil's tablet of the test's own, on a line that is never cut.
type witness struct {
	client *client.Client
	mu     sync.Mutex
	all    []heard
	open   []string
}

type heard struct{ epoch, seq int64 }

func newWitness(t testing.TB, b *Borne, who box.Account) *witness {
	t.Helper()
	v := NewVisitor(t, b)
	if err := v.SignIn(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	var cookies []string
	for _, c := range v.client.Jar.Cookies(at) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	w, here := &witness{}, make(chan struct{})
	var c *client.Client
	welcomed := sync.OnceFunc(func() { close(here) })
	c = client.New(client.Options{URL: b.URL(), Header: http.Header{"Cookie": {strings.Join(cookies, "; ")}}, Retry: time.Second,
		On: func(m protocol.Message) { w.hear(c, m); welcomed() }})
	w.client = c
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = c.Run(ctx) }) // a line that ends is seen by what it lacks
	t.Cleanup(func() { cancel(); wg.Wait() })
	select {
	case <-here:
	case <-time.After(10 * time.Second):
		t.Fatal("the witness is not let in")
	}
	return w
}

// hear keeps the number of each event, whatever its kind.
func (w *witness) hear(c *client.Client, m protocol.Message) {
	text, err := protocol.Encode(m)
	if err != nil {
		return
	}
	var of struct {
		T, Why string
		Seq    int64
		Stage  *struct{ Launch string }
	}
	if json.Unmarshal(text, &of) != nil || of.Seq == 0 || of.T == "welcome" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, heard{c.Here().Epoch, of.Seq})
	if of.Why == "open" && of.Stage != nil && !slices.Contains(w.open, of.Stage.Launch) {
		w.open = append(w.open, of.Stage.Launch)
	}
}

func (w *witness) since(epoch, from int64) []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	seqs := []int64{}
	for _, h := range w.all {
		if h.epoch == epoch && h.seq > from {
			seqs = append(seqs, h.seq)
		}
	}
	return seqs
}

func (w *witness) last(epoch int64) int64 { return slices.Max(append(w.since(epoch, 0), 0)) }

func (w *witness) launches() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.open)
}
