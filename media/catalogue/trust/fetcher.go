package trust

import (
	"bytes"
	"context"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"preau"
)

// fetcher lets go-tuf read from a Source. It holds the context because the
// client's interface has none; one Refresh has one fetcher.
type fetcher struct {
	ctx    context.Context
	source Source
	roots  map[int64][]byte // every root met on the way, by version
}

// DownloadFile implements go-tuf's fetcher.
func (f *fetcher) DownloadFile(name string, limit int64, _ time.Duration) ([]byte, error) {
	b, err := f.source.Fetch(f.ctx, name, limit)
	base := path.Base(name)
	version, isRoot := strings.CutSuffix(base, ".root.json")
	switch {
	case err != nil && isRoot && preau.KindOf(err) == preau.NotFound:
		// The only absence that go-tuf expects: there is no newer root.
		return nil, &metadata.ErrDownloadHTTP{StatusCode: http.StatusNotFound, URL: name}
	case err != nil && base == "timestamp.json" && preau.KindOf(err) == preau.NotFound:
		return nil, preau.E(preau.Unavailable, "there is no catalogue at "+f.source.String(), "Check the address or the folder: it must hold metadata/timestamp.json.", err)
	case err != nil:
		return nil, err
	}
	if n, err := strconv.ParseInt(version, 10, 64); isRoot && err == nil {
		f.roots[n] = bytes.Clone(b)
	}
	return b, nil
}
