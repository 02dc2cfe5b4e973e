package demo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"preau"
	"preau/edge/box"
	"preau/edge/directory"
	"preau/edge/live/client"
	"preau/edge/live/protocol"
)

// The simulated class is the demo's second one: the first is left to whoever
// tries the demo.
const (
	playedClass = "5eB"
	tablets     = 12
	absents     = 2
	interval    = 30 * time.Second // between two lessons
	postEvery   = 5 * time.Second
)

// playLessons plays one lesson after another until ctx ends. The box may be
// restarted meanwhile: the class comes back, as a real one does.
func playLessons(ctx context.Context, boxURL string, accounts []box.Account, log *slog.Logger) error {
	c, err := newClass(boxURL, accounts)
	if err != nil {
		return err
	}
	for n := 0; ctx.Err() == nil; n++ {
		if err := c.lesson(ctx, n); err != nil && ctx.Err() == nil {
			log.Warn("simulated lesson interrupted", "err", err)
		}
		if !sleep(ctx, interval) {
			break
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

type class struct {
	box     string
	teacher *person
	board   *person
	pupils  []*person
	all     []box.Account // of the class
	group   string
}

func newClass(boxURL string, accounts []box.Account) (*class, error) {
	c := &class{box: boxURL}
	var err error
	for _, a := range accounts {
		switch directory.Role(a.Role) {
		case directory.Teacher:
			if c.teacher, err = newPerson(boxURL, a); err != nil { // the last one: the first has the other class
				return nil, err
			}
		case directory.Pupil:
			if a.Class != playedClass {
				continue
			}
			c.all, c.group = append(c.all, a), a.Group
			if len(c.pupils) < tablets {
				p, err := newPerson(boxURL, a)
				if err != nil {
					return nil, err
				}
				c.pupils = append(c.pupils, p)
			}
		}
	}
	if c.teacher == nil || len(c.pupils) == 0 {
		return nil, preau.E(preau.Corrupt, "the demo's accounts hold no class to play", "Remove the demo's folder and start again.", nil)
	}
	c.board, err = newPerson(boxURL, box.Account{Name: "board"})
	return c, err
}

// lesson is one: the roll, the board, a film for all, the end.
func (c *class) lesson(ctx context.Context, n int) error {
	film, err := c.film(ctx, n)
	if err != nil {
		return err
	}
	if err := c.teacher.SignIn(ctx); err != nil {
		return err
	}
	at, err := c.teacher.Form(ctx, "/prof/seances", url.Values{"class": {c.group}})
	if err != nil {
		return err
	}
	room := path.Base(at)
	if err := c.roll(ctx, room); err != nil {
		return err
	}
	if _, err := c.teacher.Form(ctx, "/prof/classe/"+room, nil); err != nil {
		return err
	}
	if err := c.pair(ctx, room); err != nil {
		return err
	}
	ctx, end := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer end()
	for _, p := range append([]*person{c.board}, c.pupils...) {
		if p != c.board {
			if err := p.SignIn(ctx); err != nil {
				return err
			}
		}
		wg.Go(func() { p.follow(ctx, film) })
	}
	remote := client.New(client.Options{URL: c.box, Header: c.teacher.Header()})
	wg.Go(func() { _ = remote.Run(ctx) }) // ends with the lesson; what it could not do, Do tells
	return c.show(ctx, remote, film)
}

// show opens the film, pauses it once, lets it end and closes the class.
func (c *class) show(ctx context.Context, remote *client.Client, film film) error {
	if !sleep(ctx, 2*time.Second) {
		return ctx.Err()
	}
	half := time.Duration(film.Duration / 2 * float64(time.Second))
	for _, step := range []struct {
		do   protocol.Message
		then time.Duration
	}{
		{&protocol.Open{Item: film.ID, Playing: true}, half},
		{&protocol.Pause{}, 3 * time.Second},
		{&protocol.Play{}, half + 2*time.Second},
		{&protocol.Close{}, time.Second},
		{&protocol.End{}, 0},
	} {
		if _, err := remote.Do(ctx, step.do); err != nil {
			return fmt.Errorf("teach: %w", err)
		}
		if !sleep(ctx, step.then) {
			return ctx.Err()
		}
	}
	return nil
}

// roll marks some absent.
func (c *class) roll(ctx context.Context, lesson string) error {
	marks := map[string]any{}
	for _, i := range rand.Perm(len(c.all) - tablets)[:absents] {
		marks[c.all[tablets+i].Person] = map[string]string{"mark": "absent"}
	}
	err := c.teacher.JSON(ctx, http.MethodPost, "/api/v1/registers", map[string]any{"id": preau.NewID(), "lesson": lesson, "at": time.Now(), "marks": marks}, nil)
	if err != nil && strings.Contains(err.Error(), "409") {
		return nil // this lesson's roll was taken before the demo was restarted
	}
	return err
}

// pair links the board the first time; its cookie brings it back after.
func (c *class) pair(ctx context.Context, room string) error {
	var answer struct{ Code string }
	if err := c.board.JSON(ctx, http.MethodPost, "/live/boards", map[string]any{}, &answer); err != nil {
		return err
	}
	if answer.Code == "" {
		return nil
	}
	return c.teacher.JSON(ctx, http.MethodPost, "/live/claim", map[string]string{"code": answer.Code, "room": room}, nil)
}

type film struct {
	ID       string
	Duration float64
	Blob     string
}

// film picks the n-th film of the catalogue.
func (c *class) film(ctx context.Context, n int) (film, error) {
	var page struct {
		Items []struct {
			ID        string
			DurationS float64 `json:"duration_s"`
			Assets    []struct{ Role, SHA256 string }
		}
	}
	if err := getJSON(ctx, c.box+"/api/v1/items?kind=video&limit=50", &page); err != nil {
		return film{}, err
	}
	if len(page.Items) == 0 {
		return film{}, preau.E(preau.NotFound, "the catalogue has no film", "", nil)
	}
	it := page.Items[n%len(page.Items)]
	f := film{ID: it.ID, Duration: it.DurationS}
	if f.Duration == 0 {
		f.Duration = 30
	}
	for _, a := range it.Assets {
		if a.Role == "main" {
			f.Blob = a.SHA256
		}
	}
	return f, nil
}

// follow is a screen: it shows what is pushed, reads the film's bytes, and a
// pupil's tablet tells what was played.
func (p *person) follow(ctx context.Context, film film) {
	screen := client.New(client.Options{URL: p.Base, Header: p.Header()})
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { _ = screen.Run(ctx) }) // ends with ctx
	registration, last, started := preau.NewID(), 0.0, false
	for sleep(ctx, postEvery) {
		stage := screen.Stage()
		if stage == nil || stage.Item != film.ID {
			continue
		}
		if !started {
			started = true
			p.read(ctx, film)
		}
		at := stage.Position
		if stage.Playing {
			at += float64(screen.Now()-stage.At) / 1000
		}
		at = min(at, film.Duration)
		_ = screen.Send(&protocol.Status{Item: film.ID, Position: at, Playing: stage.Playing, Progress: at / film.Duration}) // the next one comes soon
		if p.Account.Group == "" || at <= last {
			continue
		}
		post := map[string]any{"id": preau.NewID(), "item": film.ID, "registration": registration, "segments": [][2]float64{{last, at}},
			"position": at, "length": film.Duration, "at": time.Now(), "captions": true, "device": "tablet"}
		if p.JSON(ctx, http.MethodPost, "/api/v1/progress", post, nil) == nil {
			last = at
		}
	}
}

// read fetches the film as a player does: its start by a range.
func (p *person) read(ctx context.Context, film film) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.Base+"/blobs/"+film.Blob, nil)
	if err != nil {
		return
	}
	req.Header.Set("Range", "bytes=0-1048575")
	if resp, err := p.Client.Do(req); err == nil {
		_, _ = io.Copy(io.Discard, resp.Body) // a tablet that stops reading is no fault
		resp.Body.Close()
	}
}
