package edition

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"preau/cmd/preau/cli"
	"preau/media/catalogue/harvest"
	"preau/media/catalogue/oai"
	"preau/media/catalogue/publisher"
)

type harvestOptions struct {
	harvest.Options
	json bool
}

func newHarvestCmd() *cobra.Command {
	var opts harvestOptions
	cmd := &cobra.Command{
		Use:   "harvest DIR URL",
		Short: "Take the notices that another service lists (OAI-PMH)",
		Long: `Take the ScoLOMFR notices that another service lists by OAI-PMH 2.0, with the files that
their locations name, found in the folder of --files by the last part of their name.

The first time all is fetched, then what changed since. Interrupted, it goes on at its last
page. Every problem of every notice is listed with what to do, and the exit code is 1; the
others are taken, and those with a problem wait for the next harvest. With --dry-run what
was fetched is kept and checked, and nothing is taken.

Items whose records the service deleted are listed, and taken out with --remove-deleted.`,
		Args: takes(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Now = time.Now()
			return runHarvest(cmd.Context(), args[0], args[1], opts, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.Set, "set", "", "only this `set` of the service")
	f.StringVar(&opts.From, "from", "", "what changed since this `date`; by default since the last harvest")
	f.StringVar(&opts.Until, "until", "", "what changed until this `date`")
	f.StringVar(&opts.Prefix, "metadata-prefix", "lom", "the `form` in which the service gives LOM")
	unsaid(f, &opts.Defaults)
	f.StringVar(&opts.Files, "files", ".", "`folder` of the files that the notices name")
	f.BoolVar(&opts.DryRun, "dry-run", false, "check only, take nothing")
	f.BoolVar(&opts.Remove, "remove-deleted", false, "take out the items whose records were deleted")
	f.BoolVar(&opts.Forget, "forget", false, "let go of the notices that have a problem")
	f.BoolVar(&opts.json, "json", false, "print events and the result as JSON")
	return cmd
}

// tellEvery is how often people are told how far a harvest is.
const tellEvery = 5 * time.Second

func runHarvest(ctx context.Context, dir, url string, opts harvestOptions, out, stderr io.Writer) error {
	client, err := oai.New(url, nil)
	if err != nil {
		return err
	}
	repo, err := publisher.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer repo.Close()
	told := time.Now()
	opts.Tell = func(records, of int) {
		if time.Since(told) < tellEvery {
			return
		}
		told = time.Now()
		if of > 0 {
			fmt.Fprintf(stderr, "harvest: %d of %d records\n", records, of)
			return
		}
		fmt.Fprintf(stderr, "harvest: %s\n", count(records, "record"))
	}
	bar := cli.NewProgress("harvest", stderr, cli.Events(opts.json, out))
	repo.Report = bar.Rated
	res, err := harvest.Run(ctx, repo, client, opts.Options)
	bar.End()
	if opts.json {
		if printErr := bar.Result(res); printErr != nil {
			return printErr
		}
		return err
	}
	printHarvest(out, res, opts, err == nil)
	return err
}

func printHarvest(out io.Writer, res harvest.Result, opts harvestOptions, whole bool) {
	printChecked(out, res.Items, opts.DryRun, true, "imported")
	for _, d := range res.Deleted {
		switch {
		case d.Removed:
			fmt.Fprintf(out, "removed %s: the source deleted %s\n", d.Item, d.Record)
		case opts.Remove:
			fmt.Fprintf(out, "good to remove %s: the source deleted %s\n", d.Item, d.Record)
		default:
			fmt.Fprintf(out, "the source deleted %s, which %s was made from\n  → Take it out with --remove-deleted.\n", d.Record, d.Item)
		}
	}
	if whole && len(res.Items)+len(res.Deleted) == 0 {
		fmt.Fprintf(out, "nothing new since %s\n", res.Since)
	}
}
