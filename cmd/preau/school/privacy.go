package school

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"preau"
	"preau/cmd/preau/cli"
	"preau/edge/box"
	"preau/edge/privacy"
)

// NewPrivacyCmd keeps the school's promises about people's data.
func NewPrivacyCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "privacy",
		Short: "Delete what is past its term, show or erase one person's data",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cli.Usage("say what to do: purge, export or erase", cmd)
		},
	}
	cmd.AddCommand(newPrivacyPurgeCmd(), newPrivacyExportCmd(), newPrivacyEraseCmd())
	return cmd
}

func newPrivacyPurgeCmd() *cobra.Command {
	var opts lrsOptions
	cmd := &cobra.Command{
		Use:   "purge",
		Short: "Delete what is past its term and print the proof",
		Long: `Deletes what is past its stream's term (the register of processing has the terms:
/confidentialite on the box), once the authority has receipted it. The box does this by
itself every day; the command prints the proof: how many rows of what.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runPrivacyPurge(cmd.Context(), opts, cmd.OutOrStdout())
		},
	}
	opts.flags(cmd)
	return cmd
}

func runPrivacyPurge(ctx context.Context, opts lrsOptions, out io.Writer) error {
	c, err := box.Admin(ctx, opts.data)
	if err != nil {
		return err
	}
	defer c.Close()
	var proof privacy.Proof
	if err := c.Do(ctx, http.MethodPost, "/admin/privacy/purge", nil, &proof); err != nil {
		return err
	}
	if opts.json {
		return json.NewEncoder(out).Encode(proof)
	}
	var lines []string
	for s, n := range proof.Streams {
		if n > 0 {
			lines = append(lines, fmt.Sprintf("%-12s %d statements stored before %s", s, n, proof.Before[s].Format(time.DateOnly)))
		}
	}
	for name, n := range proof.Parts {
		lines = append(lines, fmt.Sprintf("%-12s %d rows", name, n))
	}
	slices.Sort(lines)
	for _, l := range lines {
		fmt.Fprintln(out, l)
	}
	_, err = fmt.Fprintf(out, "deleted %d in all\n", proof.Total())
	return err
}

func newPrivacyExportCmd() *cobra.Command {
	var data, to string
	cmd := &cobra.Command{
		Use:   "export PERSON",
		Short: "Write all that is kept of one person as an archive",
		Long: `Writes a .zip with a page in French to read (index.html) and the same as JSON: what
the box keeps of the person, for their right of access. PERSON is the id that the box's
pages show in their addresses.`,
		Example: "  preau privacy export 3f0c… --out dossier.zip --data /var/lib/preau",
		Args:    cli.Exactly(1, "give the person's id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runPrivacyExport(cmd.Context(), data, args[0], to, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&data, "data", "/var/lib/preau", "the box's data folder")
	cmd.Flags().StringVar(&to, "out", "dossier.zip", "the archive to write; must not exist")
	return cmd
}

func runPrivacyExport(ctx context.Context, data, pid, to string, out io.Writer) (err error) {
	c, err := box.Admin(ctx, data)
	if err != nil {
		return err
	}
	defer c.Close()
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return preau.E(preau.Invalid, "cannot write "+to, "Give another file with --out.", err)
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			os.Remove(to)
		}
	}()
	if err := c.Download(ctx, "/admin/privacy/export/"+url.PathEscape(pid), f); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "wrote", to)
	return err
}

func newPrivacyEraseCmd() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "erase PERSON",
		Short: "Erase somebody who left, here and for readers of the store",
		Long: `Drops what the box keeps of somebody who is no longer in the roster, and says in the
deliveries that readers of the store are to forget their pseudonym. What the law asks the
school to keep goes with its own term.`,
		Args: cli.Exactly(1, "give the person's id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := box.Admin(cmd.Context(), data)
			if err != nil {
				return err
			}
			defer c.Close()
			var done privacy.Erased
			if err := c.Do(cmd.Context(), http.MethodPost, "/admin/privacy/erase/"+url.PathEscape(args[0]), nil, &done); err != nil {
				return err
			}
			if done.Waiting > 0 {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "erased %s; %d traces that were not delivered yet go after their delivery (preau uplink status)\n", args[0], done.Waiting)
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "erased", args[0])
			return err
		},
	}
	cmd.Flags().StringVar(&data, "data", "/var/lib/preau", "the box's data folder")
	return cmd
}
