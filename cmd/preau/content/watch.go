package content

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"preau"
	"preau/cmd/preau/cli"
	"preau/edge/box"
	"preau/media/shelf"
)

func newScrubCmd() *cobra.Command {
	var opts options
	cmd := &cobra.Command{
		Use:   "scrub",
		Short: "Read every file from the disk now, and set aside what rotted",
		Long: `Read every file of the content from the disk now, and set aside what rotted: it is fetched
again by itself. The box does the same by itself, slowly, every day, outside lessons.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var sc shelf.Scrub
			if err := opts.follow(cmd.Context(), "scrub", "read", &sc, cmd.OutOrStdout(), cmd.ErrOrStderr()); err != nil || opts.json {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "read %s, %s: %d rotten\n", count(sc.Files, "file"), cli.Bytes(sc.Bytes), sc.Rotten)
			return err
		},
	}
	opts.flags(cmd)
	return cmd
}

func newWatchCmd() *cobra.Command {
	var opts options
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Show the fetch under way until it ends",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var last preau.Progress
			if err := opts.follow(cmd.Context(), "watch", "fetched", &last, cmd.OutOrStdout(), cmd.ErrOrStderr()); err != nil || opts.json {
				return err
			}
			if last.Files == 0 {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), "nothing is being fetched")
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%d of %s fetched, %s\n", last.FilesDone, count(last.Files, "file"), cli.Bytes(last.BytesDone))
			return err
		},
	}
	opts.flags(cmd)
	return cmd
}

// follow has the box do something long, and shows how far it is. With --json
// the result is the last event.
func (o *options) follow(ctx context.Context, verb, what string, result any, out, stderr io.Writer) error {
	c, err := box.Admin(ctx, o.data)
	if err != nil {
		return err
	}
	defer c.Close()
	bar := cli.NewProgress(what, stderr, cli.Events(o.json, out))
	err = c.Follow(ctx, "/admin/content/"+verb, nil, result, bar.Tell)
	bar.End()
	if err != nil || !o.json {
		return err
	}
	return bar.Result(result)
}
