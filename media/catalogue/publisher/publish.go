package publisher

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"preau"
	"preau/internal/durable"
	"preau/media/catalogue/intake"
	"preau/media/catalogue/keyring"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/stock"
	"preau/media/catalogue/trust"
)

// Published says what Publish did.
type Published struct {
	Items int   `json:"items"`
	Blobs int   `json:"blobs"`
	Bytes int64 `json:"bytes"` // of all its blobs
	New   int   `json:"new"`   // blobs that were not there
}

// Publish writes the signed catalogue to out as plain files for any static
// host. Files come in the order in which no client can name one before it is
// there: blobs, targets, roots, targets.json, snapshot.json, and last
// timestamp.json. Older versions stay, for clients in the middle.
func (r *Repository) Publish(ctx context.Context, out string, now time.Time) (Published, error) {
	if err := r.apart(out); err != nil {
		return Published{}, err
	}
	shelves, err := r.toPublish(ctx, out, now)
	if err != nil {
		return Published{}, err
	}
	for _, sub := range []string{"metadata", "targets", "blobs"} {
		if err := os.MkdirAll(filepath.Join(out, sub), 0o755); err != nil {
			return Published{}, fmt.Errorf("make %s: %w", out, err)
		}
	}
	done, err := r.publishBlobs(ctx, out, shelves)
	if err != nil {
		return Published{}, err
	}
	for _, shelf := range shelves {
		if err := r.publishShelf(out, shelf); err != nil {
			return Published{}, err
		}
	}
	return done, r.publishMetadata(out)
}

// publishBlobs writes the files of all packs.
func (r *Repository) publishBlobs(ctx context.Context, out string, shelves []*trust.Shelf) (done Published, err error) {
	all := intake.NewFiles(r.Report)
	for _, shelf := range shelves {
		for _, ref := range shelf.Packs {
			pack, _, err := shelf.Pack(ctx, ref)
			if err != nil {
				return done, err
			}
			done.Items += len(pack.Items)
			all.Add(pack.Items)
		}
	}
	done.Blobs, done.Bytes = len(all.List), all.At.Bytes
	return done, all.Each(func(one intake.File, moved func(int64)) error {
		fresh, err := carryAsset(ctx, r.path("blobs"), filepath.Join(out, "blobs"), one.Asset, moved)
		if err != nil {
			return fmt.Errorf("publish a file of %s: %w", one.Item, err)
		}
		if fresh {
			done.New++
		}
		return nil
	})
}

// toPublish verifies what is to be published as a box would: what one would
// refuse is not published.
func (r *Repository) toPublish(ctx context.Context, out string, now time.Time) ([]*trust.Shelf, error) {
	if r.publisher != "" {
		meta, err := keyring.Latest(r.ring.Metadata(), r.publisher, metadata.Targets())
		if err == nil && meta == nil {
			err = preau.E(preau.Invalid, "nothing was signed yet", "Run preau catalogue sign "+r.dir+" --as "+r.publisher+" first.", nil)
		}
		if err != nil {
			return nil, err
		}
		shelf, err := deliveredShelf(ctx, r.dir, r.publisher, meta)
		return []*trust.Shelf{shelf}, err
	}
	timestamp, err := keyring.Latest(r.ring.Metadata(), metadata.TIMESTAMP, metadata.Timestamp())
	if err == nil && timestamp == nil {
		err = preau.E(preau.Invalid, "nothing was signed yet", "Run preau catalogue sign "+r.dir+" first.", nil)
	}
	if err != nil {
		return nil, err
	}
	if err := newer(out, r.path("metadata"), timestamp.Signed.Version); err != nil {
		return nil, err
	}
	return r.asBox(ctx, now)
}

// apart refuses an output that is the repository, or inside it: its keys
// must not stand beside what is public.
func (r *Repository) apart(out string) error {
	dir, err := filepath.Abs(r.dir)
	if err != nil {
		return fmt.Errorf("resolve %s: %w", r.dir, err)
	}
	to, err := filepath.Abs(out)
	if err != nil {
		return fmt.Errorf("resolve %s: %w", out, err)
	}
	if to == dir || strings.HasPrefix(dir+"/", to+"/") || strings.HasPrefix(to+"/", dir+"/") {
		return preau.E(preau.Invalid, fmt.Sprintf("%s and the repository %s are one inside the other", out, r.dir), "Publish to a folder apart: private keys must not be beside public files.", nil)
	}
	return nil
}

// newer refuses to publish over another catalogue or over a later version.
func newer(out, ours string, version int64) error {
	theirRoot, err := os.ReadFile(filepath.Join(out, "metadata", "1.root.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at what is published: %w", err)
	}
	root, err := os.ReadFile(filepath.Join(ours, "1.root.json"))
	if err != nil {
		return fmt.Errorf("read the root: %w", err)
	}
	if string(root) != string(theirRoot) {
		return preau.E(preau.Conflict, out+" holds another catalogue", "Publish to another folder, or remove what is there.", nil)
	}
	there, err := keyring.Latest(filepath.Join(out, "metadata"), metadata.TIMESTAMP, metadata.Timestamp())
	if err != nil {
		return nil // torn: it is about to be replaced
	}
	if there != nil && there.Signed.Version > version {
		return preau.E(preau.Conflict, fmt.Sprintf("%s holds a later version (timestamp %d, here %d)", out, there.Signed.Version, version),
			"Work from the latest copy of the repository: boxes refuse to go back.", nil)
	}
	return nil
}

// publishShelf writes the packs of one publisher, then what lists them.
func (r *Repository) publishShelf(out string, shelf *trust.Shelf) error {
	for _, ref := range shelf.Packs {
		path := ref.Path
		if path == "" {
			path = notice.Folder(shelf.Publisher) + notice.PackPath(ref.Slug, ref.Version)
		}
		if err := r.publishListed(out, path, ref.SHA256); err != nil {
			return err
		}
	}
	for i, page := range shelf.Index.Pages {
		if err := publishTarget(out, notice.Folder(shelf.Publisher)+notice.PagePath(i), shelf.Pages[page.SHA256]); err != nil {
			return err
		}
	}
	if t := shelf.Index.Taxons; t != nil {
		if err := r.publishListed(out, t.Path, t.SHA256); err != nil {
			return err
		}
	}
	return r.publishListed(out, notice.Folder(shelf.Publisher)+notice.IndexPath, shelf.SHA256)
}

// publishListed writes a target of the repository's under the hash that was
// signed.
func (r *Repository) publishListed(out, path, sum string) error {
	b, err := os.ReadFile(r.path("targets", filepath.FromSlash(trust.HashedPath(path, sum))))
	if err != nil {
		return fmt.Errorf("read target %s: %w", path, err)
	}
	if digest(b) != sum {
		return altered("the target " + path)
	}
	return publishTarget(out, path, b)
}

func publishTarget(out, path string, b []byte) error {
	if err := publishFile(filepath.Join(out, "targets", filepath.FromSlash(trust.HashedPath(path, digest(b)))), b); err != nil {
		return fmt.Errorf("publish target %s: %w", path, err)
	}
	return nil
}

// carryAsset copies a file and, before it, the table of its chunks.
func carryAsset(ctx context.Context, from, to string, a notice.Asset, moved func(int64)) (fresh bool, err error) {
	if a.Chunks != (notice.Chunks{}) {
		if _, err := stock.CarryBlob(ctx, from, to, a.Chunks.SHA256, a.Chunks.Size, nil); err != nil {
			return false, err
		}
	}
	return stock.CarryBlob(ctx, from, to, a.SHA256, a.Size, moved)
}

// publishMetadata writes roots, the newest of each role, and the timestamp
// last: what it names is there before it.
func (r *Repository) publishMetadata(out string) error {
	if r.publisher != "" {
		return r.publishNewest(out, r.publisher)
	}
	roots, err := keyring.Versions(r.path("metadata"), metadata.ROOT)
	if err != nil {
		return err
	}
	for _, v := range roots {
		if err := r.publishMeta(out, keyring.FileName(metadata.ROOT, v)); err != nil {
			return err
		}
	}
	grants, err := r.ring.Grants()
	if err != nil {
		return err
	}
	for _, g := range grants {
		if err := r.publishNewest(out, g.Publisher); err != nil {
			return err
		}
	}
	for _, role := range []string{metadata.TARGETS, metadata.SNAPSHOT} {
		if err := r.publishNewest(out, role); err != nil {
			return err
		}
	}
	return r.publishMeta(out, "timestamp.json")
}

// publishNewest writes the newest version of a role, if there is one.
func (r *Repository) publishNewest(out, role string) error {
	versions, err := keyring.Versions(r.path("metadata"), role)
	if err != nil || len(versions) == 0 {
		return err
	}
	return r.publishMeta(out, keyring.FileName(role, versions[len(versions)-1]))
}

func (r *Repository) publishMeta(out, name string) error {
	b, err := os.ReadFile(r.path("metadata", name))
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if err := publishFile(filepath.Join(out, "metadata", name), b); err != nil {
		return fmt.Errorf("publish %s: %w", name, err)
	}
	return nil
}

// publishFile writes a file whole unless it is there already, the same.
func publishFile(path string, b []byte) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == string(b) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make its folder: %w", err)
	}
	return durable.WriteBytes(path, 0o644, b)
}
