package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"preau/cmd/preau/cli"

	"preau"
	"preau/edge/box"
	"preau/internal/durable"
	"preau/internal/httpkit"
	"preau/provisioning/authority"
	"preau/provisioning/enrol"
)

func newProvisionCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "provision",
		Short: "Make an authority; give boxes their identity",
		Long: `An authority (a département, a region, a city) certifies its boxes. Its key stays in one
folder, offline but when boxes are enrolled. A box makes its own keys; a bundle with a
one-use token lets it have them certified. There is no default password anywhere.

  preau provision authority init DIR --id cd23 --name "Département de la Creuse"
  preau provision box new --authority DIR --uai 0230001B … -o bundle.json
  preau provision box apply bundle.json --data /var/lib/preau     (on the box)`,
	}
	auth := &cobra.Command{Use: "authority", Short: "The collectivité's root of trust"}
	auth.AddCommand(newAuthorityInitCmd(), newAuthoritySignCmd(), newAuthorityServeCmd(), newAuthorityRevokeCmd())
	boxes := &cobra.Command{Use: "box", Short: "Enrol boxes"}
	boxes.AddCommand(newBoxNewCmd(), newBoxApplyCmd(), newBoxRevokedCmd())
	cmd.AddCommand(auth, boxes)
	return cmd
}

func newAuthorityInitCmd() *cobra.Command {
	var info authority.Info
	cmd := &cobra.Command{
		Use: "init DIR --id ID --name NAME", Short: "Make an authority's keys", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := authority.Init(args[0], info, preau.SystemClock()); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "authority %s made in %s\n  keep %s offline; push %s to tablets (MDM)\n", info.ID, args[0],
				filepath.Join(args[0], "ca.key"), filepath.Join(args[0], "ca.crt"))
			return nil
		},
	}
	cmd.Flags().StringVar(&info.ID, "id", "", "short identifier, such as cd23")
	cmd.Flags().StringVar(&info.Name, "name", "", "name, such as \"Département de la Creuse\"")
	cmd.Flags().StringSliceVar(&info.Zones, "zone", nil, "DNS zone its boxes may have names in, besides preau.local")
	return cmd
}

func newAuthoritySignCmd() *cobra.Command {
	var dir, out string
	cmd := &cobra.Command{
		Use: "sign request.json --authority DIR -o grant.json", Short: "Answer an enrolment request carried by hand", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := authority.Open(dir, preau.SystemClock())
			if err != nil {
				return err
			}
			raw, err := cli.ReadFile(args[0], enrol.MaxRequest)
			if err != nil {
				return err
			}
			req, err := enrol.ParseRequest(raw)
			if err != nil {
				return err
			}
			grant, err := enrol.Local{Authority: a}.Grant(cmd.Context(), req)
			if err != nil {
				return err
			}
			return writeJSON(out, grant, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&dir, "authority", "authority", "the authority's folder")
	cmd.Flags().StringVarP(&out, "output", "o", "-", "where to write the grant")
	return cmd
}

func newAuthorityServeCmd() *cobra.Command {
	var dir, listen string
	cmd := &cobra.Command{
		Use: "serve --authority DIR --listen ADDR --host NAME", Short: "Answer enrolment requests over HTTPS", Args: cobra.NoArgs,
	}
	host := cmd.Flags().String("host", "localhost", "name in the service's certificate; below the authority's zones")
	cmd.Flags().StringVar(&dir, "authority", "authority", "the authority's folder")
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8443", "address")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return runAuthorityServe(cmd.Context(), dir, listen, *host, cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	return cmd
}

func runAuthorityServe(ctx context.Context, dir, listen, host string, out, errOut io.Writer) error {
	a, err := authority.Open(dir, preau.SystemClock())
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make the service's key: %w", err)
	}
	cert, err := a.SignService(key.Public(), host)
	if err != nil {
		return err
	}
	block, _ := pem.Decode(cert)
	log := slog.New(slog.NewTextHandler(errOut, nil))
	srv := httpkit.NewServer(enrol.Handler(&httpkit.Kit{Log: log}, a), log)
	srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{block.Bytes}, PrivateKey: key}}, MinVersion: tls.VersionTLS13}
	ln, err := httpkit.Listen(ctx, listen, "--listen")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "ready enrol=https://%s:%d\n", host, ln.Addr().(*net.TCPAddr).Port)
	return httpkit.Serve(ctx, srv, ln, 5*time.Second)
}

// bundleFlags are those of box new.
type bundleFlags struct {
	dir, out, root, accessKey, uai, ips string
	opts                                enrol.BundleOptions
}

func newBoxNewCmd() *cobra.Command {
	var b bundleFlags
	cmd := &cobra.Command{
		Use: "new --authority DIR --uai UAI --school NAME -o bundle.json", Short: "Make the bundle that enrols one box, once", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runBoxNew(b, cmd.OutOrStdout()) },
	}
	f, c := cmd.Flags(), &b.opts.Config
	f.StringVar(&b.dir, "authority", "authority", "the authority's folder")
	f.StringVar(&b.uai, "uai", "", "the school's code: seven digits and a letter")
	f.StringVar(&c.School, "school", "", "the school's name")
	f.StringVar(&c.Academie, "academie", "", "the académie, such as limoges")
	f.StringVar(&c.Zone, "zone", "A", "holiday zone: A, B or C")
	f.StringVar(&c.Box, "box", "box-1", "the box's identifier in the school")
	f.StringSliceVar(&c.Names, "name", nil, "further DNS names, below the authority's zones")
	f.StringVar(&b.ips, "ip", "", "fixed private addresses of the box, comma separated")
	f.StringVar(&c.Accent, "accent", "", "the collectivité's colour, #rrggbb")
	f.StringVar(&c.Catalogue.URL, "catalogue", "", "address of the published catalogue")
	f.StringVar(&b.root, "root", "", "the catalogue's root.json")
	f.StringVar(&c.Store.URL, "store", "", "address of the store: http(s)://host/bucket")
	f.StringVar(&c.Store.Region, "region", "", "the store's region")
	f.StringVar(&c.Line.When, "line-when", "closed", "when the box fetches: always, closed (outside lessons), night")
	f.StringVar(&c.Line.Rate, "line-rate", "", "how fast at most, such as \"4 Mbit/s\"")
	f.StringVar(&c.Line.Month, "line-month", "", "how much a month at most, such as \"50 GB\"")
	f.StringVar(&c.Line.Proxy, "proxy", "", "the school's proxy, http://host:port (its password: identity/proxy.json on the box)")
	f.StringVar(&b.accessKey, "access-key", "", "the box's access key to the store (its secret: PREAU_STORE_SECRET)")
	f.StringVar(&b.opts.EnrolURL, "enrol-url", "", "address of preau provision authority serve")
	f.DurationVar(&b.opts.Lasts, "lasts", 7*24*time.Hour, "how long the bundle may be used")
	f.StringVarP(&b.out, "output", "o", "-", "where to write the bundle")
	return cmd
}

func runBoxNew(b bundleFlags, out io.Writer) error {
	a, err := authority.Open(b.dir, preau.SystemClock())
	if err != nil {
		return err
	}
	if b.opts.Config.UAI, err = preau.ParseUAI(b.uai); err != nil {
		return err
	}
	for _, s := range strings.Split(b.ips, ",") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		ip := net.ParseIP(s)
		if ip == nil {
			return preau.E(preau.Invalid, fmt.Sprintf("%.40q is not an address", s), "Give addresses such as 192.168.1.10.", nil)
		}
		b.opts.IPs = append(b.opts.IPs, ip)
	}
	if b.root != "" {
		if b.opts.Root, err = cli.ReadFile(b.root, enrol.MaxBundle); err != nil {
			return err
		}
	}
	if b.accessKey != "" {
		b.opts.Credentials = &enrol.Credentials{AccessKey: b.accessKey, SecretKey: os.Getenv("PREAU_STORE_SECRET")}
	}
	bundle, err := enrol.NewBundle(a, b.opts, preau.SystemClock())
	if err != nil {
		return err
	}
	return writeJSON(b.out, bundle, out)
}

func newBoxApplyCmd() *cobra.Command {
	var data, dir, grant string
	cmd := &cobra.Command{
		Use: "apply bundle.json --data DIR", Short: "Enrol this box; print its technician's one-use token", Args: cobra.ExactArgs(1),
		Long: `Makes this box's keys and has them certified: by the authority's service named in the
bundle, by an authority's folder on this machine (--authority), or by hand: the first run
writes DATA/request.json; carry it to the authority (preau provision authority sign) and
come back with --grant grant.json.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runBoxApply(cmd.Context(), args[0], data, dir, grant, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&data, "data", "/var/lib/preau", "folder of the box's state")
	cmd.Flags().StringVar(&dir, "authority", "", "the authority's folder, when it is on this machine")
	cmd.Flags().StringVar(&grant, "grant", "", "the grant that came back from the authority")
	return cmd
}

func runBoxApply(ctx context.Context, path, data, dir, grant string, out io.Writer) error {
	raw, err := cli.ReadFile(path, enrol.MaxBundle)
	if err != nil {
		return err
	}
	bundle, err := enrol.ParseBundle(raw)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return preau.E(preau.Invalid, "the data folder "+data+" cannot be made", "Give a folder this user may write with --data.", err)
	}
	var from enrol.Grantor
	switch {
	case dir != "":
		a, err := authority.Open(dir, preau.SystemClock())
		if err != nil {
			return err
		}
		from = enrol.Local{Authority: a}
	case grant != "":
		raw, err := cli.ReadFile(grant, enrol.MaxRequest)
		if err != nil {
			return err
		}
		g, err := enrol.ParseGrant(raw)
		if err != nil {
			return err
		}
		from = carried{g, ""}
	case bundle.EnrolURL != "":
		from = enrol.Remote{URL: bundle.EnrolURL, CA: []byte(bundle.CA)}
	default:
		from = carried{nil, filepath.Join(data, "request.json")}
	}
	if err := enrol.Apply(ctx, data, bundle, from); err != nil {
		return err
	}
	token, err := box.TechnicianToken(ctx, data, 7*24*time.Hour)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "enrolled: %s (%s) as %s\ntechnician's token, good once within a week: %s\nstart the box: preau serve --data %s --https :443\n",
		bundle.Config.School, bundle.Config.UAI, bundle.Config.Box, token, data)
	return nil
}

// carried is a grant brought by hand; without one, the request is written.
type carried struct {
	grant   *enrol.Grant
	request string
}

func (c carried) Grant(_ context.Context, r enrol.Request) (*enrol.Grant, error) {
	if c.grant != nil {
		return c.grant, nil
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	if err := durable.WriteBytes(c.request, 0o600, b); err != nil {
		return nil, err
	}
	return nil, preau.E(preau.Unavailable, "this bundle names no enrolment service; the request is in "+c.request,
		"Carry it to the authority (preau provision authority sign), then run apply again with --grant.", nil)
}
