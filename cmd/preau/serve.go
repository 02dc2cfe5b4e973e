package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"preau/edge/box"
	"preau/internal/telemetry"
)

type serveOptions struct {
	data, config, http, https string
	verbose                   bool
}

func newServeCmd() *cobra.Command {
	var opts serveOptions
	cmd := &cobra.Command{
		Use:   "serve --data DIR",
		Short: "Run the box of a school",
		Long: `Runs the box: refreshes and caches the catalogue, serves pupils, teachers and boards,
keeps every record and delivers it when there is a line.

Once all serves it prints one line:
  ready http=http://HOST:PORT https=https://HOST:PORT

SIGTERM lets requests under way finish and ends within 10 seconds, with exit code 0.
Packs' HTML is served on the port after each of the two.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runServe(cmd.Context(), opts, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.data, "data", "/var/lib/preau", "folder of all the box's state")
	f.StringVar(&opts.config, "config", "", "configuration file (default DATA/config.json, if there is one)")
	f.StringVar(&opts.http, "http", ":80", "address of plain HTTP; a port of 0 is any free one")
	f.StringVar(&opts.https, "https", "", "address of HTTPS, such as :443; none by default")
	f.BoolVar(&opts.verbose, "verbose", false, "log everything")
	return cmd
}

func runServe(ctx context.Context, opts serveOptions, out, errOut io.Writer) error {
	level := slog.LevelInfo
	if opts.verbose {
		level = slog.LevelDebug
	}
	ring := telemetry.NewRing(500)
	b, err := box.Open(ctx, box.Options{
		Data: opts.data, Config: opts.config, HTTP: opts.http, HTTPS: opts.https, Version: version, Built: built(),
		Log: telemetry.NewLogger(errOut, ring, level), Ring: ring,
		Ready: func(a box.Addresses) { fmt.Fprintf(out, "ready http=%s https=%s\n", a.HTTP, a.HTTPS) },
	})
	if err != nil {
		return err
	}
	defer b.Close()
	return b.Run(ctx)
}

// built is when this release was made: the time of its file, which packages
// set from the changelog. No box's clock may be before it.
func built() time.Time {
	exe, err := os.Executable()
	if err != nil {
		return time.Time{}
	}
	if real, err := filepath.EvalSymlinks(exe); err == nil {
		exe = real
	}
	info, err := os.Stat(exe)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
