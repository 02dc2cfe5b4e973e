package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// browser is a headless chromium with the drawing board open, and the
// loopback server it reads from.
type browser struct {
	ctx     context.Context
	cancel  []context.CancelFunc
	server  *http.Server
	address string
}

func openBrowser(ctx context.Context, o options) (*browser, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for chromium: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(filepath.Join(o.here, "draw"))))
	mux.Handle("/papers/", http.StripPrefix("/papers/", http.FileServer(http.Dir(filepath.Join(o.here, "papers")))))
	mux.HandleFunc("/font.woff2", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, o.font) })
	b := &browser{server: &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}, address: "http://" + l.Addr().String()}
	go b.server.Serve(l) // ends with close

	flags := []chromedp.ExecAllocatorOption{
		chromedp.UserDataDir(filepath.Join(o.work, "chromium")),
		chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.NoSandbox,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("lang", "fr-FR"),
		chromedp.WSURLReadTimeout(time.Minute),
	}
	alloc, stopAll := chromedp.NewExecAllocator(ctx, flags...)
	tab, stop := chromedp.NewContext(alloc)
	b.ctx, b.cancel = tab, []context.CancelFunc{stop, stopAll}
	err = chromedp.Do(tab, chromedp.EmulateViewport(640, 360), chromedp.Navigate(b.address+"/index.html"), chromedp.WaitReady("svg"))
	if err == nil {
		_, err = evaluate[bool](tab, "import('/main.js').then(() => window.ready)")
	}
	if err != nil {
		b.close()
		return nil, fmt.Errorf("open the drawing board in chromium: %w", err)
	}
	return b, nil
}

func evaluate[T any](ctx context.Context, expression string) (T, error) {
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

func (b *browser) close() {
	for _, c := range b.cancel {
		c()
	}
	b.server.Close()
}

// size sets the picture's size in pixels.
func (b *browser) size(w, h int64) error { return chromedp.Do(b.ctx, chromedp.EmulateViewport(w, h)) }

// frame draws one picture and returns it as PNG.
func (b *browser) frame(name string, t float64, cues []cue) ([]byte, error) {
	list, err := json.Marshal(cues)
	if err != nil {
		return nil, fmt.Errorf("write cues: %w", err)
	}
	if _, err = evaluate[bool](b.ctx, fmt.Sprintf("frame(%q, %.4f, %s)", name, t, list)); err != nil {
		return nil, fmt.Errorf("draw %s at %.2f s: %w", name, t, err)
	}
	fast := true
	png, err := chromedp.Run(b.ctx, func(ctx context.Context, tab *chromedp.Target) ([]byte, error) {
		r, err := cdp.Call(ctx, tab, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng, OptimizeForSpeed: &fast})
		return r.Data, err
	})
	if err != nil {
		return nil, fmt.Errorf("take the picture of %s at %.2f s: %w", name, t, err)
	}
	return png, nil
}

// drawings are the SVG files of the pages, by their place under items/.
func (b *browser) drawings() (map[string]string, error) {
	out, err := evaluate[map[string]string](b.ctx, "pictures()")
	if err != nil {
		return nil, fmt.Errorf("draw the pages' pictures: %w", err)
	}
	return out, nil
}

// print makes a tagged PDF of a page of papers/.
func (b *browser) print(name, to string) error {
	tab, stop := chromedp.NewContext(b.ctx)
	defer stop()
	if err := chromedp.Do(tab, chromedp.Navigate(b.address+"/papers/"+name), chromedp.WaitReady("body")); err != nil {
		return fmt.Errorf("open %s: %w", name, err)
	}
	if _, err := evaluate[bool](tab, "document.fonts.ready.then(() => true)"); err != nil {
		return fmt.Errorf("load the typeface of %s: %w", name, err)
	}
	yes := true
	pdf, err := chromedp.Run(tab, func(ctx context.Context, tab *chromedp.Target) ([]byte, error) {
		r, err := cdp.Call(ctx, tab, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: &yes, PrintBackground: &yes, GenerateTaggedPDF: &yes, GenerateDocumentOutline: &yes})
		return r.Data, err
	})
	if err != nil {
		return fmt.Errorf("print %s: %w", name, err)
	}
	return write(to, undate(pdf))
}

var dates = regexp.MustCompile(`/(CreationDate|ModDate) \(D:[0-9]{14}`)

// undate gives a PDF the same date at every making; no byte changes place.
func undate(pdf []byte) []byte {
	return dates.ReplaceAll(pdf, []byte("/$1 (D:20260901080000"))
}

func write(name string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("make a folder for %s: %w", filepath.Base(name), err)
	}
	if err := os.WriteFile(name, b, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(name), err)
	}
	return nil
}
