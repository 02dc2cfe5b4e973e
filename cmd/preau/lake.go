package main

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"preau/cmd/preau/cli"

	"preau"
	"preau/sync/bucket"
	"preau/sync/lake"
	"preau/sync/segment"
)

func newLakeCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lake",
		Short: "Check and answer what boxes delivered to the store",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cli.Usage("say what to do: verify or collect", cmd) },
	}
	cmd.AddCommand(newLakeVerifyCmd(), newLakeCollectCmd())
	return cmd
}

// lakeOptions say where the store is and whom to trust.
type lakeOptions struct {
	store, dir, ca string
}

func (o *lakeOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.dir, "dir", "", "a demo's folder: its store.json holds the keys, authority/ca.crt the trust")
	cmd.Flags().StringVar(&o.ca, "ca", "", "the authority's certificate, PEM (default DIR/authority/ca.crt, or $PREAU_CA)")
}

const lakeHelp = `
STORE_URL is http(s)://host/bucket, or the path of a folder (a USB stick).
The store's keys come from DIR/store.json with --dir, else from the environment
as the AWS tools read it (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION).`

func newLakeVerifyCmd() *cobra.Command {
	var opts lakeOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify STORE_URL",
		Short: "Prove that every box's deliveries are whole and authentic",
		Long: `Reads everything that every box delivered: heads and their signatures, every
object and its hash, every number, every receipt. Exit code 0 when all is whole
and authentic; otherwise 1 and one line a fault, which begins with the key of the
object at fault. Lines that begin with "note:" break no proof.
` + lakeHelp,
		Example: "  preau lake verify http://127.0.0.1:7070/preau --dir demo\n  preau lake verify https://s3.example.fr/preau --ca authority/ca.crt",
		Args:    cli.Exactly(1, "give the store's address"),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.store = args[0]
			return runLakeVerify(cmd.Context(), opts, asJSON, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	opts.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print events and the result, summary and findings, as JSON")
	return cmd
}

func runLakeVerify(ctx context.Context, opts lakeOptions, asJSON bool, out, stderr io.Writer) error {
	b, roots, err := opts.open()
	if err != nil {
		return err
	}
	findings := []lake.Finding{}
	bar := cli.NewProgress("verify", stderr, cli.Events(asJSON, out))
	l := lake.New(b, roots)
	l.Report = bar.Rated
	sum, err := l.Verify(ctx, func(f lake.Finding) {
		findings = append(findings, f)
		if !asJSON {
			bar.End()
			fmt.Fprintln(out, f)
		}
	})
	bar.End()
	if err != nil {
		return err
	}
	if asJSON {
		err = bar.Result(map[string]any{"summary": sum, "findings": findings})
	} else if sum.Faults == 0 {
		_, err = fmt.Fprintf(out, "whole and authentic: %d boxes, %d statements in %d objects, %d heads, %d receipts\n",
			sum.Boxes, sum.Statements, sum.Objects, sum.Heads, sum.Receipts)
	}
	if err != nil {
		return fmt.Errorf("print findings: %w", err)
	}
	if sum.Faults > 0 {
		return preau.E(preau.Corrupt, fmt.Sprintf("the store is not whole or not authentic: %d faults", sum.Faults),
			"A missing or altered object that no receipt covers is sent again by its box; for the rest restore the store from its versions.", nil)
	}
	return nil
}

func newLakeCollectCmd() *cobra.Command {
	var opts lakeOptions
	var cert, key string
	var every time.Duration
	cmd := &cobra.Command{
		Use:   "collect STORE_URL",
		Short: "Verify new deliveries and sign receipts for them",
		Long: `Verifies what boxes delivered since their last receipt and signs a receipt, on
which alone they forget. Once, or again and again with --every.
` + lakeHelp,
		Args: cli.Exactly(1, "give the store's address"),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.store = args[0]
			return runLakeCollect(cmd.Context(), opts, cert, key, every, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	opts.flags(cmd)
	cmd.Flags().StringVar(&cert, "cert", "", "the receipt certificate, PEM (default DIR/authority/receipts.crt)")
	cmd.Flags().StringVar(&key, "key", "", "its Ed25519 key, PEM (default DIR/authority/receipts.key)")
	cmd.Flags().DurationVar(&every, "every", 0, "go on, once in this time")
	return cmd
}

func runLakeCollect(ctx context.Context, opts lakeOptions, cert, key string, every time.Duration, out, logs io.Writer) error {
	b, roots, err := opts.open()
	if err != nil {
		return err
	}
	signer, authority, err := receiptSigner(opts.inDir(cert, "receipts.crt"), opts.inDir(key, "receipts.key"))
	if err != nil {
		return err
	}
	c := lake.NewCollector(b, roots, authority, signer, preau.SystemClock(), slog.New(slog.NewTextHandler(logs, nil)))
	if every > 0 {
		return c.Serve(ctx, every)
	}
	done, err := c.Collect(ctx)
	for _, f := range done.Findings {
		fmt.Fprintln(out, f)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d boxes, %d receipts signed\n", done.Boxes, done.Receipts)
	return err
}

// receiptSigner reads the authority's receipt key; the certificate tells for
// which authority it signs.
func receiptSigner(cert, key string) (s segment.Signer, authority string, err error) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return s, "", preau.E(preau.NotFound, "the receipt key cannot be read", "Give --cert and --key, as made by preau provision authority init.", err)
	}
	var ok bool
	if s.Key, ok = pair.PrivateKey.(crypto.Signer); !ok {
		return s, "", preau.E(preau.Invalid, "the receipt key cannot sign", "Give an Ed25519 key.", nil)
	}
	for _, der := range pair.Certificate {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return s, "", fmt.Errorf("read receipt certificate: %w", err)
		}
		s.Chain = append(s.Chain, c)
	}
	prefix := segment.ReceiptsURI("")
	for _, u := range s.Chain[0].URIs {
		if name, ok := strings.CutPrefix(u.String(), prefix); ok {
			return s, name, nil
		}
	}
	return s, "", preau.E(preau.Invalid, "the certificate "+cert+" is not one for receipts", "It must carry the name "+prefix+"AUTHORITY.", nil)
}

// open finds the store, its keys and the trust.
func (o lakeOptions) open() (bucket.Bucket, *x509.CertPool, error) {
	var cred bucket.Credentials
	store := o.store
	if o.dir != "" {
		var file struct {
			URL, Bucket string
			AccessKey   string `json:"access_key"`
			SecretKey   string `json:"secret_key"`
		}
		path := filepath.Join(o.dir, "store.json")
		data, err := os.ReadFile(path)
		switch {
		case err == nil:
			if err := json.Unmarshal(data, &file); err != nil {
				return nil, nil, preau.E(preau.Invalid, path+" cannot be read", "Give the folder of a demo.", err)
			}
		case !errors.Is(err, fs.ErrNotExist):
			return nil, nil, fmt.Errorf("read %s: %w", path, err)
		}
		cred = bucket.Credentials{AccessKey: file.AccessKey, SecretKey: file.SecretKey}
		// The ready line of a demo may name the endpoint alone.
		if u, err := url.Parse(store); err == nil && u.Host != "" && strings.Trim(u.Path, "/") == "" && file.Bucket != "" {
			store = u.Scheme + "://" + u.Host + "/" + file.Bucket
		}
	}
	b, err := bucket.Open(store, cred)
	if err != nil {
		return nil, nil, err
	}
	ca := o.inDir(o.ca, "ca.crt")
	if ca == "" {
		ca = os.Getenv("PREAU_CA")
	}
	if ca == "" {
		return nil, nil, preau.E(preau.Invalid, "whose boxes are to be trusted?", "Give the authority's certificate with --ca, or a demo's folder with --dir.", nil)
	}
	pem, err := os.ReadFile(ca)
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		return nil, nil, preau.E(preau.Invalid, "the authority's certificate "+ca+" cannot be read", "Give a PEM file with --ca.", err)
	}
	return b, roots, nil
}

// inDir completes a file that was not named with the demo's own.
func (o lakeOptions) inDir(path, name string) string {
	if path == "" && o.dir != "" {
		return filepath.Join(o.dir, "authority", name)
	}
	return path
}
