// Command sample makes the sample catalogue's files: it has chromium draw the
// films picture by picture, espeak-ng speak them and ffmpeg encode them, and
// prints the exam paper. It promises the same pictures, words and timing at
// every making (the encoders' bytes follow their versions), and refuses a
// narration that does not fit its film.
//
// What a person wrote is kept by it as it is: the notices (item.json), the
// exercise, the story, and the scripts under scripts/.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

type options struct {
	out   string // media/sample
	here  string // tools/sample
	font  string // the pages' typeface, from edge/web/vendor
	only  string
	sheet string
	work  string
}

func main() {
	var o options
	flag.StringVar(&o.out, "out", "../../media/sample", "folder of the sample catalogue")
	flag.StringVar(&o.here, "sources", ".", "folder of scripts, drawings and papers")
	flag.StringVar(&o.font, "font", "../../edge/web/vendor/atkinson-hyperlegible-next/atkinson-hyperlegible-next-latin-wght-normal.woff2", "typeface")
	flag.StringVar(&o.only, "only", "", "make one thing alone: a film's slug, posters, papers or check")
	flag.StringVar(&o.sheet, "sheet", "", "make no film: one picture every two seconds of each, in this folder, to look at")
	flag.StringVar(&o.work, "work", "", "folder for what is thrown away (default: a temporary one)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "sample:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.only == "check" {
		return check(ctx, o)
	}
	if o.work == "" {
		dir, err := os.MkdirTemp("", "preau-sample-")
		if err != nil {
			return fmt.Errorf("make a work folder: %w", err)
		}
		defer os.RemoveAll(dir)
		o.work = dir
	}
	b, err := openBrowser(ctx, o)
	if err != nil {
		return err
	}
	defer b.close()
	films, err := readScripts(filepath.Join(o.here, "scripts"))
	if err != nil {
		return err
	}
	for _, f := range films {
		if o.only != "" && o.only != f.Slug {
			continue
		}
		if err := makeFilm(ctx, b, o, f); err != nil {
			return fmt.Errorf("make %s: %w", f.Slug, err)
		}
	}
	for name, make := range map[string]func(context.Context, *browser, options) error{"posters": makePosters, "papers": makePapers} {
		if o.only != "" && o.only != name {
			continue
		}
		if err := make(ctx, b, o); err != nil {
			return fmt.Errorf("make %s: %w", name, err)
		}
	}
	if o.only != "" {
		return nil
	}
	return check(ctx, o)
}
