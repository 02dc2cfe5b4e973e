package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"preau"
	"preau/cmd/preau/cli"
	"preau/edge/box"
	"preau/provisioning/authority"
	"preau/provisioning/revocation"
)

type revokeOptions struct{ dir, uai, box, cert string }

func newAuthorityRevokeCmd() *cobra.Command {
	var opts revokeOptions
	cmd := &cobra.Command{
		Use: "revoke --authority DIR --uai UAI --box BOX", Short: "Take a stolen box's certificates back", Args: cobra.NoArgs,
		Long: `Signs DIR/revoked.crl, the list of certificates not to be believed any more. New bundles carry
it. Bring it to one box of each school (preau provision box revoked revoked.crl); boxes tell
each other. A box on the list gets nothing from its sisters, and nothing is taken from it.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return runAuthorityRevoke(opts, cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	f.StringVar(&opts.dir, "authority", "authority", "the authority's folder")
	f.StringVar(&opts.uai, "uai", "", "the school's code")
	f.StringVar(&opts.box, "box", "box-1", "the box's identifier in the school")
	f.StringVar(&opts.cert, "cert", "", "or one certificate, in PEM: a box's identity/tls.crt")
	return cmd
}

func runAuthorityRevoke(opts revokeOptions, out io.Writer) error {
	a, err := authority.Open(opts.dir, preau.SystemClock())
	if err != nil {
		return err
	}
	var l *revocation.List
	if opts.cert != "" {
		l, err = a.RevokeCertificate(opts.cert)
	} else {
		var uai preau.UAI
		if uai, err = preau.ParseUAI(opts.uai); err != nil {
			return err
		}
		l, err = a.Revoke(uai, opts.box)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "list %d: %d certificates are not to be believed\n  bring %s to one box of each school: preau provision box revoked\n",
		l.Number, l.Len(), filepath.Join(opts.dir, "revoked.crl"))
	return nil
}

func newBoxRevokedCmd() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use: "revoked revoked.crl --data DIR", Short: "Give a box the authority's list of revoked certificates", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runBoxRevoked(cmd.Context(), args[0], data, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&data, "data", "/var/lib/preau", "folder of the box's state")
	return cmd
}

func runBoxRevoked(ctx context.Context, path, data string, out io.Writer) error {
	raw, err := cli.ReadFile(path, revocation.MaxList)
	if err != nil {
		return err
	}
	c, err := box.Admin(ctx, data)
	if err != nil {
		return err
	}
	defer c.Close()
	var done struct {
		Newer        bool
		Number       uint64
		Certificates int
	}
	if err := c.Upload(ctx, "/admin/revoked", bytes.NewReader(raw), &done); err != nil {
		return err
	}
	what := "taken"
	if !done.Newer {
		what = "nothing new: the box already holds"
	}
	fmt.Fprintf(out, "%s: list %d, %d certificates\n", what, done.Number, done.Certificates)
	return nil
}
