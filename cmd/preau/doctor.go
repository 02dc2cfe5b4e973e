package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"preau"
	"preau/provisioning/doctor"
)

type doctorOptions struct {
	data, http, https string
	json              bool
}

func newDoctorCmd() *cobra.Command {
	var opts doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor --data DIR",
		Short: "Find what is wrong with a box and what to do",
		Long: `Examines a box, running or not, and changes nothing: folder, disk, clock, configuration,
certificates, ports, database, catalogue, store. Each problem comes with its remedy.
Exit code 0 when nothing fails (warnings allowed), else 1.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDoctor(cmd.Context(), opts, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&opts.data, "data", "/var/lib/preau", "folder of the box's state")
	cmd.Flags().StringVar(&opts.http, "http", ":80", "address the box serves plain HTTP on; empty: do not look")
	cmd.Flags().StringVar(&opts.https, "https", ":443", "address the box serves HTTPS on; empty: do not look")
	cmd.Flags().BoolVar(&opts.json, "json", false, "print a JSON array of {check, state, text, remedy} (docs/cli.md)")
	return cmd
}

func runDoctor(ctx context.Context, opts doctorOptions, out io.Writer) error {
	found := doctor.Examine(ctx, doctor.Patient{Data: opts.data, HTTP: opts.http, HTTPS: opts.https, Built: built()})
	if opts.json {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(found); err != nil {
			return fmt.Errorf("print findings: %w", err)
		}
	} else {
		for _, f := range found {
			fmt.Fprintf(out, "%-4s  %-13s  %s\n", f.State, f.Check, f.Text)
			if f.Remedy != "" && f.State != doctor.OK {
				fmt.Fprintf(out, "                     → %s\n", f.Remedy)
			}
		}
	}
	if doctor.Worst(found) == doctor.Fail {
		return preau.E(preau.Unavailable, "the box needs attention", "Do what is said beside each failure, then run preau doctor again.", nil)
	}
	return nil
}
