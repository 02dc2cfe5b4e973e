package publisher

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"preau"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/stock"
	"preau/media/pack"
)

// takeChunks cuts a large blob that was taken, and keeps the table of its
// chunks as a blob beside it.
func (r *Repository) takeChunks(ctx context.Context, sum string, size int64) (notice.Chunks, error) {
	if size < pack.Threshold {
		return notice.Chunks{}, nil
	}
	f, err := os.Open(r.path("blobs", sum[:2], sum))
	if err != nil {
		return notice.Chunks{}, fmt.Errorf("open a blob: %w", err)
	}
	defer f.Close()
	table, err := pack.Make(stock.Reader(ctx, f), size)
	if err != nil {
		return notice.Chunks{}, err
	}
	b := table.Encode()
	chunks := notice.Chunks{SHA256: digest(b), Size: int64(len(b))}
	return chunks, stock.CopyBlob(ctx, bytes.NewReader(b), r.path("blobs"), chunks.SHA256, chunks.Size)
}

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
