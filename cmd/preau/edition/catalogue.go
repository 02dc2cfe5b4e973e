// Package edition holds the commands of those who make a catalogue: its owner,
// who names publishers and publishes, and the publishers, who sign their own
// items. It promises that each step can be done where its keys are, and that
// what is wrong is said with what to do. It refuses to know how things are
// signed, which is package publisher's.
package edition

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

// NewCmd is preau catalogue.
func NewCmd() *cobra.Command {
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
given back with --keys when they must sign; or what waits for them in DIR/pending
is carried to who holds them (cosign).

A publisher can sign its own items, on its own machine:

  preau catalogue init FOLDER --as NAME           (publisher) make its keys
  preau catalogue delegate add DIR NAME.keys.json (owner) let it sign for itself
  preau catalogue sign FOLDER --as NAME           (publisher) sign, then publish to OUT
  preau catalogue receive DIR OUT                 (owner) verify and take it, then sign`,
	}
	cmd.AddCommand(newInitCmd(), newAddCmd(), newSignCmd(), newPublishCmd(), newVerifyCmd(),
		newStatusCmd(), newCosignCmd(), newRotateCmd(), newDelegateCmd(), newReceiveCmd(), newRemoveCmd(), newImportCmd(), newHarvestCmd())
	return cmd
}

// writeJSON prints a command's --json output.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func newInitCmd() *cobra.Command {
	opts := publisher.InitOptions{}
	cmd := &cobra.Command{
		Use:   "init DIR",
		Short: "Make keys and an empty repository",
		Args:  takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Now = time.Now()
			return runInit(args[0], opts, cmd.OutOrStdout())
		},
	}
	cmd.Flags().IntVar(&opts.Keys, "keys", 1, "how many `keys` root and targets have each, or the publisher")
	cmd.Flags().StringVar(&opts.Publisher, "as", "", "make the folder of this `publisher`, to whom a catalogue's owner delegates")
	cmd.Flags().IntVar(&opts.Threshold, "threshold", 1, "how `many` of them must sign")
	return cmd
}

func runInit(dir string, opts publisher.InitOptions, out io.Writer) error {
	root, err := publisher.Init(dir, opts)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "made %s\n", dir)
	if opts.Publisher != "" {
		fmt.Fprintf(out, "give the catalogue's owner these public keys: %s\n", root)
		fmt.Fprintf(out, "keep %s to yourself: whoever has enough of these keys is %s\n", filepath.Join(dir, "keys"), opts.Publisher)
		return nil
	}
	fmt.Fprintf(out, "give boxes this root: %s\n", root)
	fmt.Fprintf(out, "keep %s offline: whoever has enough of these keys is the publisher\n", filepath.Join(dir, "keys", "{root,targets}-*.pem"))
	return nil
}

// args checks the number of arguments, as a fault of usage.
func takes(least, most int) cobra.PositionalArgs {
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
