package directory

import (
	"cmp"
	"slices"
	"strings"

	"preau/edge/directory/party"
	"preau/internal/sqlite"
)

// people recognises, writes and closes.
func (a *applier) people() error {
	k, err := loadKnown(a.tx, a.r.Source)
	if err != nil {
		return err
	}
	a.r = a.r.WithoutStrangers(k)
	if err := a.r.CheckCut(k); err != nil {
		return err
	}
	m := party.Match(a.r, k)
	a.diff.Doubts = m.Doubts
	a.pids, a.fresh = map[string]string{}, map[string]bool{}
	for _, p := range a.r.People {
		if _, other := m.Alias[p.Key]; other {
			continue
		}
		s, decided := m.Who[p.Key]
		if !decided {
			continue // in doubt
		}
		if err := a.person(p, s); err != nil {
			return err
		}
	}
	for key, other := range m.Alias {
		if a.pids[key] = a.pids[other]; a.pids[key] != "" {
			if err := a.keep(key, a.pids[key]); err != nil {
				return err
			}
		}
	}
	if err := a.recall(k); err != nil {
		return err
	}
	return a.closePeople(k, m.Doubts)
}

// person writes one record: s is who it is, or nil.
func (a *applier) person(p RosterPerson, s *party.Someone) error {
	roles := slices.Clone(p.Roles)
	slices.Sort(roles)
	roles = slices.Compact(roles)
	name := p.Given + " " + p.Family
	next := party.Someone{Source: a.r.Source, Key: p.Key, Title: p.Title, Given: p.Given, Family: p.Family, Roles: roles,
		Legal: p.LegalFamily, Birth: p.Birth, INE: p.INE, MEF: p.MEF, Phone: p.Phone}
	if s == nil {
		next.PID = newID()
		a.fresh[next.PID] = true
		a.diff.Person(Joined, name, p.Roles)
		return a.write(next, true)
	}
	next.PID = s.PID
	next.Legal, next.Birth, next.INE = cmp.Or(p.LegalFamily, s.Legal), cmp.Or(p.Birth, s.Birth), cmp.Or(p.INE, s.INE)
	next.MEF, next.Phone = cmp.Or(p.MEF, s.MEF), cmp.Or(p.Phone, s.Phone)
	byKey := slices.Contains(s.Keys, p.Key)
	changed := s.Label() != next.Label()
	switch {
	case s.Closed:
		a.fresh[s.PID] = true
		a.diff.Person(Returned, name, p.Roles)
	case changed:
		a.diff.Person(Corrected, name, p.Roles)
	case !byKey:
		a.diff.Person(Recognised, name, p.Roles)
	}
	if !changed && !s.Closed && byKey && s.Source == a.r.Source && s.Key == p.Key {
		a.pids[p.Key] = s.PID
		return nil
	}
	return a.write(next, changed)
}

func (a *applier) write(s party.Someone, content bool) error {
	a.pids[s.Key] = s.PID
	_, err := a.tx.Exec(`INSERT INTO person (pid, source, key, title, given, family, sort, mef, phone) VALUES (?,?,?,?,?,?,?,?,?)
		ON CONFLICT (pid) DO UPDATE SET source = excluded.source, key = excluded.key, title = excluded.title, given = excluded.given,
		family = excluded.family, sort = excluded.sort, mef = excluded.mef, phone = excluded.phone, closed = NULL`,
		s.PID, s.Source, s.Key, s.Title, s.Given, s.Family, party.NameKey(s.Family, s.Given), s.MEF, s.Phone)
	if err != nil {
		return err
	}
	if err := a.keep(s.Key, s.PID); err != nil || !content {
		return err
	}
	if _, err := a.tx.Exec(`INSERT INTO person_civil (pid, birth, ine, family) VALUES (?,?,?,?)
		ON CONFLICT DO UPDATE SET birth = excluded.birth, ine = excluded.ine, family = excluded.family`, s.PID, s.Birth, s.INE, s.Legal); err != nil {
		return err
	}
	if _, err := a.tx.Exec(`DELETE FROM person_role WHERE pid = ?`, s.PID); err != nil {
		return err
	}
	for _, role := range s.Roles {
		if _, err := a.tx.Exec(`INSERT INTO person_role (pid, role) VALUES (?, ?)`, s.PID, string(role)); err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) keep(key, pid string) error {
	_, err := a.tx.Exec(`INSERT INTO person_key (source, key, pid) VALUES (?,?,?)
		ON CONFLICT DO UPDATE SET pid = excluded.pid WHERE pid <> excluded.pid`, a.r.Source, key, pid)
	return err
}

// closePeople closes whoever the source no longer holds. Who a doubt may be
// about stays until it is settled.
func (a *applier) closePeople(k *party.Known, doubts []Doubt) error {
	for _, s := range k.All {
		if s.Closed || s.Claimed != "" || s.Source != a.r.Source || !a.r.Knows(party.Side(s.Roles)) && !a.r.SaysGone(s) {
			continue
		}
		if slices.ContainsFunc(doubts, func(d Doubt) bool {
			return slices.ContainsFunc(d.Candidates, func(c Candidate) bool { return c.ID == s.PID })
		}) {
			continue
		}
		a.diff.Person(Left, s.Name(), s.Roles)
		if _, err := a.tx.Exec(`UPDATE person SET closed = ? WHERE pid = ?`, a.tx.Now.UnixMilli(), s.PID); err != nil {
			return err
		}
	}
	return nil
}

// loadKnown reads everybody, whatever their source.
func loadKnown(tx *sqlite.Tx, source string) (*party.Known, error) {
	k := party.NewKnown()
	err := each(tx, func(scan func(...any) error) error {
		s, roles := &party.Someone{}, ""
		if err := scan(&s.PID, &s.Source, &s.Key, &s.Title, &s.Given, &s.Family, &s.MEF, &s.Phone, &s.Closed, &s.Birth, &s.INE, &s.Legal, &roles); err != nil {
			return err
		}
		for role := range strings.SplitSeq(roles, ",") {
			s.Roles = append(s.Roles, Role(role))
		}
		slices.Sort(s.Roles)
		k.Add(s)
		return nil
	}, `SELECT p.pid, p.source, p.key, p.title, p.given, p.family, p.mef, p.phone, p.closed IS NOT NULL,
		coalesce(c.birth, ''), coalesce(c.ine, ''), coalesce(c.family, ''),
		coalesce((SELECT group_concat(role, ',') FROM person_role r WHERE r.pid = p.pid), '')
		FROM person p LEFT JOIN person_civil c ON c.pid = p.pid ORDER BY p.sort, p.pid`)
	if err != nil {
		return nil, err
	}
	err = each(tx, func(scan func(...any) error) error {
		var key, pid string
		if err := scan(&key, &pid); err != nil {
			return err
		}
		s := k.ByPID[pid]
		s.Keys, k.ByKey[key] = append(s.Keys, key), s
		return nil
	}, `SELECT key, pid FROM person_key WHERE source = ?`, source)
	if err != nil {
		return nil, err
	}
	err = each(tx, func(scan func(...any) error) error {
		var pid, name string
		if err := scan(&pid, &name); err != nil {
			return err
		}
		s := k.ByPID[pid]
		s.Classes, s.Class = append(s.Classes, Fold(name)), name
		return nil
	}, `SELECT e.pid, c.name FROM enrolment e JOIN class c ON c.id = e.class
		WHERE e.role = 'National_elv' AND e.closed IS NULL AND c.kind = 'division'`)
	if err != nil {
		return nil, err
	}
	return k, each(tx, func(scan func(...any) error) error {
		var guardian, child string
		if err := scan(&guardian, &child); err != nil {
			return err
		}
		s := k.ByPID[guardian]
		s.Children = append(s.Children, child)
		return nil
	}, `SELECT guardian, child FROM relation`)
}

// each runs fn on every row of a query.
func each(tx *sqlite.Tx, fn func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
