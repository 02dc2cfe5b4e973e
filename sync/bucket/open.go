package bucket

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
)

// Open opens the store that an address names: http(s)://host/bucket, or
// file:///folder or a plain path for a folder. through carries what goes to a
// store; none: a transport of its own.
func Open(address string, cred Credentials, through ...http.RoundTripper) (Bucket, error) {
	switch {
	case strings.HasPrefix(address, "file://"):
		u, err := url.Parse(address)
		if err != nil {
			return OpenFolder(address)
		}
		return OpenFolder(filepath.FromSlash(u.Path))
	case strings.Contains(address, "://"):
		var transport http.RoundTripper
		if len(through) > 0 {
			transport = through[0]
		}
		return OpenS3(address, cred, transport)
	}
	return OpenFolder(address)
}
