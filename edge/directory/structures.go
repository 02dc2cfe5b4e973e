package directory

import (
	"cmp"
	"slices"

	"preau/edge/directory/party"
)

// structure is a class as the tables hold it.
type structure struct {
	id, source, key, name, level, kind string
	closed, seen                       bool
}

func kindOf(group bool) string {
	if group {
		return "group"
	}
	return "division"
}

// structures finds or makes the classes. One that another source calls by the
// same name is the same class.
func (a *applier) structures() error {
	byKey, byName, err := a.loadStructures()
	if err != nil {
		return err
	}
	a.classes, a.names = map[string]string{}, map[string]string{}
	for _, c := range a.r.Classes {
		s := byKey[c.Key]
		if s == nil {
			s = byName[kindOf(c.Group)+Fold(c.Name)]
			if s != nil && (s.seen || s.source == a.r.Source && slices.ContainsFunc(a.r.Classes, func(o RosterClass) bool { return o.Key == s.key })) {
				s = nil // « 6A » and « 6 A » of one roster are two
			}
		}
		if s != nil {
			s.seen = true
		}
		if err := a.structure(c, s); err != nil {
			return err
		}
	}
	return a.parts()
}

func (a *applier) loadStructures() (byKey, byName map[string]*structure, err error) {
	byKey, byName = map[string]*structure{}, map[string]*structure{}
	byID := map[string]*structure{}
	err = each(a.tx, func(scan func(...any) error) error {
		s := &structure{}
		if err := scan(&s.id, &s.source, &s.key, &s.name, &s.level, &s.kind, &s.closed); err != nil {
			return err
		}
		byID[s.id] = s
		if !s.closed {
			byName[s.kind+Fold(s.name)] = s
		}
		return nil
	}, `SELECT id, source, key, name, level, kind, closed IS NOT NULL FROM class ORDER BY id`)
	if err != nil {
		return nil, nil, err
	}
	return byKey, byName, each(a.tx, func(scan func(...any) error) error {
		var key, id string
		if err := scan(&key, &id); err != nil {
			return err
		}
		byKey[key] = byID[id]
		return nil
	}, `SELECT key, class FROM class_key WHERE source = ?`, a.r.Source)
}

func (a *applier) structure(c RosterClass, s *structure) error {
	next := structure{source: a.r.Source, key: c.Key, name: c.Name, level: c.Level, kind: kindOf(c.Group)}
	switch {
	case s == nil:
		next.id = newID()
		a.diff.Class(Joined, c.Name)
	default:
		next.id, next.level = s.id, cmp.Or(c.Level, s.level)
		if c.Name == c.Key {
			next.name = s.name
		}
		a.names[s.id] = next.name
		if s.closed {
			a.diff.Class(Returned, next.name)
		} else if s.name != next.name || s.level != next.level || s.kind != next.kind {
			a.diff.Class(Corrected, next.name)
		} else if s.source == next.source && s.key == next.key {
			a.classes[c.Key] = s.id
			return nil
		}
	}
	a.classes[c.Key], a.names[next.id] = next.id, next.name
	if _, err := a.tx.Exec(`INSERT INTO class (id, source, key, name, level, sort, kind) VALUES (?,?,?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET source = excluded.source, key = excluded.key, name = excluded.name, level = excluded.level,
		sort = excluded.sort, kind = excluded.kind, closed = NULL`,
		next.id, next.source, next.key, next.name, next.level, party.ClassKey(next.name), next.kind); err != nil {
		return err
	}
	_, err := a.tx.Exec(`INSERT INTO class_key (source, key, class) VALUES (?,?,?)
		ON CONFLICT DO UPDATE SET class = excluded.class`, a.r.Source, c.Key, next.id)
	return err
}

// parts says from which divisions a group takes its pupils, where the roster
// says it.
func (a *applier) parts() error {
	for _, c := range a.r.Classes {
		if !c.Group || len(c.Of) == 0 {
			continue
		}
		have := map[string]bool{}
		grp := a.classes[c.Key]
		err := each(a.tx, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			have[id] = true
			return err
		}, `SELECT division FROM class_part WHERE grp = ?`, grp)
		if err != nil {
			return err
		}
		for _, key := range c.Of {
			id := a.classes[key]
			if id == "" || have[id] {
				delete(have, id)
				continue
			}
			if err := a.count(`INSERT INTO class_part (grp, division) VALUES (?,?) ON CONFLICT DO NOTHING`, grp, id); err != nil {
				return err
			}
		}
		for id := range have {
			if err := a.count(`DELETE FROM class_part WHERE grp = ? AND division = ?`, grp, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// closeStructures closes the classes that no list of their source holds any
// more and nobody belongs to.
func (a *applier) closeStructures() error {
	for _, list := range []Coverage{Pupils, Staff, Structures} {
		if a.r.Knows(list) {
			if _, err := a.tx.Exec(`DELETE FROM class_list WHERE source = ? AND list = ?`, a.r.Source, int(list)); err != nil {
				return err
			}
		}
		for _, c := range a.r.Classes {
			if c.Lists()&list == 0 {
				continue
			}
			if _, err := a.tx.Exec(`INSERT INTO class_list (class, source, list) VALUES (?,?,?) ON CONFLICT DO NOTHING`, a.classes[c.Key], a.r.Source, int(list)); err != nil {
				return err
			}
		}
	}
	var gone []structure
	err := each(a.tx, func(scan func(...any) error) error {
		var s structure
		err := scan(&s.id, &s.name)
		gone = append(gone, s)
		return err
	}, `SELECT id, name FROM class c WHERE source = ? AND closed IS NULL
		AND NOT EXISTS (SELECT 1 FROM class_list l WHERE l.class = c.id AND l.source = c.source)
		AND NOT EXISTS (SELECT 1 FROM enrolment e WHERE e.class = c.id AND e.closed IS NULL)`, a.r.Source)
	if err != nil {
		return err
	}
	for _, s := range gone {
		a.diff.Class(Left, s.name)
		if _, err := a.tx.Exec(`UPDATE class SET closed = ? WHERE id = ?`, a.tx.Now.UnixMilli(), s.id); err != nil {
			return err
		}
	}
	return nil
}
