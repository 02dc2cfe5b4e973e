package bucket

import (
	"net/url"
	"path/filepath"
	"strings"
)

// Open opens the store that an address names: http(s)://host/bucket, or
// file:///folder or a plain path for a folder.
func Open(address string, cred Credentials) (Bucket, error) {
	switch {
	case strings.HasPrefix(address, "file://"):
		u, err := url.Parse(address)
		if err != nil {
			return OpenFolder(address)
		}
		return OpenFolder(filepath.FromSlash(u.Path))
	case strings.Contains(address, "://"):
		return OpenS3(address, cred, nil)
	}
	return OpenFolder(address)
}
