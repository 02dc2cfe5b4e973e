package school

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"preau"
	"preau/edge/box"
	"preau/internal/durable"
)

// rosterExportOptions are the export's flags.
type rosterExportOptions struct{ data, format string }

func newRosterExportCmd() *cobra.Command {
	var opts rosterExportOptions
	cmd := &cobra.Command{
		Use:   "export FILE",
		Short: "Write the school's people and classes for another system",
		Long: `Writes FILE, an archive of OneRoster 1.2 CSV: classes, groups, people, their roles, who
answers for whom. People are named by the box's own ids. The archive never holds a birth date,
a sex or a national number, and no cell of it is a command to a spreadsheet.

Works while the box runs, and when it does not. FILE must not exist.`,
		Example: `  preau roster export --format oneroster rentree.zip`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runRosterExport(cmd.Context(), opts, args[0], cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.data, "data", "/var/lib/preau", "the box's data folder")
	f.StringVar(&opts.format, "format", "oneroster", "oneroster (1.2)")
	return cmd
}

func runRosterExport(ctx context.Context, opts rosterExportOptions, path string, out io.Writer) error {
	if opts.format != "oneroster" {
		return preau.E(preau.Invalid, fmt.Sprintf("%.40q is no format of an export", opts.format), "Give --format oneroster.", nil)
	}
	if _, err := os.Stat(path); err == nil {
		return preau.E(preau.Conflict, path+" exists", "Name a new file.", nil)
	}
	admin, err := box.Admin(ctx, opts.data)
	if err != nil {
		return err
	}
	defer admin.Close()
	var archive bytes.Buffer
	if err := admin.Download(ctx, "/admin/roster/export", &archive); err != nil {
		return err
	}
	if err := durable.WriteBytes(path, 0o600, archive.Bytes()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "wrote %s\n", path)
	return err
}
