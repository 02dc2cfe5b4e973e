package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"preau/cmd/preau/cli"

	"preau"
	"preau/edge/box/clock"
	"preau/edge/web"
	"preau/internal/httpkit"
	"preau/internal/supervise"
	"preau/sync/console"
	"preau/sync/lake"
)

type consoleOptions struct {
	lakeOptions
	http  string
	every time.Duration
}

func newConsoleCmd() *cobra.Command {
	var opts consoleOptions
	cmd := &cobra.Command{
		Use:   "console STORE_URL",
		Short: "Show a collectivité its boxes, from the store alone",
		Long: `Serves one page: each box's last sign of life, its rolls, hours of use, what it caches,
and the proof that no record is missing. It reads the store and nothing else.

Once it serves it prints one line:  ready console=http://HOST:PORT
` + lakeHelp,
		Example: "  preau console http://127.0.0.1:7070/preau --dir demo --http 127.0.0.1:8090",
		Args:    cli.Exactly(1, "give the store's address"),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.store = args[0]
			return runConsole(cmd.Context(), opts, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	opts.flags(cmd)
	cmd.Flags().StringVar(&opts.http, "http", "127.0.0.1:8090", "address; a port of 0 is any free one")
	cmd.Flags().DurationVar(&opts.every, "every", time.Minute, "how often the store is read")
	return cmd
}

func runConsole(ctx context.Context, opts consoleOptions, out, errOut io.Writer) error {
	store, roots, err := opts.open()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(errOut, nil))
	site, err := web.New(web.Options{Log: log})
	if err != nil {
		return err
	}
	zone, err := clock.Paris()
	if err != nil {
		return err
	}
	c, err := console.New(console.Options{Lake: lake.New(store, roots), Site: site, Clock: preau.SystemClock(), Zone: zone,
		Every: opts.every, Log: log, Footer: opts.store})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	site.Install(mux)
	c.Install(mux)
	ln, err := httpkit.Listen(ctx, opts.http, "--http")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "ready console=http://%s\n", ln.Addr())
	srv := httpkit.NewServer(httpkit.Secure(web.CSP(), http.NewCrossOriginProtection().Handler(mux)), log)
	var g supervise.Group
	g.Add("http", func(ctx context.Context) error { return httpkit.Serve(ctx, srv, ln, 5*time.Second) })
	g.Add("editions", c.Serve)
	return g.Run(ctx, 9*time.Second)
}
