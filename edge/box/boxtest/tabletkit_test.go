package boxtest

import (
	"context"
	"net/url"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"preau"
	"preau/edge/box"
	"preau/edge/directory"
	"preau/edge/directory/demo"
	"preau/edge/live/client"
	"preau/edge/live/protocol"
	"preau/edge/plan"
)

const (
	adjective = "ark:/99999/lf-adjectif-1"
	quiz      = "ark:/99999/exercice-adjectif"
)

// tablets is a box with a class in session, whose teacher has no browser, and
// the cord by which tablets reach it.
type tablets struct {
	*Borne
	t       *testing.T
	cord    *Cord // plain HTTP
	safe    *Cord // HTTPS, when the box has it
	class   string
	lesson  string
	teacher *client.Client
	staff   *Visitor

	mu   sync.Mutex
	seen map[string]protocol.Member // what the teacher knows of each
}

// newTablets starts a box that holds the sample.
func newTablets(t *testing.T, https bool) *tablets {
	t.Helper()
	b := NewBorne(t)
	b.HTTPS = https
	homework(t, b)
	b.Start()
	s := &tablets{Borne: b, t: t, seen: map[string]protocol.Member{}, class: account(t, b, directory.Pupil, 0).Group}
	s.cord = NewCord(t, strings.TrimPrefix(b.URL(), "http://"))
	if https {
		s.safe = NewCord(t, strings.TrimPrefix(b.tls, "https://"))
	}
	until(t, "the catalogue does not come in", func() bool {
		var st struct{ Catalogue struct{ Whole bool } }
		return Get(t.Context(), b.URL()+"/api/v1/status", &st) == nil && st.Catalogue.Whole
	})
	return s
}

// homework gives the class two films to see.
func homework(t *testing.T, b *Borne) {
	t.Helper()
	accounts, err := box.SeedData(t.Context(), b.Data, box.Seed{Roster: demo.Roster(1), Plans: func(class, person func(string) string) []box.SeedPlan {
		return []box.SeedPlan{{Class: class(demo.ClassA), Plan: plan.Plan{Kind: plan.Homework, Title: "Revoir l’adjectif", Owner: person(demo.TeacherFrench), Nodes: []plan.Node{
			{ID: preau.NewID().String(), Item: adjective}, {ID: preau.NewID().String(), Item: "ark:/99999/lf-adjectif-2"},
		}}}}
	}})
	if err != nil {
		t.Fatal(err)
	}
	b.Accounts = accounts // their secrets are new
}

// plain and secure are where tablets open the box.
func (s *tablets) plain() string { return "http://" + s.cord.Addr() }

func (s *tablets) secure() string {
	return "https://" + strings.Replace(s.safe.Addr(), "127.0.0.1", "preau.local", 1)
}

// restart is the power back after Kill: the box has another address.
func (s *tablets) restart() {
	s.Start()
	s.cord.To(strings.TrimPrefix(s.URL(), "http://"))
	if s.safe != nil {
		s.safe.To(strings.TrimPrefix(s.tls, "https://"))
	}
}

func (s *tablets) pupil(n int) box.Account { return account(s.t, s.Borne, directory.Pupil, n) }

// begin opens the class and joins it as its teacher.
func (s *tablets) begin() {
	s.t.Helper()
	s.staff = NewVisitor(s.t, s.Borne)
	if err := s.staff.SignIn(s.t.Context(), account(s.t, s.Borne, directory.Teacher, 0)); err != nil {
		s.t.Fatal(err)
	}
	at, err := s.staff.Form(s.t.Context(), "/prof/seances", url.Values{"class": {s.class}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.lesson = path.Base(at)
	if _, err := s.staff.Form(s.t.Context(), "/prof/classe/"+s.lesson, url.Values{}); err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.teacher = client.New(client.Options{URL: s.plain(), Header: s.staff.header(s.t), Retry: time.Second, On: s.hear})
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.teacher.Run(ctx) })
	s.t.Cleanup(func() { cancel(); wg.Wait() })
	until(s.t, "the teacher does not get into the room", func() bool { return s.teacher.Here().Room != nil })
}

func (s *tablets) hear(m protocol.Message) {
	if p, ok := m.(*protocol.Presence); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, one := range p.Members {
			s.seen[one.ID] = one
		}
	}
}

// knows waits until the teacher knows of somebody what ok wants.
func (s *tablets) knows(person, what string, ok func(protocol.Member) bool) {
	s.t.Helper()
	until(s.t, "the teacher is not told: "+what, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return ok(s.seen[person])
	})
}

// do sends a teacher's command and waits for the box to have it.
func (s *tablets) do(m protocol.Message) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	if _, err := s.teacher.Do(ctx, m); err != nil {
		s.t.Fatalf("%s: %v", protocol.KindOf(m), err)
	}
}

// Tab is another tab of the same device.
func (p *Page) Tab(name string) *Page {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	p.t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		p.t.Fatalf("open a tab for %s: %v", name, err)
	}
	return &Page{p.t, ctx, name}
}

// axeClean fails for each rule of axe that the page breaks as it stands.
func axeClean(p *Page, state string) {
	p.t.Helper()
	p.WaitFor(`document.getAnimations().every(a => a.playState !== "running")`, 5*time.Second)
	for _, v := range p.Axe() {
		p.t.Errorf("%s, %s: %s (%s): %v", p.Name, state, v.ID, v.Help, v.Nodes)
	}
}

// shifts is how far things moved since the page began to watch, CLS's way.
const watchShifts = `(window.shifts = 0, window.moved = [], new PerformanceObserver(l => { for (const e of l.getEntries()) if (!e.hadRecentInput) { window.shifts += e.value; window.moved.push(...e.sources.map(s => s.node?.outerHTML?.slice(0, 90) ?? s.node?.textContent)); } }).observe({type: "layout-shift", buffered: false}), true)`
