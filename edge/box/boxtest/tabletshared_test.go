package boxtest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"preau"
	"preau/edge/box"
	"preau/edge/live/protocol"
	"preau/sync/journal"
)

// TestTablet_Shared: one tablet, two pupils. What the first one did and the box
// does not have waits under their name while the second works; nothing of the
// first is left to see; changing over takes less than five seconds; and what
// waited is delivered once, as the first one's.
func TestTablet_Shared(t *testing.T) {
	s := newTablets(t, true)
	s.begin()
	ines, tom := s.pupil(0), s.pupil(1)
	p := s.trusted().NewPage("tablet", 768, 1024)
	SignIn(p, s.secure(), ines)
	p.WaitFor(`navigator.serviceWorker.controller`, 15*time.Second)
	p.WaitFor(kept+`.includes("film")`, 60*time.Second)
	s.knows(ines.Person, "Inès is here", func(m protocol.Member) bool { return m.Online })

	// She works while the box is out of reach, and leaves the tablet there. By
	// the time it is back, her session has run out.
	p.Open(s.secure() + "/eleve/ressource/" + adjective)
	p.Click("[data-do=captions]")
	p.Click("p-video .controls .play")
	p.WaitFor(own+".currentTime > 1", 10*time.Second)
	s.safe.Pull()
	p.WaitFor(own+".currentTime > 3", 10*time.Second)
	p.Click("p-video .controls .play")
	p.WaitFor(entries+`.then(all => all.length > 0)`, 10*time.Second)
	posts := postsWaiting(p)
	p.Open("about:blank")
	s.safe.Plug()
	p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.ClearBrowserCookies, cdp.Empty{})
		return err
	}))
	SignIn(p, s.secure(), tom)
	nothingOf(p, ines, "while Tom is signed in")
	Eval[bool](p, `document.dispatchEvent(new Event("p-online")), true`) // his outbox looks for work
	p.WaitFor(`document.querySelector(".pill-text").textContent !== "" && !document.querySelector(".pill").classList.contains("kept")`, 5*time.Second)
	if n := Eval[int](p, entries+`.then(all => all.filter(e => e.who === "`+ines.Person+`").length)`); n == 0 {
		t.Error("what Inès did is not kept until she is back")
	}
	if got := s.playedBy(posts); len(got) > 0 {
		t.Errorf("what Inès did is delivered while Tom is signed in: %v", got)
	}

	// Tom quits, Inès comes back: by the clock.
	began := time.Now()
	p.Click("[data-signout]")
	p.WaitFor(`location.pathname.startsWith("/connexion/classe/")`, 10*time.Second)
	nothingOf(p, tom, "after he left")
	inspected := time.Now()
	p.Click(fmt.Sprintf(`a[href$="/%s"]`, ines.Person))
	p.WaitFor(`document.querySelectorAll(".slot").length === 4`, 10*time.Second)
	for i, digit := range ines.Secret {
		p.WaitFor(fmt.Sprintf(`document.querySelectorAll(".slot.filled").length === %d`, i), 5*time.Second)
		p.Click(fmt.Sprintf(`button[name="symbol"][value="%c"]`, digit))
	}
	p.WaitFor(`location.pathname === "/eleve/" && document.querySelector("h1")`, 15*time.Second)
	took := time.Since(began)
	t.Logf("changing over took %v, %v of it to look for what is left", took.Round(10*time.Millisecond), inspected.Sub(began).Round(10*time.Millisecond))
	if took > 5*time.Second {
		t.Errorf("changing over takes %v, want at most 5 s", took)
	}
	p.WaitFor(entries+`.then(all => all.length === 0)`, 20*time.Second)
	for registration, who := range s.playedBy(posts) {
		if who != ines.Person {
			t.Errorf("what Inès did (%s) is delivered as %s's", registration, who)
		}
	}
	s.onceEach(posts)

	// Leaving closes the line, and history gives nothing back.
	s.knows(ines.Person, "Inès is back", func(m protocol.Member) bool { return m.Online })
	other := p.Tab("another tab of hers")
	other.Open(s.secure() + "/eleve/")
	p.Open(s.secure() + "/eleve/bilan")
	p.Click("[data-signout]")
	p.WaitFor(`location.pathname.startsWith("/connexion/classe/")`, 10*time.Second)
	other.WaitFor(`location.pathname.startsWith("/connexion")`, 10*time.Second)
	s.knows(ines.Person, "her line is closed", func(m protocol.Member) bool { return !m.Online })
	for range 3 {
		_ = p.Try(5*time.Second, chromedp.NavigateBack())
		p.WaitFor(`document.readyState === "complete"`, 10*time.Second)
		if got := Eval[string](p, `document.documentElement.hidden ? "" : document.documentElement.dataset.who + " " + (document.querySelector(".who")?.textContent ?? "")`); strings.TrimSpace(got) != "" {
			t.Errorf("history gives back a page of %q", got)
		}
	}
	nothingOf(p, ines, "at the end")
}

// nothingOf looks into everything that a browser stores.
func nothingOf(p *Page, who box.Account, when string) {
	p.t.Helper()
	p.WaitFor(`caches.keys().then(names => !names.includes("preau-of-`+who.Person+`"))`, 5*time.Second)
	left := Eval[string](p, `(async () => {
		const left = [], pid = "`+who.Person+`";
		for (const store of [localStorage, sessionStorage]) for (const [k, v] of Object.entries(store)) if ((k + v).includes(pid)) left.push("storage " + k + "=" + v);
		for (const name of await caches.keys()) {
			for (const r of await (await caches.open(name)).keys()) {
				const text = await (await caches.match(r, {cacheName: name, ignoreVary: true})).clone().text();
				if ((name + r.url + text.slice(0, 200000)).includes(pid)) left.push("cache " + name + " " + r.url);
			}
		}
		for (const {name} of await indexedDB.databases()) if (!["preau", "preau-lease"].includes(name)) left.push("database " + name);
		if (document.cookie.includes(pid)) left.push("cookie");
		return left.join("; ");
	})()`)
	if left != "" {
		p.t.Errorf("%s, of %s is left: %s", when, who.Name, left)
	}
	for _, name := range cookies(p) {
		if name != "preau_device" && name != "preau_lang" && name != "langue" && name != "__Host-preau" {
			p.t.Errorf("%s, there is a cookie %s", when, name)
		}
	}
}

func cookies(p *Page) (names []string) {
	p.t.Helper()
	p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		got, err := cdp.Call(ctx, t, network.GetCookies, network.GetCookiesParams{})
		if err != nil {
			return err
		}
		for _, c := range got.Cookies {
			names = append(names, c.Name)
		}
		return nil
	}))
	return names
}

// playedBy says as whose the posts of these registrations are in the journal.
func (s *tablets) playedBy(posts map[string]int) map[string]string {
	s.t.Helper()
	who := map[string]string{}
	eachStatement(s.t, s.Data, func(st *preau.Statement) {
		var c struct{ Registration string }
		if st.Verb == journal.VerbPlayed && json.Unmarshal(st.Context, &c) == nil && posts[c.Registration] > 0 {
			who[c.Registration] = st.Actor
		}
	})
	return who
}
