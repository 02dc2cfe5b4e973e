package edition

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"preau/cmd/preau/cli"
	"preau/media/catalogue/publisher"
)

type signOptions struct {
	publisher.SignOptions
	json bool
}

func newSignCmd() *cobra.Command {
	var opts signOptions
	cmd := &cobra.Command{
		Use:   "sign DIR",
		Short: "Sign what was added, or renew the dates",
		Long: `Sign what was added, or renew the dates.

Without new content only what comes near its date is signed again, the timestamp
always: run it at least every 30 days, then publish. Boxes that find an expired
catalogue go on serving what they have and install nothing new.

When too few keys are at hand, what they signed waits in DIR/pending, and is signed
by the others with --keys, or elsewhere with preau catalogue cosign.`,
		Args: takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Now = time.Now()
			return runSign(cmd.Context(), args[0], opts, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringSliceVar(&opts.Keys, "keys", nil, "`folder` of keys kept elsewhere; may be repeated")
	cmd.Flags().StringVar(&opts.As, "as", "", "sign as this `publisher`, in its own folder")
	cmd.Flags().BoolVar(&opts.json, "json", false, "print the result as JSON")
	return cmd
}

func runSign(ctx context.Context, dir string, opts signOptions, out io.Writer) error {
	repo, err := publisher.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer repo.Close()
	s, err := repo.Sign(ctx, opts.SignOptions)
	if err != nil {
		return err
	}
	if opts.json {
		return writeJSON(out, s)
	}
	what := "dates renewed"
	if s.Changed {
		what = "new content"
	}
	fmt.Fprintf(out, "signed %s in %s, %s\n", count(s.Items, "item"), count(s.Packs, "pack"), what)
	if s.Publisher != "" {
		fmt.Fprintf(out, "%s %d; sign again before %s\n", s.Publisher, s.Targets, s.Expires.Format(time.DateOnly))
		return nil
	}
	for _, name := range s.Stale {
		fmt.Fprintf(out, "boxes keep what they have of %s: it must sign and deliver again\n", name)
	}
	fmt.Fprintf(out, "targets %d, snapshot %d, timestamp %d; sign again before %s\n", s.Targets, s.Snapshot, s.Timestamp, s.Expires.Format(time.DateOnly))
	return nil
}

func newPublishCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "publish DIR OUT",
		Short: "Write the signed catalogue as plain files",
		Long: `Write the signed catalogue as plain files for any static host.

What a box would refuse is not published. A box in the middle of a refresh never
meets a mix: timestamp.json is written last. Copy OUT to its host in the same order
(blobs, targets, metadata, then metadata/timestamp.json).`,
		Args: takes(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runPublish(cmd.Context(), args[0], args[1], asJSON, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print events and the result as JSON")
	return cmd
}

func runPublish(ctx context.Context, dir, to string, asJSON bool, out, stderr io.Writer) error {
	repo, err := publisher.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer repo.Close()
	bar := cli.NewProgress("publish", stderr, cli.Events(asJSON, out))
	repo.Report = bar.Rated
	p, err := repo.Publish(ctx, to, time.Now())
	bar.End()
	if err != nil {
		return err
	}
	if asJSON {
		return bar.Result(p)
	}
	fmt.Fprintf(out, "published %s to %s: %s, %s, of which %d new\n", count(p.Items, "item"), to, count(p.Blobs, "blob"), bytesText(p.Bytes), p.New)
	return nil
}
