package supply

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"preau"
	"preau/internal/line"
	"preau/sync/budget"
)

// proxy reads how the school's proxy is reached; nil: as the environment
// says. Its password is not in the configuration, which people copy.
func proxy(address, data string) (*url.URL, error) {
	if address == "" {
		return nil, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Path != "" && u.Path != "/" {
		return nil, preau.E(preau.Invalid, fmt.Sprintf("line.proxy of the configuration is %.80q", address), "Write http://host:port.", nil)
	}
	if u.User != nil {
		return nil, preau.E(preau.Invalid, "line.proxy of the configuration holds a password", `Write http://host:port there, and {"user": …, "password": …} in identity/proxy.json.`, nil)
	}
	path := filepath.Join(data, "identity", "proxy.json")
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return u, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the proxy's password: %w", err)
	}
	var who struct{ User, Password string }
	if err := json.Unmarshal(b, &who); err != nil || who.User == "" {
		return nil, preau.E(preau.Invalid, path+" cannot be read", `Write {"user": …, "password": …}.`, err)
	}
	u.User = url.UserPassword(who.User, who.Password)
	return u, nil
}

// openLine prepares the rules of the line and the way out.
func (s *Supply) openLine() error {
	policy, err := s.Config.Budget()
	if err != nil {
		return err
	}
	through, err := proxy(s.Config.Line.Proxy, s.Data)
	if err != nil {
		return err
	}
	s.out = line.Transport(through)
	s.policy = policy
	return nil
}

// count is told bytes, for the metrics.
func (s *Supply) count(k budget.Kind, n int) {
	s.Metrics.Counter(fmt.Sprintf("preau_transferred_bytes_total{with=%q}", k), "Bytes that came and went, by who is at the other end.").Add(uint64(n))
}

// Store is the transport on which records leave: counted with the rest of the
// line, and never held up.
func (s *Supply) Store() http.RoundTripper { return s.budget.Transport(budget.Store, s.out) }
