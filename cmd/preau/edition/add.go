package edition

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"preau/cmd/preau/cli"
	"preau/media/catalogue/publisher"
)

type addOptions struct {
	publisher.AddOptions
	json bool
}

func newAddCmd() *cobra.Command {
	var opts addOptions
	cmd := &cobra.Command{
		Use:   "add DIR FOLDER…",
		Short: "Check items and take them into the repository",
		Long: `Check items and take them into the repository.

Each FOLDER holds an item.json and the files it names, or folders that do. Every
problem of every item is listed with what to do; when there is one, nothing is added.
An item added before is replaced.`,
		Args: takes(2, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runAdd(cmd.Context(), args[0], args[1:], opts, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&opts.Taxons, "taxons", "", "`file` of the vocabulary: {\"URI\": {\"fr\", \"en\", \"broader\", \"vocabulary\"}}")
	cmd.Flags().BoolVar(&opts.DryRun, "dry-run", false, "check only, add nothing")
	cmd.Flags().BoolVar(&opts.json, "json", false, "print events and the result as JSON")
	return cmd
}

func runAdd(ctx context.Context, dir string, folders []string, opts addOptions, out, stderr io.Writer) (err error) {
	repo, err := publisher.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer repo.Close()
	bar := cli.NewProgress("add", stderr, cli.Events(opts.json, out))
	repo.Report = bar.Rated
	results, err := repo.Add(ctx, folders, opts.AddOptions)
	bar.End()
	if opts.json {
		if results == nil {
			return err
		}
		if printErr := bar.Result(map[string]any{"items": results, "added": err == nil && !opts.DryRun}); printErr != nil {
			return printErr
		}
		return err
	}
	printChecked(out, results, opts.DryRun, err == nil, "added")
	return err
}
