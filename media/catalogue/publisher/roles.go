package publisher

import (
	"context"
	"fmt"
	"time"

	"preau"
	"preau/media/catalogue/keyring"
)

// Status lists the roles of this folder: those of the catalogue and of its
// publishers, or the publisher's own.
func (r *Repository) Status(keyFolders []string, now time.Time) ([]keyring.RoleStatus, error) {
	keys, err := keyring.Load(append([]string{r.ring.Keys()}, keyFolders...)...)
	if err != nil {
		return nil, err
	}
	if r.publisher == "" {
		return r.ring.Status(keys, now)
	}
	grant, err := r.ring.Grant(r.publisher)
	if err != nil {
		return nil, err
	}
	s, err := r.ring.PublisherStatus(grant, keys, now)
	return []keyring.RoleStatus{s}, err
}

// RotateOptions of Rotate.
type RotateOptions struct {
	keyring.Rotation
	Keys []string // folders of keys besides the repository's own
}

// Rotated says what Rotate did.
type Rotated struct {
	Root    int64    `json:"root,omitempty"`    // the root that changes the keys
	Retired []string `json:"retired,omitempty"` // files of keys that no longer count
	Hand    string   `json:"hand,omitempty"`    // a publisher's new public keys, to hand over
}

// Rotate changes the keys of a role. Without the signatures of enough of the
// root's keys the next root waits in pending/, and the error says so.
func (r *Repository) Rotate(opts RotateOptions) (Rotated, error) {
	keys, err := keyring.Load(append([]string{r.ring.Keys()}, opts.Keys...)...)
	if err != nil {
		return Rotated{}, err
	}
	if r.publisher != "" {
		return r.rotatePublisher(opts)
	}
	retired, err := r.ring.Rotate(opts.Rotation, keys)
	if err != nil {
		return Rotated{}, err
	}
	root, err := r.ring.Root()
	if err != nil {
		return Rotated{}, err
	}
	return Rotated{Root: root.Signed.Version, Retired: retired}, nil
}

// rotatePublisher makes all keys of a publisher anew.
func (r *Repository) rotatePublisher(opts RotateOptions) (Rotated, error) {
	if opts.Role != r.publisher || len(opts.Revoke) > 0 {
		return Rotated{}, preau.E(preau.Invalid, fmt.Sprintf("this is the folder of %s: all its keys change at once", r.publisher),
			"Run preau catalogue rotate "+r.dir+" "+r.publisher+".", nil)
	}
	grant, err := r.ring.Grant(r.publisher)
	if err != nil {
		return Rotated{}, err
	}
	n, threshold := len(grant.KeyIDs), grant.Threshold
	if opts.New > 0 {
		n = opts.New
	}
	if opts.Threshold > 0 {
		threshold = opts.Threshold
	}
	file, err := r.ring.InitPublisher(r.publisher, n, threshold)
	return Rotated{Hand: file}, err
}

// Delegate lets a publisher sign for itself, or takes its new keys. Items that
// the catalogue itself holds under that name stand in the way.
func (r *Repository) Delegate(ctx context.Context, g keyring.Grant) (replaced bool, err error) {
	if r.publisher != "" {
		return false, preau.E(preau.Invalid, r.dir+" is a publisher's folder", "The catalogue's owner delegates, in the catalogue's repository.", nil)
	}
	own, err := r.stock.ItemsOf(ctx, g.Publisher)
	if err != nil {
		return false, err
	}
	if len(own) > 0 {
		return false, preau.E(preau.Conflict, fmt.Sprintf("this repository holds %d items of %s itself", len(own), g.Publisher),
			"Have "+g.Publisher+" add them in its own folder, remove them here (preau catalogue remove --publisher "+g.Publisher+"), then delegate.", nil)
	}
	return r.ring.Delegate(g)
}
