package catalogue_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/publisher"
	"preau/media/catalogue/trust"
)

// origin is a real publisher and the folder it publishes to.
type origin struct {
	t      *testing.T
	dir    string // repository
	out    string // published
	now    time.Time
	source *counting
	files  map[string]string // what is in files of these names, besides their name
}

// counting counts what is fetched and can stop a refresh in the middle.
type counting struct {
	catalogue.Source
	mu      sync.Mutex
	fetched map[string]int
	before  func(name string) error
}

func (s *counting) Fetch(ctx context.Context, name string, limit int64) ([]byte, error) {
	s.mu.Lock()
	s.fetched[name]++
	before := s.before
	s.mu.Unlock()
	if before != nil {
		if err := before(name); err != nil {
			return nil, err
		}
	}
	return s.Source.Fetch(ctx, name, limit)
}

func (s *counting) packs() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, times := range s.fetched {
		if strings.HasPrefix(name, "targets/packs/") {
			n += times
		}
	}
	return n
}

func newOrigin(t *testing.T) *origin {
	t.Helper()
	o := &origin{t: t, dir: t.TempDir(), out: t.TempDir(), now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	_, err := publisher.Init(o.dir, publisher.InitOptions{Keys: 1, Threshold: 1, Now: o.now})
	o.check(err)
	o.source = &counting{Source: trust.Folder(o.out), fetched: map[string]int{}}
	return o
}

func (o *origin) check(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

const (
	voc      = "http://data.education.fr/voc/scolomfr/concept/scolomfr-voc-"
	francais = voc + "015-num-1333"
	langue   = voc + "015-num-1374"
	accords  = voc + "015-num-2306"
	maths    = voc + "015-num-919"
	cm1      = voc + "022-num-014"
	cm2      = voc + "022-num-015"
	sixieme  = voc + "022-num-018"
	college  = voc + "022-num-016"
)

var taxons = map[string]notice.Taxon{
	francais: {FR: "français", EN: "French", Vocabulary: "015"},
	langue:   {FR: "étude de la langue", EN: "Language study", Broader: francais, Vocabulary: "015"},
	accords:  {FR: "automatiser les accords simples", Broader: langue, Vocabulary: "015"},
	maths:    {FR: "mathématiques", EN: "Mathematics", Vocabulary: "015"},
	cm1:      {FR: "CM1", Vocabulary: "022"}, cm2: {FR: "CM2", Vocabulary: "022"},
	college: {FR: "collège", Vocabulary: "022"}, sixieme: {FR: "6e", Broader: college, Vocabulary: "022"},
}

// item is a notice with what every notice needs; each asset's file holds its
// own name, over and over when that begins with big.
func item(id, kind, title string, change func(*notice.Item)) notice.Item {
	it := notice.Item{
		ID: "ark:/99999/" + id, Kind: kind, Title: title, Lang: "fr", Service: "les-fondamentaux", Publisher: "preau-exemple",
		Taxons: []string{}, Licence: "CC-BY-SA-4.0", Rights: notice.Rights{Display: notice.All, Download: notice.All},
	}
	if kind != notice.KindCollection {
		it.Assets = []notice.Asset{{Role: notice.RoleMain, Mime: "application/octet-stream", File: id + ".bin"}}
	}
	if change != nil {
		change(&it)
	}
	return it
}

// publish adds items, signs and publishes.
func (o *origin) publish(items ...notice.Item) {
	o.t.Helper()
	in := o.t.TempDir()
	raw, err := json.Marshal(taxons)
	o.check(err)
	o.check(os.WriteFile(filepath.Join(in, "taxons.json"), raw, 0o600))
	var folders []string
	for _, it := range items {
		folder := filepath.Join(in, strings.ReplaceAll(it.ID, "/", "_"))
		o.check(os.Mkdir(folder, 0o700))
		raw, err := json.Marshal(it)
		o.check(err)
		o.check(os.WriteFile(filepath.Join(folder, "item.json"), raw, 0o600))
		for _, a := range it.Assets {
			body := a.File
			if a.Mime == "text/vtt" {
				body = "WEBVTT\n\n" + body
			}
			if strings.HasPrefix(a.File, "big") {
				body = strings.Repeat(body+"\n", 150_000)
			}
			if given, ok := o.files[a.File]; ok {
				body = given
			}
			o.check(os.MkdirAll(filepath.Dir(filepath.Join(folder, a.File)), 0o700))
			o.check(os.WriteFile(filepath.Join(folder, a.File), []byte(body), 0o600))
		}
		folders = append(folders, folder)
	}
	repo, err := publisher.Open(o.t.Context(), o.dir)
	o.check(err)
	defer repo.Close()
	if len(items) > 0 {
		checked, err := repo.Add(o.t.Context(), folders, publisher.AddOptions{Taxons: filepath.Join(in, "taxons.json")})
		if err != nil {
			o.t.Fatalf("%v: %+v", err, checked)
		}
	}
	_, err = repo.Sign(o.t.Context(), publisher.SignOptions{Now: o.now})
	o.check(err)
	_, err = repo.Publish(o.t.Context(), o.out, o.now)
	o.check(err)
}

// disk says which blobs are held.
type disk struct {
	mu   sync.Mutex
	held map[blob.Digest]bool
	all  bool
}

func (d *disk) Has(digest blob.Digest) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.all || d.held[digest]
}

func (d *disk) put(wants ...catalogue.Want) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, w := range wants {
		d.held[w.Digest] = true
	}
}

type clock struct{ now time.Time }

func (c *clock) Now() time.Time        { return c.now }
func (*clock) State() preau.ClockState { return preau.ClockSynced }

// box is a catalogue on a database of its own.
type box struct {
	*catalogue.Catalogue
	t     *testing.T
	db    *sqlite.DB
	disk  *disk
	clock *clock
	root  []byte
}

func newBox(t *testing.T, o *origin) *box {
	t.Helper()
	b := &box{t: t, disk: &disk{held: map[blob.Digest]bool{}}, clock: &clock{o.now}}
	var err error
	b.root, err = os.ReadFile(filepath.Join(o.dir, "metadata", "1.root.json"))
	o.check(err)
	b.db, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "preau.db"), b.clock)
	o.check(err)
	t.Cleanup(func() { b.db.Close() })
	b.restart()
	return b
}

func (b *box) restart() {
	b.t.Helper()
	c, err := catalogue.Open(b.t.Context(), catalogue.Config{DB: b.db, Clock: b.clock, Held: b.disk, Root: b.root})
	if err != nil {
		b.t.Fatal(err)
	}
	b.Catalogue = c
}

func (b *box) refresh(o *origin, wantSwitch bool) {
	b.t.Helper()
	switched, err := b.Refresh(b.t.Context(), o.source)
	if err != nil || switched != wantSwitch {
		b.t.Fatalf("refresh switched=%v, %v; want %v", switched, err, wantSwitch)
	}
}

func (b *box) wanted() []catalogue.Want {
	b.t.Helper()
	wants, err := b.Wanted(b.t.Context(), 0)
	if err != nil {
		b.t.Fatal(err)
	}
	return wants
}

// titles lists what a query finds, over all its pages.
func (b *box) titles(q catalogue.Query) []string {
	b.t.Helper()
	var titles []string
	for {
		page, err := b.Items(b.t.Context(), q)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, it := range page.Items {
			titles = append(titles, it.Title)
		}
		if page.Next == "" {
			return titles
		}
		q.Cursor = page.Next
	}
}
