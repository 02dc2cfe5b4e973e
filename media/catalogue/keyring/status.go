package keyring

import (
	"os"
	"path/filepath"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// RoleStatus is where one role stands.
type RoleStatus struct {
	Role      string      `json:"role"`
	Version   int64       `json:"version"` // 0: never signed
	Expires   time.Time   `json:"expires"`
	Due       bool        `json:"due"` // preau catalogue sign will renew it
	Expired   bool        `json:"expired"`
	Threshold int         `json:"threshold"`
	Keys      []KeyStatus `json:"keys"`
	Waiting   string      `json:"waiting,omitempty"` // the file that gathers signatures
	Signed    int         `json:"signed,omitempty"`  // how many it has
	Publisher bool        `json:"publisher"`
}

// KeyStatus is one key of a role.
type KeyStatus struct {
	ID     string `json:"id"`
	AtHand string `json:"at_hand,omitempty"` // its file, when it is here
}

// Status lists the roles of a catalogue and of its publishers.
func (r *Ring) Status(keys Keys, now time.Time) ([]RoleStatus, error) {
	root, err := r.Root()
	if err != nil {
		return nil, err
	}
	var list []RoleStatus
	for _, role := range Roles {
		s := roleStatus(role, root.Signed.Roles[role].KeyIDs, root.Signed.Roles[role].Threshold, keys)
		if s.Version, s.Expires, err = r.dates(role); err != nil {
			return nil, err
		}
		if err := r.finish(&s, now); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	grants, err := r.Grants()
	if err != nil {
		return nil, err
	}
	for _, g := range grants {
		s, err := r.PublisherStatus(g, keys, now)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// PublisherStatus is where a publisher's role stands here.
func (r *Ring) PublisherStatus(g Grant, keys Keys, now time.Time) (s RoleStatus, err error) {
	s = roleStatus(g.Publisher, g.KeyIDs, g.Threshold, keys)
	s.Publisher = true
	if s.Version, s.Expires, err = r.dates(g.Publisher); err != nil {
		return s, err
	}
	return s, r.finish(&s, now)
}

func roleStatus(role string, ids []string, threshold int, keys Keys) RoleStatus {
	s := RoleStatus{Role: role, Threshold: threshold, Keys: []KeyStatus{}}
	for _, id := range ids {
		s.Keys = append(s.Keys, KeyStatus{id, keys[id].Name})
	}
	return s
}

func (r *Ring) dates(role string) (version int64, expires time.Time, err error) {
	switch role {
	case metadata.ROOT:
		return datesOf(Latest(r.Metadata(), role, metadata.Root()))
	case metadata.SNAPSHOT:
		return datesOf(Latest(r.Metadata(), role, metadata.Snapshot()))
	case metadata.TIMESTAMP:
		return datesOf(Latest(r.Metadata(), role, metadata.Timestamp()))
	}
	return datesOf(Latest(r.Metadata(), role, metadata.Targets()))
}

func datesOf[T metadata.Roles](meta *metadata.Metadata[T], err error) (int64, time.Time, error) {
	if err != nil || meta == nil {
		return 0, time.Time{}, err
	}
	switch signed := any(meta.Signed).(type) {
	case metadata.RootType:
		return signed.Version, signed.Expires, nil
	case metadata.TargetsType:
		return signed.Version, signed.Expires, nil
	case metadata.SnapshotType:
		return signed.Version, signed.Expires, nil
	case metadata.TimestampType:
		return signed.Version, signed.Expires, nil
	}
	return 0, time.Time{}, nil
}

// finish adds what depends on the time and on what waits.
func (r *Ring) finish(s *RoleStatus, now time.Time) error {
	if s.Version > 0 {
		s.Due, s.Expired = Due(s.Role, s.Expires, now), now.After(s.Expires)
	}
	file := filepath.Join(r.Pending(), FileName(s.Role, 0))
	if s.Role != metadata.TIMESTAMP {
		waits, err := Versions(r.Pending(), s.Role)
		if err != nil || len(waits) == 0 {
			return err
		}
		file = filepath.Join(r.Pending(), FileName(s.Role, waits[len(waits)-1]))
	} else if _, err := os.Stat(file); err != nil {
		return nil
	}
	s.Waiting = file
	var err error
	s.Signed, err = signatures(file)
	return err
}
