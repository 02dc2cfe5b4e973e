package trust

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"preau"
	"preau/internal/sqlite"
	"preau/media/catalogue/notice"
)

// Publishers lists those to whom the catalogue delegates, in its order, and
// that have delivered something. A delegation of another shape than ours (its
// own folder, terminating) is refused.
func (v *Verified) Publishers() ([]string, error) {
	set := v.up.GetTrustedMetadataSet()
	d := set.Targets[metadata.TARGETS].Signed.Delegations
	if d == nil {
		return nil, nil
	}
	if len(d.Roles) > notice.MaxPublishers {
		return nil, refuse(TooLong, fmt.Errorf("it delegates to %d publishers, over %d", len(d.Roles), notice.MaxPublishers))
	}
	var names []string
	for _, r := range d.Roles {
		if !notice.ValidSlug(r.Name) || reserved(r.Name) || !r.Terminating || !slices.Equal(r.Paths, []string{notice.Folder(r.Name) + "*"}) {
			return nil, refuse(Delegation, fmt.Errorf("the delegation to %.64q is not to the publisher's own folder", r.Name))
		}
		if _, ok := set.Snapshot.Signed.Meta[r.Name+".json"]; ok {
			names = append(names, r.Name)
		}
	}
	return names, nil
}

func reserved(name string) bool { return name == metadata.ROOT || slices.Contains(roles[:], name) }

// admit verifies the metadata of a publisher's role and keeps it. go-tuf asks
// a role only about its own paths; a publisher that signs others is told so
// instead of being passed over in silence.
func (v *Verified) admit(ctx context.Context, publisher string) error {
	v.fetcher.ctx = ctx
	_, err := v.up.GetTargetInfo(notice.PublisherPath(publisher))
	set := v.up.GetTrustedMetadataSet()
	meta := set.Targets[publisher]
	if meta == nil {
		if err == nil {
			err = errors.New("the role was not read")
		}
		return ofPublisher(publisher, classify(err))
	}
	for path := range meta.Signed.Targets {
		if path != notice.PublisherPath(publisher) {
			return ofPublisher(publisher, refuse(Delegation, fmt.Errorf("it signed %.100q, which is not in its folder", path)))
		}
	}
	if err != nil {
		return ofPublisher(publisher, refuse(Delegation, fmt.Errorf("it signed no list of packs: %w", err)))
	}
	return v.keepRole(ctx, publisher, meta.Signed.Version)
}

// keepRole remembers a publisher's metadata and the floor of its version under
// its keys.
func (v *Verified) keepRole(ctx context.Context, publisher string, version int64) error {
	body, err := os.ReadFile(filepath.Join(v.dir, publisher+".json"))
	if err != nil {
		return fmt.Errorf("read a temporary copy: %w", err)
	}
	scope, err := v.scopeOf(publisher)
	if err != nil {
		return err
	}
	rollback := false
	err = v.client.db.Write(ctx, func(tx *sqlite.Tx) error {
		var floor int64
		if err := tx.QueryRow("SELECT coalesce(max(version), 0) FROM catalogue_floor WHERE scope = ? AND role = ?", scope, publisher).Scan(&floor); err != nil {
			return err
		}
		if rollback = version < floor; rollback {
			return nil
		}
		if _, err := tx.Exec("INSERT INTO catalogue_role (role, body) VALUES (?, ?) ON CONFLICT (role) DO UPDATE SET body = excluded.body WHERE body <> excluded.body", publisher, body); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO catalogue_floor (scope, role, version) VALUES (?, ?, ?) ON CONFLICT (scope, role) DO UPDATE SET version = excluded.version", scope, publisher, version)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep trusted metadata of %s: %w", publisher, err)
	}
	if rollback {
		return ofPublisher(publisher, refuse(Rollback, fmt.Errorf("version %d is older than the one accepted before", version)))
	}
	return nil
}

// scopeOf is the fingerprint of the keys that vouch for a publisher.
func (v *Verified) scopeOf(publisher string) (string, error) {
	set := v.up.GetTrustedMetadataSet()
	for _, r := range set.Targets[metadata.TARGETS].Signed.Delegations.Roles {
		if r.Name == publisher {
			b, err := json.Marshal(r)
			return fingerprint(b), err
		}
	}
	return "", fmt.Errorf("no delegation to %s", publisher)
}

func (v *Verified) of(publisher string, err error) error { return ofPublisher(publisher, err) }

// ofPublisher says whose part of the catalogue an error is about. The rest of
// the catalogue is none the worse for it.
func ofPublisher(publisher string, err error) error {
	e, ok := errors.AsType[*preau.Error](err)
	if err == nil || publisher == "" || !ok {
		return err
	}
	if r, refused := errors.AsType[*Refusal](err); refused {
		if r.Reason == Delegation {
			return preau.E(e.Kind, fmt.Sprintf("publisher %s: %s (%v)", publisher, e.Text, r.Cause), "Tell the catalogue's owner: "+publisher+" must sign again, and only what is its own. What the box holds of it stays.", err)
		}
		if r.Reason == TooMuch {
			return preau.E(e.Kind, fmt.Sprintf("publisher %s: it offers more notices than a box takes of one (%v)", publisher, r.Cause), "Tell the catalogue's owner to have "+publisher+" take out what is no longer used, or sign in two names. What the box holds of it stays; the other publishers' items are renewed.", err)
		}
		return preau.E(e.Kind, fmt.Sprintf("publisher %s: %s", publisher, publisherTexts[r.Reason]), "Tell the catalogue's owner to have "+publisher+" sign and deliver again. What the box holds of it stays; the other publishers' items are renewed.", err)
	}
	return preau.E(e.Kind, fmt.Sprintf("publisher %s: %s", publisher, e.Text), e.Remedy, err)
}

var publisherTexts = map[Reason]string{
	Signature: "its part of the catalogue is not signed by enough of its keys",
	Expired:   "its part of the catalogue is past its date",
	Rollback:  "its part of the catalogue is older than the one this box has accepted",
	Mixed:     "the files of its part do not belong together or were altered",
	TooLong:   "a file of its part is longer than allowed",
	NotOurs:   "its part of the catalogue cannot be read",
}
