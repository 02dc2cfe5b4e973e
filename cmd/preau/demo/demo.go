package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"preau"
	"preau/edge/box"
	"preau/edge/directory/demo"
	"preau/edge/plan"
	"preau/edge/timetable"
	"preau/internal/durable"
	"preau/internal/supervise"
	"preau/provisioning/authority"
	"preau/provisioning/enrol"
	"preau/sync/bucket"
	"preau/sync/lake"
	"preau/sync/segment"
)

// Where things answer, as the ready line tells them.
type urls struct{ box, boxTLS, console, store, origin string }

// Run prepares everything, says it is ready, and keeps it going until ctx
// ends or a part fails.
func Run(ctx context.Context, opts Options) (err error) {
	d := &runner{Options: opts, screen: newScreen(opts.Progress)}
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return preau.E(preau.Invalid, "the demo's folder "+opts.Dir+" cannot be made", "Give another with --dir.", err)
	}
	lock, err := durable.LockDir(opts.Dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	defer func() { err = errors.Join(err, d.stopAll()) }()
	if err := d.prepare(ctx); err != nil {
		return err
	}
	d.announce()
	return d.keep(ctx)
}

// runner is one run of the demo.
type runner struct {
	Options
	screen    *screen
	authority *authority.Authority
	store     storeFile
	at        urls
	accounts  []box.Account
	processes []*process
	origin    *origin
}

func (d *runner) prepare(ctx context.Context) error {
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"authority", d.makeAuthority},
		{"catalogue signed and published", d.startOrigin},
		{"S3-compatible store", d.openStore},
		{"box enrolled", d.enrolBox},
		{"school: two classes, their codes", d.seed},
		{"box serves", d.startBox},
		{"console serves", d.startConsole},
		{"films and pages cached on the box", d.awaitContent},
	} {
		if err := step.do(ctx); err != nil {
			return err
		}
		d.screen.step(step.what)
	}
	return nil
}

func (d *runner) path(name ...string) string {
	return filepath.Join(append([]string{d.Dir}, name...)...)
}

func (d *runner) makeAuthority(context.Context) (err error) {
	d.authority, err = authority.Open(d.path("authority"), preau.SystemClock())
	if preau.KindOf(err) == preau.NotFound && err != nil {
		d.authority, err = authority.Init(d.path("authority"), authority.Info{ID: "demo", Name: "Démonstration"}, preau.SystemClock())
	}
	return err
}

func (d *runner) openStore(ctx context.Context) error {
	p, file, err := startStore(ctx, d.Options, d.screen.step)
	if p != nil {
		d.processes = append(d.processes, p)
	}
	d.store, d.at.store = file, file.URL
	return err
}

// enrolBox gives the box its identity the first time, and each time the
// addresses of this run.
func (d *runner) enrolBox(ctx context.Context) error {
	data := d.path("box")
	root, err := os.ReadFile(d.origin.root)
	if err != nil {
		return fmt.Errorf("read the catalogue's root: %w", err)
	}
	cfg := enrol.Config{
		UAI: "9999991F", School: "Collège de la Clairière", Academie: "demonstration", Zone: "C", Authority: d.authority.ID, Box: "box-1",
		Catalogue: enrol.Catalogue{URL: d.at.origin}, Store: enrol.Store{URL: d.store.URL}, Line: enrol.Line{Busy: "1 Gbit/s"},
		Pace: map[string]string{"attendance": "2s", "learning": "5s", "telemetry": "5s"}, // nobody waits for the night here
	}
	if _, err := os.Stat(filepath.Join(data, "identity", "tls.crt")); err != nil {
		if err := os.MkdirAll(data, 0o700); err != nil {
			return fmt.Errorf("make the box's folder: %w", err)
		}
		bundle, err := enrol.NewBundle(d.authority, enrol.BundleOptions{Config: cfg, IPs: []net.IP{net.IPv4(127, 0, 0, 1)}, Root: root,
			Credentials: &enrol.Credentials{AccessKey: d.store.AccessKey, SecretKey: d.store.SecretKey}}, preau.SystemClock())
		if err != nil {
			return err
		}
		return enrol.Apply(ctx, data, bundle, enrol.Local{Authority: d.authority})
	}
	b, err := json.MarshalIndent(cfg, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the box's configuration: %w", err)
	}
	return durable.WriteBytes(filepath.Join(data, "config.json"), 0o600, append(b, '\n'))
}

// seed invents the school once; accounts.json says that it was done.
func (d *runner) seed(ctx context.Context) error {
	path := d.path("accounts.json")
	b, err := os.ReadFile(path)
	if err == nil {
		if err := json.Unmarshal(b, &d.accounts); err != nil {
			return preau.E(preau.Corrupt, path+" is not readable", "Remove the demo's folder and start again.", err)
		}
		return nil
	}
	d.accounts, err = box.SeedData(ctx, d.path("box"), box.Seed{
		Roster: demo.Roster(1),
		Week: func(class, person func(string) string) []timetable.Slot {
			return timetable.DemoWeek(class(demo.ClassA), class(demo.ClassB), person(demo.TeacherFrench), person(demo.TeacherMaths))
		},
		Resources: []timetable.Resource{{Name: "Valise 12 tablettes", Kind: timetable.ClashEquipment}, {Name: "Vidéoprojecteur", Kind: timetable.ClashEquipment}},
		Plans:     homework,
	})
	if err != nil {
		return err
	}
	if b, err = json.MarshalIndent(d.accounts, "", "  "); err != nil {
		return fmt.Errorf("encode the accounts: %w", err)
	}
	return durable.WriteBytes(path, 0o600, append(b, '\n'))
}

func (d *runner) startBox(ctx context.Context) error {
	cmd := exec.Command(d.Executable, "serve", "--data", d.path("box"), "--http", d.HTTP, "--https", "127.0.0.1:0")
	p, out, err := start(d.Dir, "box", cmd)
	if err != nil {
		return err
	}
	d.processes = append(d.processes, p)
	ready, err := p.awaitReady(ctx, out, 30*time.Second)
	if err != nil {
		return err
	}
	d.at.box, d.at.boxTLS = ready["http"], ready["https"]
	return nil
}

func (d *runner) startConsole(ctx context.Context) error {
	cmd := exec.Command(d.Executable, "console", d.store.URL, "--dir", d.Dir, "--http", "127.0.0.1:0", "--every", "5s")
	p, out, err := start(d.Dir, "console", cmd)
	if err != nil {
		return err
	}
	d.processes = append(d.processes, p)
	ready, err := p.awaitReady(ctx, out, 30*time.Second)
	d.at.console = ready["console"]
	return err
}

// awaitContent waits until the box has all of the catalogue.
func (d *runner) awaitContent(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		var s struct {
			Catalogue struct{ Whole bool }
		}
		if err := getJSON(ctx, d.at.box+"/api/v1/status", &s); err == nil && s.Catalogue.Whole {
			return nil
		}
		select {
		case <-ctx.Done():
			return preau.E(preau.Unavailable, "the box did not fetch the catalogue", "See "+d.path("logs", "box.log")+".", ctx.Err())
		case <-tick.C:
		}
	}
}

func getJSON(ctx context.Context, url string, v any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(url + " answers " + strconv.Itoa(resp.StatusCode))
	}
	return json.NewDecoder(resp.Body).Decode(v)
}

// keep runs what is in this process and watches the others.
func (d *runner) keep(ctx context.Context) error {
	key, cert, err := d.authority.Receipts()
	if err != nil {
		return err
	}
	store, err := bucket.Open(d.store.URL, bucket.Credentials{AccessKey: d.store.AccessKey, SecretKey: d.store.SecretKey})
	if err != nil {
		return err
	}
	signer := segment.Signer{Key: key}
	signer.Chain = append(signer.Chain, cert)
	log := slog.New(slog.NewTextHandler(d.Progress, &slog.HandlerOptions{Level: slog.LevelError}))
	collector := lake.NewCollector(store, d.authority.Pool(), d.authority.ID, signer, preau.SystemClock(), log)
	var g supervise.Group
	g.Add("origin", d.origin.serve)
	g.Add("receipts", func(ctx context.Context) error { return collector.Serve(ctx, 2*time.Second) })
	for _, p := range d.processes {
		g.Add(p.name, func(ctx context.Context) error {
			select {
			case <-ctx.Done():
				return nil
			case <-p.ended:
				return p.failed("ended")
			}
		})
	}
	if !d.QuietClass {
		g.Add("class", func(ctx context.Context) error { return playLessons(ctx, d.at.box, d.accounts, log) })
	}
	return g.Run(ctx, 10*time.Second)
}

// stopAll ends the children, the last started first: the box delivers nothing
// to a store that is gone.
func (d *runner) stopAll() (err error) {
	for i := len(d.processes) - 1; i >= 0; i-- {
		err = errors.Join(err, d.processes[i].stop(10*time.Second))
	}
	return errors.Join(err, d.origin.stop())
}

// origin serves the published catalogue.
type origin struct {
	root  string
	srv   *http.Server
	ln    net.Listener
	ended chan error
}

// homework is something for 6eA to do: two films in their order, then what
// they were for.
func homework(class, person func(string) string) []box.SeedPlan {
	const sample = "ark:/99999/"
	return []box.SeedPlan{{
		Plan: plan.Plan{Kind: plan.Homework, Title: "L’adjectif, pas à pas", Owner: person(demo.TeacherMaths), Nodes: []plan.Node{
			{ID: "1", Title: "Regarder, puis essayer", Sequence: true, Children: []plan.Node{
				{ID: "1.1", Item: sample + "lf-adjectif-1"}, {ID: "1.2", Item: sample + "lf-adjectif-2"},
				{ID: "1.3", Item: sample + "exercice-adjectif", Note: "Autant d’essais que tu veux."}}}}},
		Class: class(demo.ClassA), Note: "À ton rythme, pour la semaine prochaine.",
	}}
}
