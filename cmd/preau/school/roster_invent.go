package school

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"preau"
	"preau/edge/roster/invent"
)

// rosterInventOptions are the command's flags.
type rosterInventOptions struct {
	seed            uint64
	pupils, primary int
}

func newRosterInventCmd() *cobra.Command {
	var opts rosterInventOptions
	cmd := &cobra.Command{
		Use:   "invent DIR",
		Short: "Make up a collège and an école as all systems export them, for rehearsals",
		Long: `Writes into DIR the exports of a collège and an école that do not exist (UAI 9999991F, the
ministry's own for tests): SIECLE, STS, EDT, ONDE of both generations, OneRoster 1.1 and 1.2,
AAF, GAR and a calendar, as they are in September and at mid-year; what an import of the
latter must find (attendu.json); and hostile files, which an import must refuse.

The same seed gives the same bytes.`,
		Example: `  preau roster invent /tmp/ecoles --seed 1 --pupils 600
  preau roster import --data DATA /tmp/ecoles/college/rentree/siecle/*`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runRosterInvent(opts, args[0], cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.Uint64Var(&opts.seed, "seed", 1, "which schools")
	f.IntVar(&opts.pupils, "pupils", 600, "pupils of the collège, 30 to 5000")
	f.IntVar(&opts.primary, "primary", 120, "pupils of the école, 30 to 1000")
	return cmd
}

func runRosterInvent(opts rosterInventOptions, dir string, out io.Writer) error {
	if opts.pupils < 30 || opts.pupils > 5000 || opts.primary < 30 || opts.primary > 1000 {
		return preau.E(preau.Invalid, "an invented collège has 30 to 5000 pupils, an école 30 to 1000", "Give --pupils and --primary within those.", nil)
	}
	if err := invent.Write(dir, opts.seed, opts.pupils, opts.primary); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "wrote two schools that do not exist into %s\n", dir)
	return err
}
