package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"preau/cmd/preau/cli"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/uplink"
)

func newUplinkCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "uplink",
		Short: "See what waits to be delivered",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cli.Usage("say what to do: status", cmd) },
	}
	cmd.AddCommand(newUplinkStatusCmd())
	return cmd
}

type uplinkStatusOptions struct {
	data, lang string
	json       bool
}

func newUplinkStatusCmd() *cobra.Command {
	var opts uplinkStatusOptions
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what waits, since when, and why",
		Long: `Reads the box's database, running or not, and says how many records wait for the
authority's receipt, when the last delivery was, and what prevents the next.`,
		Example: "  preau uplink status --data /var/lib/preau\n  preau uplink status --data /var/lib/preau --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runUplinkStatus(cmd.Context(), opts, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&opts.data, "data", "/var/lib/preau", "the box's data folder")
	cmd.Flags().StringVar(&opts.lang, "lang", "fr", "language of the sentence: fr or en")
	cmd.Flags().BoolVar(&opts.json, "json", false, "print one JSON object")
	return cmd
}

func runUplinkStatus(ctx context.Context, opts uplinkStatusOptions, out io.Writer) error {
	path := filepath.Join(opts.data, "preau.db")
	if _, err := os.Stat(path); err != nil { // opening would make one
		return preau.E(preau.NotFound, "there is no box in "+opts.data, "Give its data folder with --data.", err)
	}
	db, err := sqlite.Open(ctx, path, preau.SystemClock())
	if err != nil {
		return err
	}
	defer db.Close()
	status, err := uplink.ReadStatus(ctx, db)
	if err != nil {
		return preau.E(preau.NotFound, "this box has never prepared a delivery", "Start it once with preau serve, provisioned and with a store.", err)
	}
	if opts.json {
		return json.NewEncoder(out).Encode(status)
	}
	fmt.Fprintln(out, status.Sentence(opts.lang, time.Local))
	if p := status.Problem; p != nil {
		fmt.Fprintf(out, "  %s\n", p.Text)
		if p.Remedy != "" {
			fmt.Fprintf(out, "  → %s\n", p.Remedy)
		}
	}
	return nil
}
