package school

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"preau"
	"preau/cmd/preau/cli"
	"preau/edge/attendance/report"
)

// NewRegisterCmd proves registers that the office's page exported.
func NewRegisterCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "register",
		Short: "Check the signed register of a class",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cli.Usage("say what to do: verify", cmd) },
	}
	cmd.AddCommand(newRegisterVerifyCmd())
	return cmd
}

func newRegisterVerifyCmd() *cobra.Command {
	var ca string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify FILE.zip --ca CA.crt",
		Short: "Prove that a register is whole and signed by a box of the authority",
		Long: `Checks an archive made by /direction/registre: every file is as it was signed, by a box
whose certificate is the authority's and was valid on that day. Exit code 1 and the file's
name when it is not.`,
		Args: cli.Exactly(1, "give the archive"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runRegisterVerify(args[0], ca, asJSON, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&ca, "ca", "/var/lib/preau/identity/ca.crt", "the authority's certificate")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func runRegisterVerify(path, ca string, asJSON bool, out io.Writer) error {
	pem, err := cli.ReadFile(ca, 1<<20)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return preau.E(preau.Invalid, ca+" holds no certificate", "Give the authority's ca.crt with --ca.", nil)
	}
	f, err := os.Open(path)
	if err != nil {
		return preau.E(preau.Invalid, "cannot open "+path, "Check the path.", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("look at %s: %w", path, err)
	}
	v, err := report.Verify(f, info.Size(), roots)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(out).Encode(map[string]any{"uai": v.UAI, "class": v.Class, "made": v.Made, "files": v.Files})
	}
	_, err = fmt.Fprintf(out, "authentic: %s, class %s, made %s (%s)\n", v.UAI, v.Class, v.Made.Format(time.RFC3339), strings.Join(v.Files, ", "))
	return err
}
