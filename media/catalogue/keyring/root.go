package keyring

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"preau"
)

// Root is the metadata of a root.
type Root = metadata.Metadata[metadata.RootType]

const maxKeys = 16

// Root reads the root in force.
func (r *Ring) Root() (*Root, error) {
	root, err := Latest(r.Metadata(), metadata.ROOT, metadata.Root())
	if err == nil && root == nil {
		err = preau.E(preau.Corrupt, "the repository has no root", "Restore metadata/ from a copy.", nil)
	}
	return root, err
}

// InitRoot makes the keys and the first root of a catalogue: keys for root and
// targets, of which threshold sign, one for snapshot and for timestamp.
func (r *Ring) InitRoot(keys, threshold int, now time.Time) (file string, err error) {
	if err := checkSet(keys, threshold); err != nil {
		return "", err
	}
	meta := metadata.Root(Expiry(metadata.ROOT, now))
	made := Keys{}
	for _, role := range Roles {
		n, t := 1, 1
		if role == metadata.ROOT || role == metadata.TARGETS {
			n, t = keys, threshold
		}
		fresh, err := r.makeKeys(role, n)
		if err != nil {
			return "", err
		}
		for _, k := range fresh {
			made[k.ID] = k
		}
		if err := setKeys(meta, role, fresh, t); err != nil {
			return "", err
		}
	}
	return filepath.Join(r.Metadata(), FileName(metadata.ROOT, 1)), Seal(r, rootAuthority(nil, meta), 1, meta, made)
}

func checkSet(keys, threshold int) error {
	if threshold < 1 || keys < threshold || keys > maxKeys {
		return preau.E(preau.Invalid, fmt.Sprintf("%d keys of which %d sign cannot be", keys, threshold),
			fmt.Sprintf("Take from 1 to %d keys and a threshold no higher.", maxKeys), nil)
	}
	return nil
}

// makeKeys makes n keys of a role, numbered after those there are.
func (r *Ring) makeKeys(role string, n int) ([]Key, error) {
	old, err := filepath.Glob(filepath.Join(r.Keys(), role+"-*.pem*"))
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	last := 0
	for _, file := range old {
		var i int
		if _, err := fmt.Sscanf(strings.TrimPrefix(filepath.Base(file), role+"-"), "%d.pem", &i); err == nil {
			last = max(last, i)
		}
	}
	var made []Key
	for i := range n {
		k, err := makeKey(r.Keys(), fmt.Sprintf("%s-%d.pem", role, last+i+1))
		if err != nil {
			return nil, err
		}
		made = append(made, k)
	}
	return made, nil
}

// setKeys gives a role of the root these keys and no other.
func setKeys(root *Root, role string, keys []Key, threshold int) error {
	for _, id := range slices.Clone(root.Signed.Roles[role].KeyIDs) {
		if err := root.Signed.RevokeKey(id, role); err != nil {
			return fmt.Errorf("revoke a key: %w", err)
		}
	}
	for _, k := range keys {
		if err := root.Signed.AddKey(k.Public, role); err != nil {
			return fmt.Errorf("add a key to the root: %w", err)
		}
	}
	root.Signed.Roles[role].Threshold = threshold
	return nil
}

// rootAuthority is who puts a new root in force: enough of the old root's keys
// and enough of its own. The first has only its own.
func rootAuthority(old, next *Root) Authority {
	own := next.Signed.Roles[metadata.ROOT]
	a := Authority{Role: metadata.ROOT, KeyIDs: slices.Clone(own.KeyIDs), Threshold: own.Threshold}
	if old != nil {
		was := old.Signed.Roles[metadata.ROOT]
		for _, id := range was.KeyIDs {
			if !slices.Contains(a.KeyIDs, id) {
				a.KeyIDs = append(a.KeyIDs, id)
			}
		}
		if !slices.Equal(was.KeyIDs, own.KeyIDs) {
			a.Threshold = max(own.Threshold, was.Threshold)
		}
	}
	a.verify = func(meta any) error {
		if old != nil {
			if err := old.VerifyDelegate(metadata.ROOT, meta); err != nil {
				return fmt.Errorf("by the old root's keys: %w", err)
			}
		}
		return next.VerifyDelegate(metadata.ROOT, meta)
	}
	return a
}

// Top is the authority of targets, snapshot or timestamp under a root.
func Top(root *Root, role string) Authority {
	r := root.Signed.Roles[role]
	return Authority{role, r.KeyIDs, r.Threshold, func(meta any) error { return root.VerifyDelegate(role, meta) }}
}

// Rotation says how the keys of a role change.
type Rotation struct {
	Role      string
	New       int      // keys to make; with nothing else said they replace all there are
	Revoke    []string // ids, or their beginnings, of keys to withdraw
	Threshold int      // 0: as it was, or as many as there are
	Now       time.Time
}

// Rotate prepares the next root with other keys for a role and signs it with
// the keys at hand. It returns the files of keys that no longer count.
func (r *Ring) Rotate(change Rotation, keys Keys) (retired []string, err error) {
	old, err := r.Root()
	if err != nil {
		return nil, err
	}
	role, ok := old.Signed.Roles[change.Role]
	if !ok {
		return nil, preau.E(preau.Invalid, fmt.Sprintf("%.40q is no role of the root", change.Role),
			"Take root, targets, snapshot or timestamp. A publisher's keys are changed in its own folder.", nil)
	}
	if waits, err := Versions(r.Pending(), metadata.ROOT); err != nil || len(waits) > 0 {
		return nil, preau.E(preau.Conflict, "another root waits for its signatures", "Gather them, or remove "+r.Pending()+"/*.root.json to give it up.", err)
	}
	next, err := r.Root() // a second copy to change
	if err != nil {
		return nil, err
	}
	next.Signed.Version++
	next.Signed.Expires = Expiry(metadata.ROOT, change.Now)
	revoked, err := named(role.KeyIDs, change.Revoke)
	if err != nil {
		return nil, err
	}
	if len(change.Revoke) == 0 && change.New == 0 && change.Threshold == 0 {
		change.New = len(role.KeyIDs)
	}
	if len(change.Revoke) == 0 && change.New > 0 {
		revoked = slices.Clone(role.KeyIDs)
	}
	n := len(role.KeyIDs) - len(revoked) + change.New
	threshold := change.Threshold
	if threshold == 0 {
		threshold = min(role.Threshold, n)
	}
	if err := checkSet(n, threshold); err != nil {
		return nil, err
	}
	for _, id := range revoked {
		if err := next.Signed.RevokeKey(id, change.Role); err != nil {
			return nil, fmt.Errorf("revoke a key: %w", err)
		}
		if k, ok := keys[id]; ok {
			retired = append(retired, k.Name)
		}
	}
	made, err := r.makeKeys(change.Role, change.New)
	if err != nil {
		return nil, err
	}
	for _, k := range made {
		keys[k.ID] = k
		if err := next.Signed.AddKey(k.Public, change.Role); err != nil {
			return nil, fmt.Errorf("add a key to the root: %w", err)
		}
	}
	next.Signed.Roles[change.Role].Threshold = threshold
	return retired, Seal(r, rootAuthority(old, next), next.Signed.Version, next, keys)
}

// named finds ids by their beginnings.
func named(ids, beginnings []string) ([]string, error) {
	var found []string
	for _, b := range beginnings {
		n := 0
		for _, id := range ids {
			if b != "" && strings.HasPrefix(id, b) && !slices.Contains(found, id) {
				found = append(found, id)
				n++
			}
		}
		if n != 1 {
			return nil, preau.E(preau.Invalid, fmt.Sprintf("%.64q names %d keys of this role", b, n), "Give the beginning of one key's id, as preau catalogue status prints it.", nil)
		}
	}
	return found, nil
}

// RenewRoot puts in force a root whose signatures have gathered, or renews the
// dates of the one in force when they come near and its keys are at hand. It
// returns the root in force, which is the old one while the next waits.
func (r *Ring) RenewRoot(keys Keys, now time.Time) (*Root, error) {
	root, err := r.Root()
	if err != nil {
		return nil, err
	}
	next, err := Latest(r.Pending(), metadata.ROOT, metadata.Root())
	if err != nil {
		return nil, err
	}
	switch {
	case next != nil && next.Signed.Version != root.Signed.Version+1:
		return nil, preau.E(preau.Conflict, fmt.Sprintf("root %d waits for signatures, but %d is in force", next.Signed.Version, root.Signed.Version),
			"Remove it from "+r.Pending()+" and make the change again.", nil)
	case next != nil:
	case Due(metadata.ROOT, root.Signed.Expires, now) && anyOf(root.Signed.Roles[metadata.ROOT].KeyIDs, keys):
		if next, err = r.Root(); err != nil {
			return nil, err
		}
		next.Signed.Version++
		next.Signed.Expires = Expiry(metadata.ROOT, now)
	default:
		return root, nil
	}
	switch err := Seal(r, rootAuthority(root, next), next.Signed.Version, next, keys); {
	case IsWaiting(err):
		return root, nil
	case err != nil:
		return nil, err
	}
	return next, nil
}

func anyOf(ids []string, keys Keys) bool {
	return slices.ContainsFunc(ids, func(id string) bool { _, ok := keys[id]; return ok })
}
