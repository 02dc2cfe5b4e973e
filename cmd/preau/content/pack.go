// Package content is the commands about what a box holds. It promises that each
// works on the running box and on one that is not; it refuses to know how.
package content

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"preau/cmd/preau/cli"
	"preau/edge/box"
	"preau/edge/refresh"
	"preau/edge/supply"
	"preau/media/courier"
)

// NewPackCmd is preau pack.
func NewPackCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pack",
		Short: "List packs, and carry them on a stick",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cli.Usage("say what to do: list, export, import", cmd)
		},
	}
	cmd.AddCommand(newPackListCmd(), newPackExportCmd(), newPackImportCmd())
	return cmd
}

type packOptions struct {
	data  string
	packs []string
	plan  bool
	json  bool
}

func (o *packOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.data, "data", "/var/lib/preau", "the box's data folder")
	cmd.Flags().BoolVar(&o.json, "json", false, "print JSON: events, a line each, the result last")
}

func newPackListCmd() *cobra.Command {
	var opts packOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the packs of the current catalogue and how much of each is here",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runPackList(cmd.Context(), opts, cmd.OutOrStdout())
		},
	}
	opts.flags(cmd)
	return cmd
}

func runPackList(ctx context.Context, opts packOptions, out io.Writer) error {
	c, err := box.Admin(ctx, opts.data)
	if err != nil {
		return err
	}
	defer c.Close()
	var list []supply.PackHere
	if err := c.Do(ctx, http.MethodGet, "/admin/packs", nil, &list); err != nil {
		return err
	}
	if opts.json {
		return json.NewEncoder(out).Encode(list)
	}
	for _, p := range list {
		fmt.Fprintf(out, "%s  version %d  %d items  %d files, %s  here: %d files, %s\n",
			p.Slug, p.Version, p.Items, p.Files, cli.Bytes(p.Bytes), p.FilesHere, cli.Bytes(p.BytesHere))
	}
	return nil
}

func newPackExportCmd() *cobra.Command {
	var opts packOptions
	cmd := &cobra.Command{
		Use:   "export STICK",
		Short: "Copy packs to a stick, for boxes that the line does not reach",
		Long: `Writes the catalogue and the files of its packs into the folder preau/ of a stick.
--plan says how much first. What the stick holds already is not copied again; a stick
pulled out in the middle is harmless: repeat the command, and it goes on where it stopped.
The box may be running or not.`,
		Example: "  preau pack export /media/stick --plan\n  preau pack export /media/stick --pack films --pack lectures",
		Args:    cli.Exactly(1, "give the folder where the stick is mounted"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runPackExport(cmd.Context(), opts, args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	opts.flags(cmd)
	cmd.Flags().StringArrayVar(&opts.packs, "pack", nil, "a pack to copy; all when none is named")
	cmd.Flags().BoolVar(&opts.plan, "plan", false, "say what would be copied, and write nothing")
	return cmd
}

func runPackExport(ctx context.Context, opts packOptions, stick string, out, stderr io.Writer) error {
	var p courier.Plan
	if err := follow(ctx, opts, "export", stick, &p, out, stderr); err != nil || opts.json {
		return err
	}
	for _, one := range p.Packs {
		fmt.Fprintf(out, "%s  version %d  %d items  %d files, %s\n", one.Slug, one.Version, one.Items, one.Files, cli.Bytes(one.Bytes))
	}
	if p.Missing > 0 {
		fmt.Fprintf(out, "%d files are not on this box and are left out.\n", p.Missing)
	}
	if opts.plan {
		fmt.Fprintf(out, "To copy: %s; on the stick already: %s; room on the stick: %s.\n", cli.Bytes(p.Needs), cli.Bytes(p.There), cli.Bytes(p.Free))
		if !p.Fits() {
			fmt.Fprintln(out, "It does not fit: take a larger stick, or fewer packs (--pack).")
		}
		return nil
	}
	fmt.Fprintf(out, "The stick is ready: %d files, %s. Unmount it before you pull it out.\n", p.Files-p.Missing, cli.Bytes(p.Bytes))
	return nil
}

func newPackImportCmd() *cobra.Command {
	var opts packOptions
	cmd := &cobra.Command{
		Use:   "import STICK",
		Short: "Take from a stick what the box wants",
		Long: `Takes the stick's catalogue if it is newer than the box's, then the files that the box
wants, each verified. --plan says how much first. A stick pulled out in the middle is
harmless: repeat the command, or let the line bring the rest. The box may be running or not.`,
		Example: "  preau pack import /media/stick",
		Args:    cli.Exactly(1, "give the folder where the stick is mounted"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runPackImport(cmd.Context(), opts, args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	opts.flags(cmd)
	cmd.Flags().BoolVar(&opts.plan, "plan", false, "say what would be taken, and take nothing")
	return cmd
}

func runPackImport(ctx context.Context, opts packOptions, stick string, out, stderr io.Writer) error {
	if opts.plan {
		var o supply.Offered
		if err := follow(ctx, opts, "import", stick, &o, out, stderr); err != nil || opts.json {
			return err
		}
		fmt.Fprintf(out, "Made %s by %s.\n", o.Label.Made.Format(time.DateOnly), o.Label.By)
		if !o.Label.Whole {
			fmt.Fprintln(out, "Its making was interrupted: it may lack files.")
		}
		for _, p := range o.Label.Packs {
			fmt.Fprintf(out, "%s  version %d  %d items  %d files, %s\n", p.Slug, p.Version, p.Items, p.Files, cli.Bytes(p.Bytes))
		}
		fmt.Fprintf(out, "The box wants %d of its files, %s; more if the stick's catalogue is newer.\n", o.Files, cli.Bytes(o.Bytes))
		return nil
	}
	var done refresh.Imported
	if err := follow(ctx, opts, "import", stick, &done, out, stderr); err != nil || opts.json {
		return err
	}
	if done.Refused != "" {
		fmt.Fprintf(out, "The stick's catalogue was not taken: %s.\n", done.Refused)
	}
	fmt.Fprintf(out, "Taken: %d files, %s.\n", done.Files, cli.Bytes(done.Bytes))
	if done.Switched {
		fmt.Fprintln(out, "The new catalogue is in use.")
	}
	if done.Missing > 0 {
		fmt.Fprintf(out, "Still wanted: %d files, %s, which the stick has not.\n", done.Missing, cli.Bytes(done.MissingBytes))
	}
	return nil
}

// follow runs a command on the box and shows how far it is. With --json the
// result is the last event.
func follow(ctx context.Context, opts packOptions, what, stick string, result any, out, stderr io.Writer) error {
	path, err := filepath.Abs(stick)
	if err != nil {
		return fmt.Errorf("resolve %s: %w", stick, err)
	}
	c, err := box.Admin(ctx, opts.data)
	if err != nil {
		return err
	}
	defer c.Close()
	bar := cli.NewProgress(what, stderr, cli.Events(opts.json, out))
	err = c.Follow(ctx, "/admin/sticks/"+what, map[string]any{"path": path, "packs": opts.packs, "plan": opts.plan}, result, bar.Tell)
	bar.End()
	if err != nil || !opts.json {
		return err
	}
	return bar.Result(result)
}
