package boxtest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"

	"preau"
	"preau/sync/journal"
)

// activities are n posts of played film, a second of the clock apart.
func activities(n int) (registration string, bodies []map[string]any) {
	registration = preau.NewID().String()
	for i := range n {
		from := float64(i%18) + 0.25
		bodies = append(bodies, map[string]any{"id": preau.NewID().String(), "item": adjective, "registration": registration,
			"segments": [][2]float64{{from, from + 0.5}}, "position": from + 0.5, "length": 20,
			"at": time.Now().Add(time.Duration(i-n) * time.Second).UTC().Format(time.RFC3339Nano)})
	}
	return registration, bodies
}

// pupilDid puts bodies into the page's own outbox, one after the other.
func pupilDid(p *Page, bodies []map[string]any) {
	p.t.Helper()
	raw, err := json.Marshal(bodies)
	if err != nil {
		p.t.Fatal(err)
	}
	Eval[bool](p, `(async () => {
		const parts = performance.getEntriesByType("resource").map(e => e.name).filter(n => n.includes("/assets/chunk-") && n.endsWith(".js"));
		const found = (await Promise.all(parts.map(n => import(n)))).flatMap(m => Object.values(m));
		const outbox = found.find(v => v?.put && v.drain);
		for (const body of `+string(raw)+`) await outbox.put("/api/v1/progress", body);
		return true;
	})()`)
}

// watchPosts notes what the box answered to a tab, and how much was on its way
// at once.
const watchPosts = `(() => {
	const box = window.fetch;
	let open = 0;
	window.posts = [], window.most = 0;
	window.fetch = async (url, init) => {
		if (init?.method !== "POST") return box(url, init);
		window.most = Math.max(window.most, ++open);
		try {
			const answer = await box(url, init);
			posts.push(JSON.parse(init.body).id);
			return answer;
		} finally { open--; }
	};
	return true;
})()`

const lookForBox = `(document.dispatchEvent(new Event("p-online")), true)`

// emptied waits for the outbox to be delivered.
func emptied(p *Page) {
	p.t.Helper()
	p.WaitFor(entries+`.then(all => all.length === 0)`, 60*time.Second)
}

// inOrder fails unless the journal has n posts of a registration, each once, in
// the order of their clock.
func (s *tablets) inOrder(registration string, n int) {
	s.t.Helper()
	s.onceEach(map[string]int{registration: n})
	var last time.Time
	eachStatement(s.t, s.Data, func(st *preau.Statement) {
		var c struct{ Registration string }
		if st.Verb != journal.VerbPlayed || json.Unmarshal(st.Context, &c) != nil || c.Registration != registration {
			return
		}
		if st.Timestamp.Before(last) {
			s.t.Errorf("what was done at %v is in the journal after what was done at %v", st.Timestamp, last)
		}
		last = st.Timestamp
	})
}

// twoTabsSendOnce keeps as much as an outbox holds, without the box, and lets
// two tabs find it again at the same time.
func twoTabsSendOnce(t *testing.T, s *tablets, p, other *Page) {
	t.Helper()
	registration, bodies := activities(500)
	s.safe.Pull()
	for _, tab := range []*Page{p, other} {
		tab.Open(s.secure() + "/eleve/")
		Eval[bool](tab, watchPosts)
	}
	pupilDid(p, bodies)
	if n := Eval[int](p, entries+`.then(all => all.length)`); n != len(bodies) {
		t.Fatalf("%d activities wait on the tablet, want %d", n, len(bodies))
	}
	s.safe.Plug()
	for _, tab := range []*Page{p, other} {
		Eval[bool](tab, lookForBox)
	}
	emptied(p)
	sent := map[string]int{}
	for _, tab := range []*Page{p, other} {
		for _, id := range Eval[[]string](tab, `window.posts`) {
			sent[id]++
		}
		if most := Eval[int](tab, `window.most`); most > 1 {
			t.Errorf("%s has %d posts on their way at once", tab.Name, most)
		}
	}
	never, twice := 0, 0
	for _, body := range bodies {
		switch n := sent[body["id"].(string)]; {
		case n == 0:
			never++
		case n > 1:
			twice++
		}
	}
	if never+twice > 0 {
		t.Errorf("of %d activities, two tabs sent %d twice and %d never", len(bodies), twice, never)
	}
	s.inOrder(registration, len(bodies))
	// The tab that did not send learns that nothing waits any more.
	for _, tab := range []*Page{p, other} {
		tab.WaitFor(`!document.querySelector(".pill").classList.contains("kept")`, 10*time.Second)
	}
}

const (
	shells = `caches.keys().then(all => all.filter(n => n.startsWith("preau-shell-")).join())`
	noted  = `caches.match("/files").then(r => r.text())`
)

// newBuildKeepsAll updates the box while the tablet has things to send: the
// new worker takes over, and fetches nothing again.
func newBuildKeepsAll(t *testing.T, s *tablets, p, other *Page) {
	t.Helper()
	before, files := Eval[string](p, shells), Eval[string](p, noted)
	s.Kill()
	p.Open(s.secure() + "/eleve/")
	registration, bodies := activities(3)
	pupilDid(p, bodies)
	path := filepath.Join(s.Data, "config.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]any
	if err := json.Unmarshal(raw, &config); err != nil {
		t.Fatal(err)
	}
	config["accent"] = "#5b2a86" // another theme is another build
	if raw, err = json.Marshal(config); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	s.restart()
	other.Open(s.secure() + "/eleve/")
	other.WaitFor(shells+`.then(now => now.split(",").length === 2 && now.startsWith("`+before+`"))`, 20*time.Second)
	other.WaitFor(`navigator.serviceWorker.getRegistration().then(r => r.active?.state === "activated" && !r.installing && !r.waiting && r.active === navigator.serviceWorker.controller)`, 10*time.Second)
	emptied(p)
	s.inOrder(registration, len(bodies))
	s.safe.Pull()
	other.Open(s.secure() + "/eleve/")
	other.WaitFor(kept+`.startsWith("2 films gardés sur la tablette · ")`, 10*time.Second)
	if now := Eval[string](other, noted); now != files {
		t.Errorf("the new worker notes %s of what is kept, the one before %s", now, files)
	}
	s.safe.Plug()
}

// quota bounds what the box's pages may store; 0 gives the browser's own bound back.
func quota(p *Page, origin string, bytes float64) {
	p.t.Helper()
	params := storage.OverrideQuotaForOriginParams{Origin: origin}
	if bytes > 0 {
		params.QuotaSize = &bytes
	}
	p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, storage.OverrideQuotaForOrigin, params)
		return err
	}))
}

// writes tries to write beside the outbox.
const writes = `new Promise((done) => { indexedDB.open("preau").onsuccess = ({target: {result: db}}) => {
	const tx = db.transaction("outbox", "readwrite"), end = (ok) => { db.close(); done(ok); };
	tx.objectStore("outbox").put({key: "test", filler: "x".repeat(1000)});
	tx.oncomplete = () => end(true);
	tx.onabort = () => end(false);
}; })`

// refuses has the page's database take nothing in; allows ends that.
const (
	refuses = `(() => {
		const proto = IDBObjectStore.prototype;
		window.whole = {add: proto.add, put: proto.put};
		for (const way of ["add", "put"]) proto[way] = function (...what) {
			const asked = whole[way].apply(this, what);
			this.transaction.abort();
			return asked;
		};
		return true;
	})()`
	allows = `(Object.assign(IDBObjectStore.prototype, window.whole), true)`
)

// full has the tablet run out of room, and empty ends that. A browser looks
// at a bound only half a minute after it was set: make test, which has no time
// for that, refuses by itself what the page writes.
func full(p *Page, s *tablets) (empty func()) {
	p.t.Helper()
	if os.Getenv("PREAU_THOROUGH") == "" {
		Eval[bool](p, refuses)
		return func() { Eval[bool](p, allows) }
	}
	quota(p, s.secure(), 1)
	p.WaitFor(writes+`.then(done => !done)`, time.Minute)
	return func() { quota(p, s.secure(), 0) }
}

// fullTabletLosesNothing has the tablet run out of room without the box.
func fullTabletLosesNothing(t *testing.T, s *tablets, p *Page) {
	t.Helper()
	s.safe.Pull()
	p.Open(s.secure() + "/eleve/")
	registration, bodies := activities(4)
	pupilDid(p, bodies[:2])
	empty := full(p, s)
	pupilDid(p, bodies[2:])
	p.WaitFor(kept+`.includes("pleine")`, 10*time.Second)
	if n := Eval[int](p, entries+`.then(all => all.length)`); n != 2 {
		t.Errorf("%d activities wait on the full tablet besides those of its page, want 2", n)
	}
	axeClean(p, "a full tablet")
	s.safe.Plug()
	Eval[bool](p, lookForBox)
	emptied(p)
	s.inOrder(registration, len(bodies))
	p.WaitFor(`!`+kept+`.includes("pleine")`, 10*time.Second)
	empty()
	p.Open(s.secure() + "/eleve/")
	p.WaitFor(kept+`.startsWith("2 films gardés sur la tablette · ")`, 60*time.Second)
}

// droppedCachesAreTold has the browser drop what the worker kept.
func droppedCachesAreTold(t *testing.T, s *tablets, p *Page) {
	t.Helper()
	whole := Eval[int](p, `caches.keys().then(all => Promise.all(all.filter(n => n.startsWith("preau-shell-")).map(n => caches.open(n).then(c => c.keys())))).then(all => Math.max(...all.map(k => k.length)))`)
	p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, storage.ClearDataForOrigin, storage.ClearDataForOriginParams{Origin: s.secure(), StorageTypes: "cache_storage"})
		return err
	}))
	s.safe.Pull()
	p.Open(s.secure() + "/eleve/")
	if got := p.Text("h1"); !strings.Contains(got, "n'a plus cette page") {
		t.Errorf("with nothing kept and no box, the tablet shows %q", got)
	}
	axeClean(p, "nothing kept and no box")
	s.safe.Plug()
	p.Open(s.secure() + "/eleve/")
	p.WaitFor(kept+`.includes("2 effacés par la tablette")`, 10*time.Second)
	axeClean(p, "what the browser dropped")
	p.WaitFor(kept+`.startsWith("2 films gardés sur la tablette · ") && !`+kept+`.includes("effacé")`, 60*time.Second)
	if n := Eval[int](p, `caches.keys().then(all => all.find(n => n.startsWith("preau-shell-"))).then(n => caches.open(n)).then(c => c.keys()).then(k => k.length)`); n != whole {
		t.Errorf("%d parts of the pages are kept again, of %d", n, whole)
	}
	s.safe.Pull()
	p.Open(s.secure() + "/eleve/ressource/" + adjective)
	p.WaitFor(fmt.Sprintf(`%s?.readyState > 0 && getComputedStyle(document.body).fontFamily.includes("Atkinson")`, own), 10*time.Second)
	s.safe.Plug()
}
