package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"preau/cmd/preau/cli"

	"preau/media/catalogue/publisher"
)

func newCatalogueCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "catalogue",
		Short: "Make, sign, publish and verify a catalogue",
		Long: `Make, sign, publish and verify a catalogue of items, as plain files for any static host.

  preau catalogue init DIR            make keys and an empty repository
  preau catalogue add DIR FOLDER…     check items and take them in
  preau catalogue sign DIR            sign what was added; run it monthly to renew the dates
  preau catalogue publish DIR OUT     write the files to serve
  preau catalogue verify OUT|URL      check them as a box would

Boxes are provisioned with DIR/metadata/1.root.json. The keys of root and targets
(DIR/keys/root-*.pem, targets-*.pem) may be moved to a disk kept offline, and
given back with --keys when they must sign.`,
	}
	cmd.AddCommand(newCatalogueInitCmd(), newCatalogueAddCmd(), newCatalogueSignCmd(), newCataloguePublishCmd(), newCatalogueVerifyCmd())
	return cmd
}

// writeCatalogueJSON prints a command's --json output.
func writeCatalogueJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func newCatalogueInitCmd() *cobra.Command {
	opts := publisher.InitOptions{}
	cmd := &cobra.Command{
		Use:   "init DIR",
		Short: "Make keys and an empty repository",
		Args:  catalogueArgs(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Now = time.Now()
			return runCatalogueInit(args[0], opts, cmd.OutOrStdout())
		},
	}
	cmd.Flags().IntVar(&opts.Keys, "keys", 1, "how many `keys` root and targets have each")
	cmd.Flags().IntVar(&opts.Threshold, "threshold", 1, "how `many` of them must sign")
	return cmd
}

func runCatalogueInit(dir string, opts publisher.InitOptions, out io.Writer) error {
	root, err := publisher.Init(dir, opts)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "made %s\n", dir)
	fmt.Fprintf(out, "give boxes this root: %s\n", root)
	fmt.Fprintf(out, "keep %s offline: whoever has enough of these keys is the publisher\n", filepath.Join(dir, "keys", "{root,targets}-*.pem"))
	return nil
}

// catalogueArgs checks the number of arguments, as a fault of usage.
func catalogueArgs(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || most >= 0 && len(args) > most {
			return cli.Usage(fmt.Sprintf("%s takes %q, not %d arguments", cmd.CommandPath(), cmd.Use, len(args)), cmd)
		}
		return nil
	}
}

// count is a number of things for people.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// bytesText is a size for people.
func bytesText(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d B", n)
}
