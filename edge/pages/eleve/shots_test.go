package eleve_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"preau/edge/box/boxtest"
)

// TestShots takes pictures of every page into the folder PREAU_SHOTS.
func TestShots(t *testing.T) {
	dir := os.Getenv("PREAU_SHOTS")
	if dir == "" {
		t.Skip("PREAU_SHOTS is not set")
	}
	only := os.Getenv("PREAU_ONLY")
	s := newSchool(t)
	s.watch(t, "ark:/99999/lf-adjectif-1", 14, 38)
	s.watch(t, "ark:/99999/lf-adjectif-2", 33, 33)
	b := boxtest.NewBrowser(t)
	for _, lang := range []string{"fr", "en"} {
		for _, scheme := range []string{"light", "dark"} {
			if lang == "en" && scheme == "dark" {
				continue
			}
			out, in := b.NewPage("out", 1280, 800), b.NewPage("in", 1280, 800)
			for _, p := range []*boxtest.Page{out, in} {
				prefer(p, "prefers-color-scheme", scheme)
			}
			s.signIn(in)
			out.Open(s.url + "/connexion")
			s.speak(in, lang)
			s.speak(out, lang)
			film := func(width int64) {
				if only != "" && only != "lsf" {
					return
				}
				in.Size(width, 800)
				s.open(in, "film")
				for _, key := range []string{"c", "s", "k"} {
					press(in, key)
				}
				in.WaitFor(`document.querySelector(".screen video").currentTime > 18 && document.querySelector(".signer video").currentTime > 17`, 15*time.Second)
				press(in, "k")
				in.Shot(filepath.Join(dir, fmt.Sprintf("lsf-%s-%s-%d.png", lang, scheme, width)), false)
				press(in, "s")
				press(in, "c")
			}
			film(1280)
			film(390)
			for name := range s.every() {
				if only != "" && only != name {
					continue
				}
				p := in
				if door[name] {
					p = out
				}
				for _, width := range []int64{320, 768, 1280, 1920} {
					if (lang == "en" || scheme == "dark") && width != 320 && width != 1280 {
						continue
					}
					p.Size(width, map[int64]int64{320: 700, 768: 1024, 1280: 800, 1920: 1080}[width])
					s.open(p, name)
					p.WaitFor(`[...document.images].every(i => i.complete || i.loading === "lazy")`, 5*time.Second)
					p.Shot(filepath.Join(dir, fmt.Sprintf("%s-%s-%s-%d.png", name, lang, scheme, width)), width != 1280)
				}
			}
		}
	}
}

// prefer sets media features of the page's reader, by name and value.
func prefer(p *boxtest.Page, pairs ...string) {
	var features []*emulation.MediaFeature
	for i := 0; i+1 < len(pairs); i += 2 {
		features = append(features, &emulation.MediaFeature{Name: pairs[i], Value: pairs[i+1]})
	}
	p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
		return err
	}))
}
