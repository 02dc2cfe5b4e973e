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
	"preau/media/catalogue/notice"
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
	timestamp, err := readTimestamp(r.path("metadata"))
	if err != nil {
		return Published{}, err
	}
	if timestamp == nil {
		return Published{}, preau.E(preau.Invalid, "nothing was signed yet", "Run preau catalogue sign "+r.dir+" first.", nil)
	}
	if err := newer(out, r.path("metadata"), timestamp.Signed.Version); err != nil {
		return Published{}, err
	}
	// What a box would refuse is not published.
	packs, err := r.asBox(ctx, now)
	if err != nil {
		return Published{}, err
	}
	for _, sub := range []string{"metadata", "targets", "blobs"} {
		if err := os.MkdirAll(filepath.Join(out, sub), 0o755); err != nil {
			return Published{}, fmt.Errorf("make %s: %w", out, err)
		}
	}
	done, err := r.publishBlobs(ctx, out, packs)
	if err != nil {
		return Published{}, err
	}
	if err := r.publishTargets(out); err != nil {
		return Published{}, err
	}
	return done, r.publishMetadata(out)
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
	there, err := readTimestamp(filepath.Join(out, "metadata"))
	if err != nil {
		return nil // torn: it is about to be replaced
	}
	if there != nil && there.Signed.Version > version {
		return preau.E(preau.Conflict, fmt.Sprintf("%s holds a later version (timestamp %d, here %d)", out, there.Signed.Version, version),
			"Work from the latest copy of the repository: boxes refuse to go back.", nil)
	}
	return nil
}

func (r *Repository) publishBlobs(ctx context.Context, out string, packs []notice.Pack) (Published, error) {
	var done Published
	seen := map[string]bool{}
	for _, p := range packs {
		for _, it := range p.Items {
			done.Items++
			for _, a := range it.Assets {
				if seen[a.SHA256] {
					continue
				}
				seen[a.SHA256] = true
				done.Blobs++
				done.Bytes += a.Size
				if err := r.publishChunks(ctx, out, a.Chunks); err != nil {
					return Published{}, fmt.Errorf("publish the chunks of a file of %s: %w", it.ID, err)
				}
				fresh, err := r.publishBlob(ctx, out, a.SHA256, a.Size)
				if err != nil {
					return Published{}, fmt.Errorf("publish a file of %s: %w", it.ID, err)
				}
				if fresh {
					done.New++
				}
			}
		}
	}
	return done, nil
}

func (r *Repository) publishBlob(ctx context.Context, out, sum string, size int64) (fresh bool, err error) {
	if info, err := os.Stat(filepath.Join(out, "blobs", sum[:2], sum)); err == nil && info.Size() == size {
		return false, nil
	}
	src, err := os.Open(r.path("blobs", sum[:2], sum))
	if errors.Is(err, fs.ErrNotExist) {
		return false, preau.E(preau.NotFound, "blob "+sum+" is not in the repository", "Add its item again.", err)
	}
	if err != nil {
		return false, fmt.Errorf("open blob: %w", err)
	}
	defer src.Close()
	return true, copyBlob(ctx, src, filepath.Join(out, "blobs"), sum, size)
}

func (r *Repository) publishTargets(out string) error {
	targets, err := latest(r.path("metadata"), metadata.TARGETS, metadata.Targets())
	if err != nil {
		return err
	}
	signed, err := r.signed(targets)
	if err != nil {
		return err
	}
	for path, b := range signed {
		file := filepath.Join(out, "targets", filepath.FromSlash(trust.HashedPath(path, digest(b))))
		if err := publishFile(file, b); err != nil {
			return fmt.Errorf("publish target %s: %w", path, err)
		}
	}
	return nil
}

func (r *Repository) publishMetadata(out string) error {
	for _, role := range []string{metadata.ROOT, metadata.TARGETS, metadata.SNAPSHOT} {
		versions, err := sortedVersions(r.path("metadata"), role)
		if err != nil {
			return err
		}
		if role != metadata.ROOT {
			versions = versions[max(0, len(versions)-1):]
		}
		for _, v := range versions {
			if err := r.publishMeta(out, fmt.Sprintf("%d.%s.json", v, role)); err != nil {
				return err
			}
		}
	}
	return r.publishMeta(out, "timestamp.json")
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
