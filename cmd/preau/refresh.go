package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"preau"
	"preau/edge/box/admin"
	"preau/edge/box/status"
)

type refreshOptions struct {
	data            string
	now, wait, json bool
}

func newRefreshCmd() *cobra.Command {
	var opts refreshOptions
	cmd := &cobra.Command{
		Use:   "refresh --data DIR",
		Short: "Have the running box look for new content at once",
		Long: `Has the running box ask for the newest catalogue now instead of within a quarter of an hour.
Files still wait for the hours that the configuration gives the line; with --now they come at
once, until all is here. A class that uses the box keeps the line either way, and the month's
allowance holds.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runRefresh(cmd.Context(), opts, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.data, "data", "/var/lib/preau", "folder of the box's state")
	f.BoolVar(&opts.now, "now", false, "do not wait for the night or the end of lessons")
	f.BoolVar(&opts.wait, "wait", false, "wait until all is here, and say how far it is")
	f.BoolVar(&opts.json, "json", false, "one JSON object a line (docs/cli.md)")
	return cmd
}

// refreshEvent is a line of preau refresh --json, a documented contract.
type refreshEvent struct {
	State    string `json:"state"` // asked, fetching, waits, whole
	Sentence string `json:"sentence"`
	Missing  int    `json:"missing"`
	Bytes    int64  `json:"missing_bytes"`
	Rate     int64  `json:"bytes_per_second,omitempty"`
}

func runRefresh(ctx context.Context, opts refreshOptions, out io.Writer) error {
	c, err := admin.Dial(ctx, opts.data)
	if err != nil {
		return err
	}
	defer c.Close()
	before, err := status.Read(ctx, opts.data)
	if err != nil {
		return err
	}
	if err := c.Do(ctx, http.MethodPost, "/admin/refresh", map[string]bool{"now": opts.now}, nil); err != nil {
		return err
	}
	last := refreshEvent{State: "asked", Sentence: "asked: see preau status", Missing: int(before.Catalogue.Missing), Bytes: before.Catalogue.MissingBytes}
	if !opts.wait {
		return tellRefresh(out, opts.json, last)
	}
	tries := uint64(0)
	if before.Supply != nil {
		tries = before.Supply.Tries
	}
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		s, err := status.Read(ctx, opts.data)
		if err != nil {
			return err
		}
		if s.Supply == nil {
			return preau.E(preau.Unavailable, "the box stopped", "Start it again; it goes on where it was.", nil)
		}
		e := eventOf(s, s.Supply.Tries > tries)
		if e != last {
			if err := tellRefresh(out, opts.json, e); err != nil {
				return err
			}
			last = e
		}
		if e.State == "whole" {
			return nil
		}
		if p := s.Problem; p != nil && s.Supply.Tries > tries && s.Supply.Fetching == nil {
			return preau.E(preau.Unavailable, p.Text, p.Remedy, nil)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func eventOf(s status.Status, tried bool) refreshEvent {
	e := refreshEvent{State: "asked", Sentence: "looks for the newest catalogue", Missing: int(s.Catalogue.Missing), Bytes: s.Catalogue.MissingBytes}
	switch p := s.Supply.Fetching; {
	case p != nil:
		e.State, e.Sentence, e.Rate = "fetching", p.Sentence("en"), int64(p.Rate)
	case tried && e.Missing == 0 && s.Catalogue.Generation.ID > 0:
		e.State, e.Sentence = "whole", "all is here"
	case !s.Supply.Line.Open:
		e.State, e.Sentence = "waits", s.Supply.Sentence
	}
	return e
}

func tellRefresh(out io.Writer, asJSON bool, e refreshEvent) error {
	if asJSON {
		return json.NewEncoder(out).Encode(e)
	}
	_, err := fmt.Fprintf(out, "%s\t%s\n", e.State, e.Sentence)
	return err
}
