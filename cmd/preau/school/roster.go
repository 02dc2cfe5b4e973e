package school

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"preau/cmd/preau/cli"

	"preau"
	"preau/edge/box"
	"preau/edge/roster"
	"preau/edge/roster/source"
)

func NewRosterCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "roster",
		Short: "Bring the school's people and classes in",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cli.Usage("say what to do: import or export", cmd)
		},
	}
	cmd.AddCommand(newRosterImportCmd(), newRosterExportCmd())
	return cmd
}

// rosterImportOptions are the import's flags.
type rosterImportOptions struct {
	data    string
	apply   bool
	json    bool
	all     bool
	shrink  bool
	year    int
	settled []string
}

func newRosterImportCmd() *cobra.Command {
	var opts rosterImportOptions
	cmd := &cobra.Command{
		Use:   "import FILE…",
		Short: "Say what a school's exports would change, then apply them",
		Long: `Reads the exports as they are, zipped or not, several at once: SIECLE (ElevesSansAdresses,
ResponsablesAvecAdresses, Structures, Nomenclature), STS (sts_emp, emp_sts), ONDE, OneRoster,
AAF and calendars. A file's format is found in it, not in its name.

Without --apply nothing changes: the command says who would join, leave or change class, and
which records may be people already known. Settle each of those with --settle, then apply.
Whoever is no longer in a file is closed, never deleted. The same files twice change nothing.

Works while the box runs, and when it does not.`,
		Example: `  preau roster import ElevesSansAdresses.zip sts_emp_0750654D_2026.xml
  preau roster import --settle siecle/1003=k3v9x2m4q7t1b8zc --apply ElevesSansAdresses.zip`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runRosterImport(cmd.Context(), opts, args, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.data, "data", "/var/lib/preau", "the box's data folder")
	f.BoolVar(&opts.apply, "apply", false, "change the box; without it, only say what would change")
	f.BoolVar(&opts.json, "json", false, "print one JSON object")
	f.BoolVar(&opts.all, "all", false, "list everybody, not the first ten of each kind")
	f.BoolVar(&opts.shrink, "shrink", false, "accept that more than half of the people are gone")
	f.IntVar(&opts.year, "year", 0, "the school year's first calendar year (default: today's school year)")
	f.StringArrayVar(&opts.settled, "settle", nil, "KEY=ID or KEY=new: say who a record is")
	return cmd
}

func runRosterImport(ctx context.Context, opts rosterImportOptions, paths []string, out io.Writer) error {
	settled, err := roster.ParseSettled(opts.settled)
	if err != nil {
		return err
	}
	inputs, err := rosterFiles(paths)
	if err != nil {
		return err
	}
	var envelope bytes.Buffer
	if err := roster.Pack(&envelope, inputs); err != nil {
		return err
	}
	admin, err := box.Admin(ctx, opts.data)
	if err != nil {
		return err
	}
	defer admin.Close()
	path := "/admin/roster/preview?"
	if opts.apply {
		path = "/admin/roster/apply?"
	}
	query := roster.Options{Settled: settled, Shrink: opts.shrink, Year: opts.year}.Query()
	var report roster.Report
	if err := admin.Upload(ctx, path+query.Encode(), &envelope, &report); err != nil {
		return err
	}
	if opts.json {
		return json.NewEncoder(out).Encode(report)
	}
	limit := 10
	if opts.all {
		limit = len(report.People) + len(report.Classes) + len(report.Moves)
	}
	fmt.Fprint(out, report.Text(limit))
	switch {
	case report.Empty:
	case report.Applied:
		fmt.Fprintln(out, "applied")
	case len(report.Doubts) > 0:
		fmt.Fprintln(out, "nothing was changed: settle the duplicates, then run again with --apply")
	default:
		fmt.Fprintln(out, "nothing was changed: run again with --apply")
	}
	return nil
}

// rosterFiles reads the exports, none beyond the import's bound.
func rosterFiles(paths []string) (inputs []source.Input, err error) {
	left := int64(source.MaxUpload)
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			return nil, preau.E(preau.Invalid, "cannot open "+path, "Give the path of an export.", err)
		}
		raw, err := cli.ReadFile(path, left)
		if err != nil {
			return nil, err
		}
		left -= int64(len(raw))
		inputs = append(inputs, source.Input{Name: filepath.Base(path), Data: raw})
	}
	return inputs, nil
}
