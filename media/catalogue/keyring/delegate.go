package keyring

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"preau"
	"preau/internal/durable"
	"preau/media/catalogue/notice"
)

// Grant is a publisher and the keys of which a threshold sign for it. It is
// what the publisher hands to the catalogue's owner: public keys only.
type Grant struct {
	Format    int                      `json:"format"`
	Publisher string                   `json:"publisher"`
	Threshold int                      `json:"threshold"`
	KeyIDs    []string                 `json:"keyids"`
	Keys      map[string]*metadata.Key `json:"keys"`
}

const (
	grantFormat = 1
	maxGrant    = 1 << 20
)

// ParseGrant reads a publisher's keys and checks that they are what they say.
func ParseGrant(b []byte) (Grant, error) {
	bad := func(why string, cause error) (Grant, error) {
		return Grant{}, preau.E(preau.Invalid, "these are not a publisher's keys: "+why, "Ask the publisher for the file NAME.keys.json of its folder.", cause)
	}
	var g Grant
	if len(b) > maxGrant {
		return bad("the file is too long", nil)
	}
	if err := json.Unmarshal(b, &g); err != nil {
		return bad("the JSON cannot be read", err)
	}
	if g.Format != grantFormat {
		return bad(fmt.Sprintf("format %d is not known to this release", g.Format), nil)
	}
	if !notice.ValidSlug(g.Publisher) || Reserved(g.Publisher) {
		return bad(fmt.Sprintf("%.70q cannot name a publisher", g.Publisher), nil)
	}
	if err := checkSet(len(g.KeyIDs), g.Threshold); err != nil || len(g.Keys) != len(g.KeyIDs) {
		return bad(fmt.Sprintf("%d keys of which %d sign cannot be", len(g.Keys), g.Threshold), err)
	}
	for i, id := range g.KeyIDs {
		if slices.Contains(g.KeyIDs[:i], id) {
			return bad("a key is there twice", nil)
		}
		k := g.Keys[id]
		if k == nil || k.Type != metadata.KeyTypeEd25519 {
			return bad("one of the keys is not of Ed25519", nil)
		}
		if real, err := k.ID(); err != nil || real != id {
			return bad("a key does not have the id it is given", err)
		}
		if _, err := k.ToPublicKey(); err != nil {
			return bad("a key cannot be read", err)
		}
	}
	return g, nil
}

// InitPublisher makes the keys of a publisher and returns the file to hand
// over. Called again it makes others, after those: a rotation.
func (r *Ring) InitPublisher(publisher string, keys, threshold int) (file string, err error) {
	if err := checkSet(keys, threshold); err != nil {
		return "", err
	}
	if !notice.ValidSlug(publisher) || Reserved(publisher) {
		return "", preau.E(preau.Invalid, fmt.Sprintf("%.70q cannot name a publisher", publisher), "Use small letters, digits and hyphens, at most 64: cned.", nil)
	}
	g := Grant{Format: grantFormat, Publisher: publisher, Threshold: threshold, Keys: map[string]*metadata.Key{}}
	made, err := r.makeKeys(publisher, keys)
	if err != nil {
		return "", err
	}
	for _, k := range made {
		g.KeyIDs = append(g.KeyIDs, k.ID)
		g.Keys[k.ID] = k.Public
	}
	file = filepath.Join(r.dir, publisher+".keys.json")
	return file, writeJSON(file, g)
}

func writeJSON(file string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encode keys: %w", err)
	}
	return durable.WriteBytes(file, 0o644, append(b, '\n'))
}

// Grant reads the keys of the publisher whose folder this is.
func (r *Ring) Grant(publisher string) (Grant, error) {
	b, err := os.ReadFile(filepath.Join(r.dir, publisher+".keys.json"))
	if err != nil {
		return Grant{}, preau.E(preau.Corrupt, "the publisher's keys are not named", "Restore "+publisher+".keys.json from a copy.", err)
	}
	return ParseGrant(b)
}

// role is how targets names the publisher.
func (g Grant) role() metadata.DelegatedRole {
	return metadata.DelegatedRole{Name: g.Publisher, KeyIDs: g.KeyIDs, Threshold: g.Threshold, Terminating: true, Paths: []string{notice.Folder(g.Publisher) + "*"}}
}

// Authority is that of the publisher's role.
func (g Grant) Authority() Authority {
	parent := metadata.Targets()
	parent.Signed.Delegations = Delegations([]Grant{g})
	return Authority{g.Publisher, g.KeyIDs, g.Threshold, func(meta any) error { return parent.VerifyDelegate(g.Publisher, meta) }}
}

// Delegations is what targets says of the publishers; nil for none.
func Delegations(grants []Grant) *metadata.Delegations {
	if len(grants) == 0 {
		return nil
	}
	d := &metadata.Delegations{Keys: map[string]*metadata.Key{}}
	for _, g := range grants {
		for id, k := range g.Keys {
			d.Keys[id] = k
		}
		d.Roles = append(d.Roles, g.role())
	}
	return d
}

// Grants lists the publishers that the next targets will name, in their order.
func (r *Ring) Grants() ([]Grant, error) {
	b, err := os.ReadFile(r.grantsFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the delegations: %w", err)
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, preau.E(preau.Corrupt, r.grantsFile()+" cannot be read", "Restore it from a copy of the repository.", err)
	}
	var grants []Grant
	for _, one := range raw {
		g, err := ParseGrant(one)
		if err != nil {
			return nil, preau.E(preau.Corrupt, r.grantsFile()+" cannot be read", "Restore it from a copy of the repository.", err)
		}
		grants = append(grants, g)
	}
	return grants, nil
}

func (r *Ring) grantsFile() string { return filepath.Join(r.dir, "delegations.json") }

// Delegate names a publisher, or replaces its keys.
func (r *Ring) Delegate(g Grant) (replaced bool, err error) {
	grants, err := r.Grants()
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(grants, func(x Grant) bool { return x.Publisher == g.Publisher })
	if i >= 0 {
		grants[i] = g
	} else {
		grants = append(grants, g)
	}
	if len(grants) > notice.MaxPublishers {
		return false, preau.E(preau.TooLarge, fmt.Sprintf("a catalogue has at most %d publishers", notice.MaxPublishers), "Revoke one that publishes no more.", nil)
	}
	return i >= 0, writeJSON(r.grantsFile(), grants)
}

// Revoke takes a publisher's delegation back.
func (r *Ring) Revoke(publisher string) error {
	grants, err := r.Grants()
	if err != nil {
		return err
	}
	n := len(grants)
	grants = slices.DeleteFunc(grants, func(g Grant) bool { return g.Publisher == publisher })
	if len(grants) == n {
		return preau.E(preau.NotFound, fmt.Sprintf("%.70q has no delegation", publisher), "See preau catalogue delegate list.", nil)
	}
	if grants == nil {
		grants = []Grant{}
	}
	return writeJSON(r.grantsFile(), grants)
}
