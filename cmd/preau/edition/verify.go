package edition

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"preau/cmd/preau/cli"

	"preau"
	"preau/media/catalogue/publisher"
)

type verifyOptions struct {
	publisher.VerifyOptions
	at   string
	json bool
}

func newVerifyCmd() *cobra.Command {
	var opts verifyOptions
	cmd := &cobra.Command{
		Use:   "verify DIR|URL",
		Short: "Check a published catalogue as a box would",
		Long: `Check a published catalogue as a box would: signatures, dates, versions, notices and
every blob. One line a fault; exit 1 when there is one.`,
		Args: takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.At = time.Now()
			if opts.at != "" {
				day, err := time.Parse(time.DateOnly, opts.at)
				if err != nil {
					return cli.Usage(fmt.Sprintf("--at %q is not a date such as 2026-09-01", opts.at), cmd)
				}
				opts.At = day
			}
			return runVerify(cmd.Context(), args[0], opts, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&opts.Root, "root", "", "`file` of the root that boxes trust (default: the first root published, which proves less)")
	cmd.Flags().StringVar(&opts.at, "at", "", "check as on that `date`, YYYY-MM-DD")
	cmd.Flags().BoolVar(&opts.Quick, "quick", false, "compare the blobs' sizes only")
	cmd.Flags().BoolVar(&opts.json, "json", false, "print events and the report as JSON")
	return cmd
}

func runVerify(ctx context.Context, source string, opts verifyOptions, out, stderr io.Writer) error {
	bar := cli.NewProgress("verify", stderr, cli.Events(opts.json, out))
	opts.Report = bar.Rated
	rep, err := publisher.Verify(ctx, source, opts.VerifyOptions)
	bar.End()
	if err != nil {
		return err
	}
	if opts.json {
		if err := bar.Result(rep); err != nil {
			return err
		}
	} else {
		for _, f := range rep.Faults {
			fmt.Fprintf(out, "%s %s: %s\n", f.Kind, f.Object, f.Text)
		}
	}
	if n := len(rep.Faults); n > 0 {
		return preau.E(preau.Corrupt, source+" has "+count(n, "fault"), rep.Faults[0].Remedy, nil)
	}
	if opts.json {
		return nil
	}
	fmt.Fprintf(out, "good: %s in %s, %s, %s; valid until %s\n", count(rep.Items, "item"), count(rep.Packs, "pack"), count(rep.Blobs, "blob"), bytesText(rep.Bytes), rep.Expires.Format(time.DateOnly))
	if !rep.Pinned {
		fmt.Fprintln(out, "its own first root was trusted: give --root to check who signs")
	}
	return nil
}
