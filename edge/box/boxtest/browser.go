// Package boxtest drives the whole product as its users do: a real headless
// Chromium on real pages of a real box. It promises isolated browsers that
// die with their test and refuses to fake anything; tests that need a browser
// fail rather than skip where PREAU_MUST is set.
package boxtest

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

//go:embed testdata/axe.min.js
var axe string

// Browser is one Chromium process with a profile of its own.
type Browser struct {
	t   testing.TB
	ctx context.Context
}

// NewBrowser starts Chromium. Extra flags may be given as name=value.
func NewBrowser(t testing.TB, flags ...string) *Browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		Must(t, "chromium is not installed")
	}
	opts := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		// Nothing but the page under test may use the network.
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.Flag("mute-audio", true),
		chromedp.Flag("lang", "fr-FR"),
		chromedp.WSURLReadTimeout(time.Minute),
	}
	if os.Getuid() == 0 {
		opts = append(opts, chromedp.NoSandbox)
	}
	for _, f := range flags {
		name, value, _ := strings.Cut(f, "=")
		opts = append(opts, chromedp.Flag(name, value))
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(func() { cancel(); stop() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return &Browser{t, ctx}
}

// Must skips a test whose parts are missing, or fails it where nothing may
// skip (PREAU_MUST, as make test sets it).
func Must(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("PREAU_MUST") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// thorough skips what make test has no time for.
func thorough(t testing.TB) {
	t.Helper()
	if os.Getenv("PREAU_THOROUGH") == "" {
		t.Skip("measured by make thorough")
	}
}

// Page is one tab with cookies of its own.
type Page struct {
	t   testing.TB
	ctx context.Context
	// Name tells the pages of a test apart in its failures.
	Name string
}

// NewPage opens a tab that shares nothing with the others, as a device of its
// own, of the given size in CSS pixels.
func (b *Browser) NewPage(name string, width, height int64) *Page {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	b.t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // opens the tab, without a deadline that would close it
		b.t.Fatalf("open a tab for %s: %v", name, err)
	}
	p := &Page{b.t, ctx, name}
	p.Size(width, height)
	return p
}

// Size sets the viewport, in CSS pixels.
func (p *Page) Size(width, height int64) {
	p.t.Helper()
	p.Do(chromedp.EmulateViewport(width, height))
}

// Do runs actions within 30 s and fails the test when one fails.
func (p *Page) Do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := p.Try(30*time.Second, actions...); err != nil {
		p.t.Fatalf("%s: %v\n%s", p.Name, err, p.describe())
	}
}

// Try runs actions within limit. The page survives a failure.
func (p *Page) Try(limit time.Duration, actions ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	return chromedp.Do(ctx, actions...)
}

func (p *Page) describe() string {
	text, err := evaluate[string](p, 3*time.Second, `location.href + "\n" + (document.body ? document.body.innerText.slice(0, 600) : "")`)
	if err != nil {
		return "(the page does not answer: " + err.Error() + ")"
	}
	return text
}

func evaluate[T any](p *Page, limit time.Duration, expr string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expr, chromedp.EvalAwaitPromise))
}

// Open goes to url and waits for the page to be whole.
func (p *Page) Open(url string) {
	p.t.Helper()
	p.Do(chromedp.Navigate(url), chromedp.WaitReady("body"))
}

// Eval evaluates a JavaScript expression, awaiting a promise.
func Eval[T any](p *Page, expr string) T {
	p.t.Helper()
	v, err := evaluate[T](p, 30*time.Second, expr)
	if err != nil {
		p.t.Fatalf("%s: evaluate %.80q: %v\n%s", p.Name, expr, err, p.describe())
	}
	return v
}

// WaitFor polls a JavaScript condition, or what a promise of one comes to,
// until it holds.
func (p *Page) WaitFor(cond string, limit time.Duration) {
	p.t.Helper()
	deadline := time.Now().Add(limit)
	for {
		ok, err := evaluate[bool](p, 5*time.Second, "Promise.resolve("+cond+").then(Boolean)")
		if err == nil && ok {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%s: still not true after %v: %s (%v)\n%s", p.Name, limit, cond, err, p.describe())
		}
		select {
		case <-p.ctx.Done():
			p.t.Fatalf("%s: browser gone", p.Name)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Click clicks the first element that matches the CSS selector.
func (p *Page) Click(sel string) {
	p.t.Helper()
	p.Do(chromedp.Click(chromedp.CSS(sel), chromedp.NodeVisible))
}

// Type types text into the element that matches.
func (p *Page) Type(sel, text string) {
	p.t.Helper()
	p.Do(chromedp.SendKeys(chromedp.CSS(sel), text))
}

// Text is the visible text of the first element that matches.
func (p *Page) Text(sel string) string {
	p.t.Helper()
	return Eval[string](p, fmt.Sprintf(`(document.querySelector(%s)||{innerText:""}).innerText`, quote(sel)))
}

// Shot writes a picture of the viewport, or of the whole page.
func (p *Page) Shot(path string, full bool) {
	p.t.Helper()
	action := chromedp.CaptureScreenshot()
	if full {
		action = chromedp.FullScreenshot(100)
	}
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, action)
	if err != nil {
		p.t.Fatalf("%s: take a picture: %v", p.Name, err)
	}
	if err := os.WriteFile(path, png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// NoScript switches JavaScript off for what is opened next.
func (p *Page) NoScript() {
	p.t.Helper()
	p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
}

// Violation is one rule of axe that the page breaks.
type Violation struct {
	ID, Impact, Help string
	Nodes            []struct{ HTML, FailureSummary string }
}

// Axe runs axe-core on the page as it stands: WCAG 2.2 A and AA, and its best
// practices.
func (p *Page) Axe() []Violation {
	p.t.Helper()
	Eval[int](p, axe+";0")
	raw := Eval[string](p, `axe.run(document, {runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"], resultTypes: ["violations"]})
		.then(r => JSON.stringify(r.violations.map(v => ({ID: v.id, Impact: v.impact, Help: v.help, Nodes: v.nodes.slice(0,3).map(n => ({HTML: n.html.slice(0,200), FailureSummary: n.failureSummary}))}))))`)
	var found []Violation
	if err := json.Unmarshal([]byte(raw), &found); err != nil {
		p.t.Fatalf("%s: read axe's answer: %v", p.Name, err)
	}
	return found
}

func quote(s string) string {
	b, _ := json.Marshal(s) // a string always encodes
	return string(b)
}
