package passkey

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"preau"
)

// Why no passkey can serve where a page was opened; pages say each in words.
var (
	ErrPlain   = errors.New("the page was opened over plain HTTP")
	ErrAddress = errors.New("the page was opened by an address in figures")
)

// Site is where a page was opened: keys are bound to its host.
type Site struct {
	Host   string // the RP ID of WebAuthn
	Origin string
}

// SiteOf says under which name the browser reached the box. The Host header is
// only what the sender says: the browser signs the origin it sees, and a key
// answers at the host it was made for.
func SiteOf(r *http.Request) (Site, error) {
	name := strings.ToLower(r.Host)
	host := name
	if i := strings.LastIndexByte(name, ':'); i >= 0 && !strings.HasSuffix(name, "]") {
		host = name[:i]
	}
	if r.TLS == nil {
		return Site{}, preau.E(preau.Invalid, "passkeys need HTTPS", "Open the page by https:// and the box's name.", ErrPlain)
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil || !isName(host) {
		return Site{}, preau.E(preau.Invalid, "passkeys need the box's name in the address", "Open the page by its name, e.g. https://preau.local.", ErrAddress)
	}
	return Site{host, "https://" + name}, nil
}

// isName holds for a host of letters, digits, hyphens and dots that begins and
// ends with a letter or a digit, and is not only figures.
func isName(host string) bool {
	if host == "" || len(host) > 253 || strings.Trim(host, "0123456789.") == "" {
		return false
	}
	for _, label := range strings.Split(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}
