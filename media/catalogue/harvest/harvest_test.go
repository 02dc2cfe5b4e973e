package harvest_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/media/catalogue/harvest"
	"preau/media/catalogue/lom"
	"preau/media/catalogue/oai"
	"preau/media/catalogue/oai/oaitest"
	"preau/media/catalogue/publisher"
)

var now = time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)

// world is a service, and a repository that follows it.
type world struct {
	t       *testing.T
	server  *oaitest.Server
	records []oaitest.Record
	repo    *publisher.Repository
	opts    harvest.Options
}

func newWorld(t *testing.T, n int) *world {
	t.Helper()
	w := &world{t: t}
	for i := range n {
		w.records = append(w.records, record(i))
	}
	w.server = oaitest.Start(func() []oaitest.Record { return w.records })
	t.Cleanup(w.server.Close)
	w.server.Now = now
	dir, files := filepath.Join(t.TempDir(), "repo"), t.TempDir()
	if err := os.WriteFile(filepath.Join(files, "un.pdf"), []byte("%PDF-1.7 un"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := publisher.Init(dir, publisher.InitOptions{Keys: 1, Threshold: 1, Now: now}); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.repo, err = publisher.Open(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.repo.Close(); err != nil {
			t.Error(err)
		}
	})
	w.opts = harvest.Options{Request: oai.Request{Prefix: "lom"}, Files: files, Now: now, Defaults: lom.Defaults{Service: "lire", Publisher: "studio-lune", Licence: "CC-BY-4.0"}}
	return w
}

func record(i int) oaitest.Record {
	return oaitest.Record{ID: fmt.Sprintf("oai:test:%d", i), Stamp: "2026-11-01", Notice: oaitest.Notice(fmt.Sprintf("urn:t:%d", i), "Un texte", "un.pdf")}
}

// run harvests with changed options.
func (w *world) run(change func(*harvest.Options)) (harvest.Result, error) {
	w.t.Helper()
	opts := w.opts
	if change != nil {
		change(&opts)
	}
	client, err := oai.New(w.server.URL, func(context.Context, time.Duration) error { return nil })
	if err != nil {
		w.t.Fatal(err)
	}
	return harvest.Run(w.t.Context(), w.repo, client, opts)
}

func (w *world) items() []string {
	w.t.Helper()
	ids, err := w.repo.Stock().ItemsOf(w.t.Context(), "studio-lune")
	if err != nil {
		w.t.Fatal(err)
	}
	return ids
}

func (w *world) last() string {
	asked := w.server.Asked()
	return asked[len(asked)-1].Encode()
}

func TestRun_TakesAllThenWhatIsNew(t *testing.T) {
	w := newWorld(t, 5)
	res, err := w.run(nil)
	if err != nil || res.Records != 5 || res.Added != 5 || len(w.items()) != 5 || res.Since != "2026-11-29" || res.Resumed {
		t.Fatal(res, err, w.items())
	}
	if o, err := w.repo.Stock().Original(t.Context(), "urn:t:3"); err != nil || !strings.HasSuffix(string(o.Body), w.records[3].Notice[len("<lom xmlns"):]) {
		t.Error("the notice is not kept as it came:", string(o.Body), err)
	}
	res, err = w.run(nil)
	if err != nil || res.Records != 0 || res.Added != 0 || !strings.Contains(w.last(), "from=2026-11-29") {
		t.Error("nothing new:", res, err, w.last())
	}
	// The next day three are listed: one new, one corrected, one as it is.
	w.records = append(w.records, record(5))
	w.records[1].Notice = strings.Replace(w.records[1].Notice, "Un texte", "Un autre", 1)
	for _, i := range []int{1, 2, 5} {
		w.records[i].Stamp = "2026-11-29"
	}
	w.server.Now = now.AddDate(0, 0, 1)
	res, err = w.run(func(o *harvest.Options) { o.Now = now.AddDate(0, 0, 1) })
	if err != nil || res.Records != 3 || res.Added != 2 || len(w.items()) != 6 || res.Since != "2026-11-30" {
		t.Error("what changed:", res, err)
	}
}

func TestRun_GoesOnAtItsPage(t *testing.T) {
	w := newWorld(t, 7)
	down := true
	w.server.Before = func(n int, rw http.ResponseWriter, r *http.Request) bool {
		if down && strings.HasPrefix(r.URL.Query().Get("resumptionToken"), "4") {
			rw.WriteHeader(http.StatusBadGateway)
			return true
		}
		return false
	}
	if res, err := w.run(nil); preau.KindOf(err) != preau.Unavailable || res.Records != 4 || len(w.items()) != 0 {
		t.Fatal(res, err)
	}
	down = false
	before := len(w.server.Asked())
	res, err := w.run(nil)
	if err != nil || !res.Resumed || res.Records != 3 || res.Added != 7 || len(w.items()) != 7 || len(w.server.Asked())-before != 2 {
		t.Error(res, err, w.server.Asked()[before:])
	}
}

func TestRun_BeginsAnewWhenTheServerForgot(t *testing.T) {
	w := newWorld(t, 5)
	forget := true
	w.server.Before = func(n int, rw http.ResponseWriter, r *http.Request) bool {
		if forget && r.URL.Query().Has("resumptionToken") {
			forget = n < 5
			rw.WriteHeader(http.StatusBadGateway)
			return true
		}
		return false
	}
	if _, err := w.run(nil); err == nil {
		t.Fatal("the server was up")
	}
	w.server.Before = func(n int, rw http.ResponseWriter, r *http.Request) bool {
		if !forget && r.URL.Query().Has("resumptionToken") {
			forget = true
			fmt.Fprint(rw, oaitest.Answer(now, oaitest.Fault("badResumptionToken")))
			return true
		}
		return false
	}
	forget = false
	if res, err := w.run(nil); err != nil || res.Resumed || res.Records != 5 || len(w.items()) != 5 {
		t.Error(res, err)
	}
	// One that always forgets is not asked without end.
	w.server.Before = func(_ int, rw http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Has("resumptionToken") {
			fmt.Fprint(rw, oaitest.Answer(now, oaitest.Fault("badResumptionToken")))
			return true
		}
		return false
	}
	before := len(w.server.Asked())
	if _, err := w.run(func(o *harvest.Options) { o.From = "2026-01-01" }); preau.KindOf(err) != preau.Conflict || len(w.server.Asked())-before != 4 {
		t.Error(err, w.server.Asked()[before:])
	}
}

func TestRun_OtherDatesAreAnotherList(t *testing.T) {
	w := newWorld(t, 5)
	w.server.Before = func(n int, rw http.ResponseWriter, r *http.Request) bool {
		if n <= 5 && r.URL.Query().Has("resumptionToken") {
			rw.WriteHeader(http.StatusBadGateway)
			return true
		}
		return false
	}
	if _, err := w.run(nil); err == nil {
		t.Fatal("the server was up")
	}
	res, err := w.run(func(o *harvest.Options) { o.Until = "2026-11-15" })
	if err != nil || res.Resumed || res.Records != 5 || res.Since != "2026-11-15" {
		t.Error("until is where the next begins:", res, err)
	}
	res, err = w.run(func(o *harvest.Options) { o.From = "2026-11-20" })
	if err != nil || res.Since != "2026-11-15" {
		t.Error("a gap was left behind:", res, err)
	}
	if res, err = w.run(func(o *harvest.Options) { o.From = "2026-11-01" }); err != nil || res.Since != "2026-11-29" || res.Added != 5 {
		t.Error("what is asked by its date is taken again:", res, err)
	}
	for _, bad := range []string{"yesterday", "2026", "2026-11-01T00:00:00+01:00"} {
		if _, err := w.run(func(o *harvest.Options) { o.From = bad }); preau.KindOf(err) != preau.Invalid {
			t.Error(bad, err)
		}
	}
}

func TestRun_AFastClockHidesNothing(t *testing.T) {
	w := newWorld(t, 1)
	w.server.Now = now.AddDate(900, 0, 0)
	if res, err := w.run(nil); err != nil || res.Since != "2026-11-29" {
		t.Error(res, err)
	}
}

func TestRun_WrongNoticesWaitAndKeepNoOtherOut(t *testing.T) {
	w := newWorld(t, 6)
	part := func(i int, of string) {
		w.records[i].Notice = strings.Replace(w.records[i].Notice, "</lom>", "<relation><kind><value>ispartof</value></kind><resource><identifier><entry>"+of+"</entry></identifier></resource></relation></lom>", 1)
	}
	w.records[0].Notice = "" // no metadata at all
	w.records[1].Notice = oaitest.Notice("urn:t:1", "Perdu", "lost.pdf")
	part(2, "urn:t:1")
	part(3, "urn:t:2")
	w.records[4].Notice = strings.Replace(w.records[4].Notice, "dcmitype/Text", "dcmitype/Event", 1)
	dry := func(o *harvest.Options) { o.DryRun = true }
	res, err := w.run(dry)
	if preau.KindOf(err) != preau.Corrupt || len(w.items()) != 0 || res.Added != 0 {
		t.Fatal(res, err)
	}
	fields := []string{"xml", "technical/location", "part_of", "part_of", "kind", ""}
	for i, one := range res.Items {
		switch {
		case fields[i] == "" && len(one.Problems) > 0, fields[i] != "" && (len(one.Problems) == 0 || one.Problems[0].Field != fields[i] || one.Problems[0].Remedy == ""):
			t.Errorf("%s: %v, want %q", one.Folder, one.Problems, fields[i])
		}
	}
	if res, err = w.run(nil); preau.KindOf(err) != preau.Corrupt || res.Added != 1 || res.Records != 0 || len(w.items()) != 1 {
		t.Error("the good one:", res, err)
	}
	// What it lacked is brought: nothing needs to be listed again.
	if err := os.WriteFile(filepath.Join(w.opts.Files, "lost.pdf"), []byte("%PDF-1.7 lost"), 0o600); err != nil {
		t.Fatal(err)
	}
	if res, err = w.run(nil); preau.KindOf(err) != preau.Corrupt || res.Added != 3 || len(w.items()) != 4 {
		t.Error("those that waited:", res, err)
	}
	if res, err = w.run(func(o *harvest.Options) { o.Forget = true }); err != nil || len(res.Items) != 2 {
		t.Error("let go:", res, err)
	}
	if res, err = w.run(nil); err != nil || len(res.Items) != 0 {
		t.Error("after:", res, err)
	}
}

func TestRun_DeletedRecordsTakeItemsOutWhenAsked(t *testing.T) {
	w := newWorld(t, 3)
	if _, err := w.run(nil); err != nil {
		t.Fatal(err)
	}
	w.records[1] = oaitest.Record{ID: "oai:test:1", Stamp: "2026-11-30", Deleted: true}
	w.records = append(w.records, oaitest.Record{ID: "oai:test:never", Stamp: "2026-11-30", Deleted: true})
	for _, dry := range []bool{true, false} {
		res, err := w.run(func(o *harvest.Options) { o.DryRun, o.Remove = dry, dry })
		if err != nil || len(res.Deleted) != 1 || res.Deleted[0] != (harvest.Deleted{Record: "oai:test:1", Item: "urn:t:1"}) || len(w.items()) != 3 {
			t.Error("not asked, or dry:", res, err)
		}
	}
	res, err := w.run(func(o *harvest.Options) { o.Remove = true })
	if err != nil || len(res.Deleted) != 1 || !res.Deleted[0].Removed || len(w.items()) != 2 {
		t.Error(res, err, w.items())
	}
	if res, err = w.run(nil); err != nil || len(res.Deleted) != 0 {
		t.Error("again:", res, err)
	}
	// Listed again under another record, it comes back.
	w.records[1] = oaitest.Record{ID: "oai:test:new", Stamp: "2026-11-30", Notice: record(1).Notice}
	if res, err = w.run(nil); err != nil || res.Added != 1 || len(w.items()) != 3 {
		t.Error("back:", res, err)
	}
}

func TestRun_NeverReplacesWhatAnotherBrought(t *testing.T) {
	w := newWorld(t, 2)
	own := publisher.Imported{From: "own"}
	own.Item, own.Problems = lom.Parse([]byte(oaitest.Notice("urn:t:1", "Le nôtre", "un.pdf")), w.opts.Defaults)
	if _, err := w.repo.Import(t.Context(), []publisher.Imported{own}, publisher.ImportOptions{Files: w.opts.Files}); err != nil {
		t.Fatal(err)
	}
	res, err := w.run(nil)
	if preau.KindOf(err) != preau.Corrupt || res.Added != 1 || res.Items[1].Problems[0].Field != "id" {
		t.Error(res, err)
	}
	// Nor does a record change its item.
	w.records[0].Notice = oaitest.Notice("urn:t:9", "Un texte", "un.pdf")
	w.records[0].Stamp = "2026-11-30"
	res, err = w.run(nil)
	if preau.KindOf(err) != preau.Corrupt || res.Added != 0 || res.Items[0].Problems[0].Field != "id" || len(w.items()) != 2 {
		t.Error(res, err)
	}
	// Two records of one list do not share an item either.
	w.records = append(w.records, record(5), record(6))
	w.records[3].Notice, w.records[2].Stamp, w.records[3].Stamp = w.records[2].Notice, "2026-11-30", "2026-11-30"
	if res, err = w.run(nil); preau.KindOf(err) != preau.Corrupt || res.Added != 0 || len(res.Items) != 4 {
		t.Error(res, err)
	}
}

func TestRun_TellsHowFarItIs(t *testing.T) {
	w := newWorld(t, 5)
	var told [][2]int
	if _, err := w.run(func(o *harvest.Options) { o.Tell = func(n, of int) { told = append(told, [2]int{n, of}) } }); err != nil || fmt.Sprint(told) != "[[2 5] [4 5] [5 5]]" {
		t.Error(told, err)
	}
}

// TestRun_DocumentsAreFoundByTheirWords reads what the notices name, and tells
// what it cannot read. Words that a source puts into the notices do not come in.
func TestRun_DocumentsAreFoundByTheirWords(t *testing.T) {
	w := newWorld(t, 2)
	page := "<html><head><title>x</title></head><body><p>Les marsouins nagent, les marsouins plongent.</p><script>secret()</script></body></html>"
	if err := os.WriteFile(filepath.Join(w.opts.Files, "mer.html"), []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	w.records[0].Notice = strings.NewReplacer("un.pdf", "mer.html", "application/pdf", "text/html").Replace(w.records[0].Notice)
	res, err := w.run(nil)
	if err != nil || res.Added != 2 {
		t.Fatal(res, err)
	}
	if words := " " + res.Items[0].Words() + " "; !strings.HasPrefix(words, " marsouins ") || !strings.Contains(words, " plongent ") || strings.Contains(words, "secret") {
		t.Errorf("the words of a page: %q", words)
	}
	if len(res.Items[1].Unread) != 1 || res.Items[1].Unread[0].Remedy == "" {
		t.Errorf("a PDF of which nothing can be read: %+v", res.Items[1].Unread)
	}
	if _, err := w.repo.Sign(t.Context(), publisher.SignOptions{Now: now}); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	if _, err := w.repo.Publish(t.Context(), out, now); err != nil {
		t.Fatal(err)
	}
	found := false
	err = filepath.WalkDir(filepath.Join(out, "targets"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			b, readErr := os.ReadFile(path)
			found, err = found || strings.Contains(string(b), "marsouins"), readErr
		}
		return err
	})
	if err != nil || !found {
		t.Errorf("what is published does not have the words: %v", err)
	}
}
