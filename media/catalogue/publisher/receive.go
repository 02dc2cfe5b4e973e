package publisher

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"preau"
	"preau/media/catalogue/intake"
	"preau/media/catalogue/keyring"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/trust"
)

// Received says what Receive took of one publisher.
type Received struct {
	Publisher string `json:"publisher"`
	Version   int64  `json:"version"`
	Items     int    `json:"items"`
	Packs     int    `json:"packs"`
	New       int    `json:"new"` // blobs that were not here
	Changed   bool   `json:"changed"`
}

// Receive takes what publishers delivered (the folder that their own publish
// wrote) into the catalogue's repository, each verified as boxes will: signed
// by enough of the publisher's keys, newer, its own paths, its own items, its
// files whole. Sign then names it. Nothing is taken of a delivery with a fault.
func (r *Repository) Receive(ctx context.Context, from string, now time.Time) ([]Received, error) {
	if r.publisher != "" {
		return nil, preau.E(preau.Invalid, r.dir+" is a publisher's folder", "Deliveries are received into the catalogue's repository.", nil)
	}
	grants, err := r.ring.Grants()
	if err != nil {
		return nil, err
	}
	var done []Received
	for _, g := range grants {
		meta, err := keyring.Latest(filepath.Join(from, "metadata"), g.Publisher, metadata.Targets())
		if err != nil {
			return done, err
		}
		if meta == nil {
			continue
		}
		one, err := r.receive(ctx, from, g, meta, now)
		if err != nil {
			return done, fmt.Errorf("receive from %s: %w", g.Publisher, err)
		}
		done = append(done, one)
	}
	if len(done) == 0 {
		return nil, preau.E(preau.NotFound, from+" holds no delivery of a publisher of this catalogue",
			"Give the folder that the publisher wrote with preau catalogue publish, and check its name with preau catalogue delegate list.", nil)
	}
	return done, nil
}

func (r *Repository) receive(ctx context.Context, from string, g keyring.Grant, meta *targetsMeta, now time.Time) (Received, error) {
	name := g.Publisher
	one := Received{Publisher: name, Version: meta.Signed.Version}
	if !g.Authority().Holds(meta) {
		return one, preau.E(preau.Untrusted, fmt.Sprintf("the delivery of %s is not signed by %d of its %d keys", name, g.Threshold, len(g.KeyIDs)),
			"Have it signed on the publisher's machine (preau catalogue sign --as "+name+"). If its keys changed, take its new keys first: preau catalogue delegate add.", nil)
	}
	if meta.Signed.IsExpired(now) {
		return one, preau.E(preau.Expired, fmt.Sprintf("the delivery of %s expired on %s", name, meta.Signed.Expires.Format(time.DateOnly)), "Have the publisher sign and deliver again.", nil)
	}
	held, err := keyring.Latest(r.ring.Metadata(), name, metadata.Targets())
	if err != nil {
		return one, err
	}
	if held != nil && held.Signed.Version > meta.Signed.Version {
		return one, preau.E(preau.Conflict, fmt.Sprintf("the delivery of %s is version %d and %d was received before", name, meta.Signed.Version, held.Signed.Version), "Ask the publisher for its latest delivery: boxes refuse to go back.", nil)
	}
	shelf, err := deliveredShelf(ctx, from, name, meta)
	if err != nil {
		return one, err
	}
	ids, all := map[string]bool{}, intake.NewFiles(r.Report)
	for _, ref := range shelf.Packs {
		pack, _, err := shelf.Pack(ctx, ref)
		if err != nil {
			return one, err
		}
		if err := r.mayHave(ctx, name, pack, ids); err != nil {
			return one, err
		}
		all.Add(pack.Items)
	}
	one.Items = len(ids)
	err = all.Each(func(f intake.File, moved func(int64)) error {
		fresh, err := carryAsset(ctx, filepath.Join(from, "blobs"), r.path("blobs"), f.Asset, moved)
		if err != nil {
			return fmt.Errorf("take a file of %s: %w", f.Item, err)
		}
		if fresh {
			one.New++
		}
		return nil
	})
	if err != nil {
		return one, err
	}
	for _, ref := range shelf.Packs {
		_, raw, err := shelf.Pack(ctx, ref)
		if err != nil {
			return one, err
		}
		if err := r.stock.KeepAt(notice.Folder(name)+notice.PackPath(ref.Slug, ref.Version), raw); err != nil {
			return one, err
		}
	}
	if err := r.keepList(shelf, from); err != nil {
		return one, err
	}
	if err := r.stock.Receive(ctx, name, ids); err != nil {
		return one, err
	}
	one.Packs, one.Changed = len(shelf.Packs), held == nil || held.Signed.Version != meta.Signed.Version
	// Last: with it the delivery counts.
	file := keyring.FileName(name, meta.Signed.Version)
	b, err := os.ReadFile(filepath.Join(from, "metadata", file))
	if err != nil {
		return one, fmt.Errorf("read the delivery: %w", err)
	}
	return one, publishFile(filepath.Join(r.ring.Metadata(), file), b)
}

// deliveredShelf reads what a delivery lists; only its own list may be signed.
func deliveredShelf(ctx context.Context, from, name string, meta *targetsMeta) (*trust.Shelf, error) {
	for path := range meta.Signed.Targets {
		if path != notice.PublisherPath(name) {
			return nil, preau.E(preau.Untrusted, fmt.Sprintf("the delivery of %s signs %.100q, which is not its own", name, path), "Refuse it, and ask the publisher what happened: its keys may be stolen.", nil)
		}
	}
	info := meta.Signed.Targets[notice.PublisherPath(name)]
	if info == nil || info.Hashes["sha256"] == nil || info.Length > notice.MaxIndex {
		return nil, preau.E(preau.Corrupt, "the delivery of "+name+" signs no list of packs", "Have the publisher sign and deliver again.", nil)
	}
	source := trust.Folder(from)
	index, err := source.Fetch(ctx, "targets/"+trust.HashedPath(notice.PublisherPath(name), info.Hashes["sha256"].String()), info.Length)
	if err != nil {
		return nil, err
	}
	if err := info.VerifyLengthHashes(index); err != nil {
		return nil, altered("the list of " + name)
	}
	return trust.List(ctx, source, name, index, nil)
}

// mayHave checks the items of a pack against those of others, and adds their
// ids.
func (r *Repository) mayHave(ctx context.Context, name string, pack notice.Pack, ids map[string]bool) error {
	for _, it := range pack.Items {
		owner, known, err := r.stock.Owner(ctx, it.ID)
		if err != nil {
			return err
		}
		if known && owner != name || ids[it.ID] {
			return preau.E(preau.Conflict, fmt.Sprintf("%s delivers %s, which is an item of %s already", name, it.ID, owner), "An id has one publisher: have one of the two withdraw it.", nil)
		}
		ids[it.ID] = true
	}
	return nil
}

// keepList copies the index and the pages that were verified.
func (r *Repository) keepList(shelf *trust.Shelf, from string) error {
	for i, page := range shelf.Index.Pages {
		if err := r.stock.KeepAt(notice.Folder(shelf.Publisher)+notice.PagePath(i), shelf.Pages[page.SHA256]); err != nil {
			return err
		}
	}
	path := notice.PublisherPath(shelf.Publisher)
	b, err := os.ReadFile(filepath.Join(from, "targets", filepath.FromSlash(trust.HashedPath(path, shelf.SHA256))))
	if err != nil {
		return fmt.Errorf("read the delivery: %w", err)
	}
	if digest(b) != shelf.SHA256 {
		return altered("the list of " + shelf.Publisher)
	}
	return r.stock.KeepAt(path, b)
}

// Revoke takes a publisher's delegation back. Boxes drop its items once the
// catalogue is signed and published again.
func (r *Repository) Revoke(ctx context.Context, name string) error {
	return errors.Join(r.ring.Revoke(name), r.stock.Receive(ctx, name, nil))
}
