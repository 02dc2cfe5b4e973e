package demo

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"preau"
	"preau/internal/durable"
	"preau/internal/httpkit"
	"preau/media/catalogue/publisher"
)

// startOrigin signs the sample catalogue, publishes it and serves it, from
// now on: the box cannot be ready without it.
func (d *runner) startOrigin(ctx context.Context) error {
	sample, err := findSample(d.Sample, d.Executable)
	if err != nil {
		return err
	}
	repo, published := d.path("publisher"), d.path("origin")
	d.origin = &origin{root: filepath.Join(repo, "metadata", "1.root.json")}
	if _, err := os.Stat(filepath.Join(repo, "catalogue.json")); err != nil {
		root, err := publisher.Init(repo, publisher.InitOptions{Keys: 1, Threshold: 1, Now: time.Now()})
		if err != nil {
			return err
		}
		d.origin.root = root
	}
	if err := publish(ctx, repo, published, sample); err != nil {
		return err
	}
	addr, err := d.keepAddress("origin.address")
	if err != nil {
		return err
	}
	d.origin.ln, err = httpkit.Listen(ctx, addr, "--dir")
	if err != nil {
		return err
	}
	// http.FileServer answers Range as any static host does.
	d.origin.srv = httpkit.NewServer(http.FileServer(http.Dir(published)), slog.New(slog.DiscardHandler))
	d.at.origin = "http://" + d.origin.ln.Addr().String()
	if err := durable.WriteBytes(d.path("origin.address"), 0o600, []byte(d.at.origin)); err != nil {
		return err
	}
	d.origin.ended = make(chan error, 1)
	go func() { d.origin.ended <- d.origin.srv.Serve(d.origin.ln) }() // ends with stop
	return nil
}

// serve watches over the origin until ctx ends.
func (o *origin) serve(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-o.ended:
		return fmt.Errorf("serve the origin: %w", err)
	}
}

// stop closes it; a transfer under way resumes at the next start.
func (o *origin) stop() error {
	if o == nil || o.srv == nil {
		return nil
	}
	return o.srv.Close()
}

func publish(ctx context.Context, repo, published, sample string) error {
	r, err := publisher.Open(ctx, repo)
	if err != nil {
		return err
	}
	defer r.Close()
	taxons := filepath.Join(sample, "taxons.json")
	if _, err := os.Stat(taxons); err != nil {
		taxons = ""
	}
	checked, err := r.Add(ctx, []string{filepath.Join(sample, "items")}, publisher.AddOptions{Taxons: taxons})
	if err != nil {
		for _, c := range checked {
			for _, p := range c.Problems {
				err = fmt.Errorf("%w\n  %s: %v", err, c.Folder, p)
			}
		}
		return err
	}
	if _, err := r.Sign(ctx, publisher.SignOptions{Now: time.Now()}); err != nil {
		return err
	}
	_, err = r.Publish(ctx, published, time.Now())
	return err
}

// keepAddress is the address of the last run if it is free, else a new one.
func (d *runner) keepAddress(file string) (string, error) {
	last, err := os.ReadFile(d.path(file))
	if err != nil {
		last = nil // the first run
	}
	return freeAddress(string(last))
}

// findSample looks for the sample catalogue where a clone, a package and a
// copy have it.
func findSample(given, executable string) (string, error) {
	candidates := []string{given}
	if given == "" {
		candidates = []string{"media/sample", filepath.Join(filepath.Dir(executable), "..", "media", "sample"), "/usr/share/preau/sample"}
	}
	for _, dir := range candidates {
		if _, err := os.Stat(filepath.Join(dir, "items")); err == nil {
			return dir, nil
		}
	}
	return "", preau.E(preau.NotFound, "the sample catalogue was not found", "Run from the repository, or give its folder with --sample.", nil)
}
