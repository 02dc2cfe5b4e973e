package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"preau"
	"preau/cmd/preau/cli"
	"preau/provisioning/rehearse"
)

type rehearseOptions struct {
	accounts, class, ca, name string
	tablets                   int
	length                    time.Duration
	noFilms, json             bool
}

func newRehearseCmd() *cobra.Command {
	var opts rehearseOptions
	cmd := &cobra.Command{
		Use:   "rehearse URL --accounts FILE",
		Short: "Play a class on a running box and see whether it keeps up",
		Long: `Plays a lesson on the box at URL as real tablets, a board and a teacher would: signs in, opens
a film, plays, pauses, seeks, asks, calls for attention; every ten seconds it carries a tablet
out of reach and lets it back. Then it says which pushes were missed, how long they took, how
fast who was cut off came back, how far the clocks are apart.

Run it on a computer of the school's network, on the Wi-Fi that the tablets use. FILE lists
accounts as a demo's accounts.json does, [{person, role, group, login, secret}…]; a folder
means the accounts.json in it. The lesson shows in that teacher's day, and the film in the
figures of use: take accounts made for it, or a time without pupils.

Exit code 1 when something was missed, or so late that a class would notice.`,
		Args: cli.Exactly(1, "give the box's address, such as http://preau.local"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runRehearse(cmd, args[0], opts)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.accounts, "accounts", "", "file of accounts, or a demo's folder (needed)")
	f.StringVar(&opts.class, "class", "", "name of the class (default: the one with the most accounts)")
	f.IntVar(&opts.tablets, "tablets", 30, "tablets, 1 to 200; an account carries seven")
	f.DurationVar(&opts.length, "for", 5*time.Minute, "how long the lesson lasts, up to 1h")
	f.StringVar(&opts.ca, "ca", "", "certificate of the authority, for an https URL")
	f.StringVar(&opts.name, "name", "", "name in the box's certificate, when the https URL is an address (preau.local)")
	f.BoolVar(&opts.noFilms, "no-films", false, "push only: tablets do not stream the film")
	f.BoolVar(&opts.json, "json", false, "print one JSON object (docs/cli.md)")
	return cmd
}

func runRehearse(cmd *cobra.Command, box string, opts rehearseOptions) error {
	u, err := url.Parse(box)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return cli.Usage("the box's address is a URL, such as http://preau.local", cmd)
	}
	if opts.accounts == "" {
		return cli.Usage("say who may sign in: --accounts FILE", cmd)
	}
	accounts, err := readAccounts(opts.accounts)
	if err != nil {
		return err
	}
	o := rehearse.Options{URL: u.Scheme + "://" + u.Host, Accounts: accounts, Class: opts.class, Tablets: opts.tablets, Length: opts.length, Films: !opts.noFilms,
		Tell: func(s string) { fmt.Fprintln(cmd.ErrOrStderr(), s) }}
	if opts.ca != "" {
		if o.TLS, err = trust(opts.ca); err != nil {
			return err
		}
		o.TLS.ServerName = opts.name
	}
	return holdRehearsal(cmd.Context(), o, opts.json, cmd.OutOrStdout())
}

func holdRehearsal(ctx context.Context, o rehearse.Options, asJSON bool, out io.Writer) error {
	rep, err := rehearse.Run(ctx, o)
	if err != nil {
		return err
	}
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(rep); err != nil {
			return fmt.Errorf("print the report: %w", err)
		}
	} else {
		rep.Print(out)
	}
	return rep.Err()
}

func readAccounts(path string) (accounts []rehearse.Account, err error) {
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		path = filepath.Join(path, "accounts.json")
	}
	b, err := cli.ReadFile(path, 4<<20)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &accounts); err != nil {
		return nil, preau.E(preau.Invalid, path+" is no list of accounts", "It is a JSON array of {person, role, group, login, secret}, as a demo's accounts.json.", err)
	}
	return accounts, nil
}

func trust(path string) (*tls.Config, error) {
	b, err := cli.ReadFile(path, 1<<20)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(b) {
		return nil, preau.E(preau.Invalid, path+" holds no certificate", "Give the authority's ca.crt (PEM).", nil)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}
