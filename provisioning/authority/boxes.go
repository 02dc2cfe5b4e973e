package authority

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"preau"
	"preau/internal/durable"
)

// BoxName is who a box is: the names of its certificates follow from it.
type BoxName struct {
	UAI   preau.UAI `json:"uai"`
	Box   string    `json:"box"`   // slug
	Names []string  `json:"names"` // further DNS names
	IPs   []net.IP  `json:"ips,omitempty"`
}

// Hosts lists the DNS names of a box's TLS certificate.
func (n BoxName) Hosts() []string {
	return append([]string{local, strings.ToLower(string(n.UAI)) + "." + local}, n.Names...)
}

// Check refuses a name that no certificate may carry.
func (n BoxName) Check() error {
	if _, err := preau.ParseUAI(string(n.UAI)); err != nil {
		return err
	}
	if !slug.MatchString(n.Box) {
		return preau.E(preau.Invalid, fmt.Sprintf("%.60q is not a box's identifier", n.Box), "Use small letters, digits and dashes, such as box-1.", nil)
	}
	return nil
}

// SignTLS certifies a box's TLS key (P-256) for its names.
func (a *Authority) SignTLS(public crypto.PublicKey, n BoxName) ([]byte, error) {
	return a.signBox(public, n, leaf{name: n.Box, hosts: n.Hosts(), ips: n.IPs, life: leafLife})
}

// SignBox certifies the key (Ed25519) with which a box signs its deliveries.
func (a *Authority) SignBox(public crypto.PublicKey, n BoxName) ([]byte, error) {
	return a.signBox(public, n, leaf{name: n.Box, uri: fmt.Sprintf("preau://box/%s/%s", n.UAI, n.Box), life: leafLife})
}

func (a *Authority) signBox(public crypto.PublicKey, n BoxName, l leaf) ([]byte, error) {
	der, err := a.sign(public, l)
	if err != nil {
		return nil, err
	}
	return pemOf("CERTIFICATE", der), a.keep(n, der)
}

// grant is what a token allows, kept until it is used.
type grant struct {
	BoxName
	Expires time.Time `json:"expires"`
}

// NewToken makes a token that enrols one box, once, within its time. Only its
// hash is kept.
func (a *Authority) NewToken(n BoxName, lasts time.Duration) (string, error) {
	if err := n.Check(); err != nil {
		return "", err
	}
	for _, h := range n.Hosts() {
		if !a.permits(h) {
			return "", preau.E(preau.Invalid, fmt.Sprintf("this authority may not certify the name %.80q", h),
				"Use a name below "+strings.Join(a.cert.PermittedDNSDomains, ", ")+".", nil)
		}
	}
	token := rand.Text() + rand.Text()
	b, err := json.Marshal(grant{n, a.now().Add(lasts)})
	if err != nil {
		return "", fmt.Errorf("encode a token: %w", err)
	}
	return token, durable.WriteBytes(a.tokenPath(token), 0o600, b)
}

// Spend uses a token up for the keys that hash to keys, and says which box it
// enrols. A link, made with its content in one step, decides between two who
// come at once and leaves nothing half done. The same keys may come again
// with the same token: an answer lost on the way is asked for twice.
func (a *Authority) Spend(token, keys string) (BoxName, error) {
	path := a.tokenPath(token)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return BoxName{}, spent()
	}
	if err != nil {
		return BoxName{}, fmt.Errorf("read a token: %w", err)
	}
	mine := path + "." + rand.Text()
	if err := durable.WriteBytes(mine, 0o600, []byte(keys)); err != nil {
		return BoxName{}, err
	}
	defer os.Remove(mine)
	owner := path + ".keys"
	switch err := os.Link(mine, owner); {
	case errors.Is(err, fs.ErrExist):
		by, err := os.ReadFile(owner)
		if err != nil {
			return BoxName{}, fmt.Errorf("read who spent a token: %w", err)
		}
		if string(by) != keys {
			return BoxName{}, spent()
		}
	case err != nil:
		return BoxName{}, fmt.Errorf("spend a token: %w", err)
	}
	if err := durable.SyncDir(filepath.Dir(path)); err != nil {
		return BoxName{}, err
	}
	var g grant
	if err := json.Unmarshal(b, &g); err != nil {
		return BoxName{}, damaged(path, err)
	}
	if a.now().After(g.Expires) {
		return BoxName{}, preau.E(preau.Expired, "the enrolment token expired on "+g.Expires.Format(time.DateOnly), "Make a new bundle with preau provision box new.", nil)
	}
	return g.BoxName, nil
}

func spent() error {
	return preau.E(preau.Forbidden, "the enrolment token is unknown or already used", "Make a new bundle with preau provision box new.", nil)
}

func (a *Authority) tokenPath(token string) string {
	sum := sha256.Sum256([]byte(token))
	return filepath.Join(a.dir, "tokens", hex.EncodeToString(sum[:]))
}

// SignService certifies the key of a service of the authority's own.
func (a *Authority) SignService(public crypto.PublicKey, host string) ([]byte, error) {
	l := leaf{name: host, hosts: []string{host}, life: leafLife}
	if host == "localhost" {
		l.ips = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	}
	der, err := a.sign(public, l)
	if err != nil {
		return nil, err
	}
	return pemOf("CERTIFICATE", der), nil
}
