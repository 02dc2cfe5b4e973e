package publisher

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"preau"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/stock"
	"preau/media/pack"
)

// checkChunks reads an asset's table where it is published. A table is small:
// it is read whole even when blobs are not.
func checkChunks(ctx context.Context, source string, a notice.Asset) error {
	if a.Chunks == (notice.Chunks{}) {
		return nil
	}
	body, _, err := openBlob(ctx, source, a.Chunks.SHA256, false)
	if errors.Is(err, fs.ErrNotExist) {
		return preau.E(preau.NotFound, "its table of chunks is missing", "Publish the catalogue again.", err)
	}
	if err != nil {
		return err
	}
	defer body.Close()
	b, err := io.ReadAll(io.LimitReader(stock.Reader(ctx, body), a.Chunks.Size+1))
	if err != nil {
		return preau.E(preau.Unavailable, "its table of chunks cannot be read", "Check the disk or the line, then verify again.", err)
	}
	table, err := pack.Parse(b)
	if err != nil || digest(b) != a.Chunks.SHA256 || table.Size != a.Size || fmt.Sprintf("%x", table.Blob) != a.SHA256 {
		return altered("its table of chunks")
	}
	return nil
}
