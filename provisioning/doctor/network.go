package doctor

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"preau"
	"preau/media/catalogue/trust"
	"preau/provisioning/enrol"
	"preau/sync/bucket"
	"preau/sync/segment"
)

// ports checks that what the box serves on is its own, or free.
func (v *visit) ports(ctx context.Context) {
	if v.HTTP != "" {
		v.port(ctx, "http", v.HTTP)
	}
	if v.HTTPS != "" && v.known {
		v.port(ctx, "https", v.HTTPS)
	}
}

func (v *visit) port(ctx context.Context, scheme, addr string) {
	check := "port " + scheme
	host, port, err := net.SplitHostPort(addr)
	n, numErr := strconv.Atoi(port)
	if err != nil || numErr != nil || n < 0 || n > 65534 {
		v.fail(check, fmt.Sprintf("%.60q is not an address", addr), "Give host:port, such as :80.")
		return
	}
	if v.running {
		if err := v.ask(ctx, scheme, host, port); err != nil {
			v.fail(check, fmt.Sprintf("a box is running but does not answer on %s: %v", addr, err),
				"If it serves elsewhere, say where with --http and --https; else restart it: systemctl restart preau.")
			return
		}
		v.ok(check, "the box answers on "+addr)
		return
	}
	// Pages, and packs on the port after.
	for _, p := range []int{n, n + 1} {
		one := net.JoinHostPort(host, strconv.Itoa(p))
		ln, err := net.Listen("tcp", one)
		switch {
		case err == nil:
			ln.Close()
		case errors.Is(err, syscall.EADDRINUSE):
			v.fail(check, "another program holds "+one, fmt.Sprintf("Find it with ss -ltnp 'sport = :%d' and stop it, or serve elsewhere with --%s.", p, scheme))
			return
		case errors.Is(err, fs.ErrPermission):
			v.warn(check, "this user may not try "+one, "Run the doctor as root; the service itself may use that port.")
			return
		default:
			v.fail(check, fmt.Sprintf("%s cannot be used: %v", one, err), "Correct the address.")
			return
		}
	}
	v.ok(check, addr+" is free")
}

// ask checks that the box, and not something else, answers.
func (v *visit) ask(ctx context.Context, scheme, host, port string) error {
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	own := readPEM(filepath.Join(v.Data, "identity", "tls.crt"))
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{
		// The very certificate is compared, which is stricter than a name.
		InsecureSkipVerify: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			if !bytes.Equal(s.PeerCertificates[0].Raw, own) {
				return errors.New("it shows another certificate than identity/tls.crt")
			}
			return nil
		},
	}}}
	ctx, cancel := context.WithTimeout(ctx, netTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("ask the box: %w", err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(io.LimitReader(resp.Body, 64)); err != nil || resp.StatusCode != http.StatusOK || string(b) != "ok\n" {
		return errors.New("what answers there is not a box")
	}
	return nil
}

// catalogue asks the origin for the file whose signature dates all others.
// The box itself verifies signatures at every refresh.
func (v *visit) catalogue(ctx context.Context) {
	const check = "catalogue"
	if !v.isConfig || v.config.Catalogue.URL == "" {
		v.warn(check, "no catalogue is configured", "Name one when making the bundle: preau provision box new --catalogue URL --root root.json.")
		return
	}
	if _, err := os.Stat(filepath.Join(v.Data, "identity", "catalogue-root.json")); err != nil {
		v.fail(check, "the box has no root to trust the catalogue by", "Put the publisher's root.json at identity/catalogue-root.json, or make the bundle again with --root.")
		return
	}
	src, err := trust.HTTP(v.config.Catalogue.URL, nil)
	if err != nil {
		v.failErr(check, err, "Correct catalogue.url in config.json.")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, netTimeout)
	defer cancel()
	b, err := src.Fetch(ctx, "metadata/timestamp.json", 64<<10)
	if err != nil {
		v.failErr(check, err, "Check the line and the address.")
		return
	}
	var stamp struct {
		Signed struct {
			Expires time.Time `json:"expires"`
		} `json:"signed"`
	}
	switch err := json.Unmarshal(b, &stamp); {
	case err != nil || stamp.Signed.Expires.IsZero():
		v.fail(check, "what answers at "+src.String()+" is not a catalogue", "Check the address; a page of a proxy or of a guest network may stand in the way.")
	case v.Now().After(stamp.Signed.Expires):
		v.fail(check, fmt.Sprintf("the catalogue at %s expired on %s", src, day(stamp.Signed.Expires)), "Tell its publisher; the box serves what it holds. If the date here is wrong, set the clock.")
	default:
		v.ok(check, fmt.Sprintf("%s answers, fresh until %s", src, day(stamp.Signed.Expires)))
	}
}

// store lists the box's own part of the store, as delivery does.
func (v *visit) store(ctx context.Context) {
	const check = "store"
	if !v.isConfig || v.config.Store.URL == "" {
		v.warn(check, "no store is configured: records wait on the box", "Name one when making the bundle: preau provision box new --store URL.")
		return
	}
	var cred enrol.Credentials
	if b, err := os.ReadFile(filepath.Join(v.Data, "identity", "store.json")); err == nil {
		if err := json.Unmarshal(b, &cred); err != nil {
			v.fail(check, "the store's credentials in identity/store.json cannot be read", "Write them again: {\"access_key\": …, \"secret_key\": …}.")
			return
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		v.fail(check, err.Error(), "Check the file's owner and mode.")
		return
	}
	b, err := bucket.Open(v.config.Store.URL, bucket.Credentials{AccessKey: cred.AccessKey, SecretKey: cred.SecretKey, Region: v.config.Store.Region})
	if err != nil {
		v.failErr(check, err, "Correct store.url in config.json.")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, netTimeout)
	defer cancel()
	own := segment.Box{Authority: v.config.Authority, Academie: v.config.Academie, UAI: v.config.UAI, ID: v.config.Box}
	for _, err := range b.List(ctx, own.BoxPrefix(), "") {
		if err == nil {
			break // one is enough
		}
		v.failErr(check, err, storeRemedy(err))
		return
	}
	v.ok(check, v.config.Store.URL+" lets the box read its own part")
}

func storeRemedy(err error) string {
	switch {
	case errors.Is(err, bucket.ErrPortal):
		return "A page of a proxy or of a guest network stands in the way: open the line for the box."
	case errors.Is(err, bucket.ErrClock):
		return "Set the clock: timedatectl set-ntp true."
	case preau.KindOf(err) == preau.Forbidden:
		return "Check the access key and what it may do in the bucket."
	}
	return "Check the line and the address; records wait on the box meanwhile and nothing is lost."
}
