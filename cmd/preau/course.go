package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"preau"
	"preau/cmd/preau/cli"
	"preau/edge/box"
	"preau/edge/cmi5"
)

func newCourseCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "course",
		Short: "Import and list cmi5 courses",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cli.Usage("say what to do: import, list", cmd) },
	}
	cmd.AddCommand(newCourseImportCmd(), newCourseListCmd())
	return cmd
}

type courseOptions struct {
	data string
	json bool
}

func (o *courseOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.data, "data", "/var/lib/preau", "the box's data folder")
	cmd.Flags().BoolVar(&o.json, "json", false, "print JSON")
}

func newCourseImportCmd() *cobra.Command {
	var opts courseOptions
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Import a cmi5 package, a zip or a cmi5.xml alone",
		Long: `Reads a course package and keeps it, whole or not at all; a broken one is refused with
the rule of the specification it breaks. Importing a course again replaces it.
The box may be running or not.`,
		Example: "  preau course import fractions.zip --data /var/lib/preau",
		Args:    cli.Exactly(1, "give the package, a zip or a cmi5.xml"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runCourseImport(cmd.Context(), opts, args[0], cmd.OutOrStdout())
		},
	}
	opts.flags(cmd)
	return cmd
}

func runCourseImport(ctx context.Context, opts courseOptions, path string, out io.Writer) error {
	f, err := os.Open(path)
	if err != nil {
		return preau.E(preau.KindOf(err), "cannot open "+path, "Check the file's name.", err)
	}
	defer f.Close()
	c, err := box.Admin(ctx, opts.data)
	if err != nil {
		return err
	}
	defer c.Close()
	var e cmi5.Entry
	if err := c.Upload(ctx, "/admin/courses", f, &e); err != nil {
		return err
	}
	return printCourses(out, opts.json, e, []cmi5.Entry{e})
}

func newCourseListCmd() *cobra.Command {
	var opts courseOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the courses of the box",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := box.Admin(cmd.Context(), opts.data)
			if err != nil {
				return err
			}
			defer c.Close()
			var all []cmi5.Entry
			if err := c.Do(cmd.Context(), http.MethodGet, "/admin/courses", nil, &all); err != nil {
				return err
			}
			return printCourses(cmd.OutOrStdout(), opts.json, all, all)
		},
	}
	opts.flags(cmd)
	return cmd
}

func printCourses(out io.Writer, asJSON bool, v any, list []cmi5.Entry) error {
	if asJSON {
		return json.NewEncoder(out).Encode(v)
	}
	for _, e := range list {
		if _, err := fmt.Fprintf(out, "%s  %d AUs  %d files  %s\n", e.ID, e.Units, e.Files, e.Title); err != nil {
			return err
		}
	}
	return nil
}
