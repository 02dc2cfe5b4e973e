package enrol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"

	"preau"
	"preau/provisioning/authority"
)

// MaxBundle bounds a bundle's bytes.
const MaxBundle = 1 << 20

// Bundle is what a technician carries to a new box. Whoever holds it may
// enrol one box until it expires: treat it as a key.
type Bundle struct {
	Version     int             `json:"version"` // 1
	Config      Config          `json:"config"`
	CA          string          `json:"ca"` // PEM
	Token       string          `json:"token"`
	Expires     time.Time       `json:"expires"`
	EnrolURL    string          `json:"enrol_url,omitempty"` // https://…, when the authority serves
	Root        json.RawMessage `json:"catalogue_root,omitempty"`
	Credentials *Credentials    `json:"store_credentials,omitempty"`
	Revoked     string          `json:"revoked,omitempty"` // PEM: boxes not to be believed
}

// BundleOptions are what differs between boxes.
type BundleOptions struct {
	Config      Config
	IPs         []net.IP
	Lasts       time.Duration // 0: a week
	EnrolURL    string
	Root        []byte // the catalogue's root.json
	Credentials *Credentials
}

// NewBundle makes a bundle and its token at the authority.
func NewBundle(a *authority.Authority, opts BundleOptions, clock preau.Clock) (*Bundle, error) {
	cfg := opts.Config
	cfg.Authority = a.ID
	if cfg.Box == "" {
		cfg.Box = "box-1"
	}
	var err error
	if cfg.UAI, err = preau.ParseUAI(string(cfg.UAI)); err != nil {
		return nil, err
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	var root struct {
		Signed struct {
			Type string `json:"_type"`
		} `json:"signed"`
	}
	if len(opts.Root) > 0 && (json.Unmarshal(opts.Root, &root) != nil || root.Signed.Type != "root") {
		return nil, preau.E(preau.Invalid, "the catalogue's root is not a TUF root", "Give the root.json that the publisher hands out (preau catalogue init prints where it is).", nil)
	}
	if opts.Lasts == 0 {
		opts.Lasts = 7 * 24 * time.Hour
	}
	token, err := a.NewToken(authority.BoxName{UAI: cfg.UAI, Box: cfg.Box, Names: cfg.Names, IPs: opts.IPs}, opts.Lasts)
	if err != nil {
		return nil, err
	}
	revoked, err := a.Revoked()
	if err != nil {
		return nil, err
	}
	return &Bundle{Version: 1, Config: cfg, CA: string(a.Certificate()), Token: token, Expires: clock.Now().Add(opts.Lasts).UTC(),
		EnrolURL: opts.EnrolURL, Root: opts.Root, Credentials: opts.Credentials, Revoked: string(revoked.PEM())}, nil
}

var (
	slug   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$`)
	colour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
)

func (c Config) check() error {
	bad := func(text, remedy string) error { return preau.E(preau.Invalid, text, remedy, nil) }
	switch {
	case strings.TrimSpace(c.School) == "" || len(c.School) > 200:
		return bad("the school needs a name", "Give it with --school.")
	case !slug.MatchString(c.Academie):
		return bad(fmt.Sprintf("%.60q is not an académie's identifier", c.Academie), "Use small letters and dashes, such as orleans-tours.")
	case c.Zone != "A" && c.Zone != "B" && c.Zone != "C":
		return bad(fmt.Sprintf("%.20q is not a holiday zone", c.Zone), "Give A, B or C.")
	case c.Accent != "" && !colour.MatchString(c.Accent):
		return bad(fmt.Sprintf("%.20q is not a colour", c.Accent), "Write it as #rrggbb.")
	}
	if _, err := c.Budget(); err != nil {
		return err
	}
	for _, raw := range []string{c.Catalogue.URL, c.Store.URL} {
		if u, err := url.Parse(raw); raw != "" && (err != nil || u.Host == "" && u.Scheme != "file") {
			return bad(fmt.Sprintf("%.120q is not a URL", raw), "Give http(s)://host/path.")
		}
	}
	return nil
}

// ParseBundle reads a bundle: one JSON object, known fields only.
func ParseBundle(b []byte) (*Bundle, error) {
	var out Bundle
	if err := strict(b, MaxBundle, &out); err != nil {
		return nil, preau.E(preau.Invalid, "the bundle cannot be read", "Copy it again, whole, from where preau provision box new wrote it.", err)
	}
	if out.Version != 1 {
		return nil, preau.E(preau.Invalid, fmt.Sprintf("the bundle is of version %d, which this release does not know", out.Version), "Use the release that made it, or a later one.", nil)
	}
	if _, err := preau.ParseUAI(string(out.Config.UAI)); err != nil {
		return nil, err
	}
	if err := out.Config.check(); err != nil {
		return nil, err
	}
	if !slug.MatchString(out.Config.Authority) || !slug.MatchString(out.Config.Box) || len(out.Token) < 40 {
		return nil, preau.E(preau.Invalid, "the bundle lacks its authority, its box or its token", "Make it again with preau provision box new.", nil)
	}
	return &out, nil
}

// strict decodes one JSON value of at most limit bytes, known fields only.
func strict(b []byte, limit int, v any) error {
	if len(b) > limit {
		return fmt.Errorf("%d bytes, over %d", len(b), limit)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}
