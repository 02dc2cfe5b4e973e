package directory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"preau"
	"preau/internal/sqlite"
)

// people recognises, writes and closes.
func (a *applier) people() error {
	k, err := loadKnown(a.tx, a.r.Source)
	if err != nil {
		return err
	}
	a.strangers(k)
	if err := a.guardCut(k); err != nil {
		return err
	}
	m := a.matcher(k)
	m.match()
	a.diff.Doubts = m.doubted
	a.pids, a.fresh = map[string]string{}, map[string]bool{}
	for _, p := range a.r.People {
		if _, other := m.alias[p.Key]; other {
			continue
		}
		s, decided := m.who[p.Key]
		if !decided {
			continue // in doubt
		}
		if err := a.person(p, s); err != nil {
			return err
		}
	}
	for key, other := range m.alias {
		if a.pids[key] = a.pids[other]; a.pids[key] != "" {
			if err := a.keep(key, a.pids[key]); err != nil {
				return err
			}
		}
	}
	if err := a.recall(k); err != nil {
		return err
	}
	return a.closePeople(k, m.doubted)
}

// strangers leaves out the responsible persons whose pupils are not here: a
// file of families still holds those of last year's pupils.
func (a *applier) strangers(k *known) {
	here, theirs := map[string]bool{}, map[string]bool{}
	for _, p := range a.r.People {
		here[p.Key] = side(p.Roles) == Pupils
	}
	for _, l := range a.r.Relations {
		if s := k.byKey[l.Child]; here[l.Child] || s != nil && !s.closed && !a.r.covers(Pupils) {
			theirs[l.Guardian] = true
		}
	}
	a.r.People = slices.DeleteFunc(slices.Clone(a.r.People), func(p RosterPerson) bool {
		return side(p.Roles) == Guardians && !theirs[p.Key]
	})
}

func (a *applier) matcher(k *known) *matcher {
	m := &matcher{r: a.r, known: k, who: map[string]*someone{}, alias: map[string]string{}, class: map[string][]string{},
		shown: map[string]string{}, named: map[string]int{}, fresh: map[string]string{}, child: map[string][]string{}}
	names := map[string]string{}
	for _, c := range a.r.Classes {
		if !c.Group {
			names[c.Key] = c.Name
		}
	}
	for _, e := range a.r.Enrolments {
		if name := names[e.Class]; name != "" && e.Role == Pupil {
			m.class[e.Person], m.shown[e.Person] = append(m.class[e.Person], Fold(name)), name
		}
	}
	for _, l := range a.r.Relations {
		m.child[l.Guardian] = append(m.child[l.Guardian], l.Child)
		if s := k.byKey[l.Child]; s != nil && m.who[l.Child] == nil {
			m.who[l.Child] = s // a pupil of an earlier file
		}
	}
	return m
}

// guardCut refuses what is so much shorter that it was surely cut.
func (a *applier) guardCut(k *known) error {
	if a.r.Shrink {
		return nil
	}
	for _, part := range []Coverage{Pupils, Staff, Guardians} {
		open, listed := 0, 0
		for _, s := range k.all {
			if !s.closed && s.source == a.r.Source && side(s.roles) == part {
				open++
			}
		}
		for _, p := range a.r.People {
			if side(p.Roles) == part {
				listed++
			}
		}
		if a.r.covers(part) && open >= 10 && listed < open/2 {
			return preau.E(preau.Conflict, fmt.Sprintf("the roster holds %d people where %d are known: it looks cut", listed, open),
				"Export it again; if half the school really left, say so when importing.", nil)
		}
	}
	return nil
}

// person writes one record: s is who it is, or nil.
func (a *applier) person(p RosterPerson, s *someone) error {
	roles := slices.Clone(p.Roles)
	slices.Sort(roles)
	roles = slices.Compact(roles)
	name := p.Given + " " + p.Family
	next := someone{source: a.r.Source, key: p.Key, title: p.Title, given: p.Given, family: p.Family, roles: roles,
		legal: p.LegalFamily, birth: p.Birth, ine: p.INE, mef: p.MEF, phone: p.Phone}
	if s == nil {
		next.pid = newID()
		a.fresh[next.pid] = true
		a.diff.person(Joined, name, p.Roles)
		return a.write(next, true)
	}
	next.pid = s.pid
	next.legal, next.birth, next.ine = cmp.Or(p.LegalFamily, s.legal), cmp.Or(p.Birth, s.birth), cmp.Or(p.INE, s.ine)
	next.mef, next.phone = cmp.Or(p.MEF, s.mef), cmp.Or(p.Phone, s.phone)
	byKey := slices.Contains(s.keys, p.Key)
	changed := s.label() != next.label()
	switch {
	case s.closed:
		a.fresh[s.pid] = true
		a.diff.person(Returned, name, p.Roles)
	case changed:
		a.diff.person(Corrected, name, p.Roles)
	case !byKey:
		a.diff.person(Recognised, name, p.Roles)
	}
	if !changed && !s.closed && byKey && s.source == a.r.Source && s.key == p.Key {
		a.pids[p.Key] = s.pid
		return nil
	}
	return a.write(next, changed)
}

// label is all that a change of would count.
func (s *someone) label() string {
	return strings.Join([]string{s.title, s.given, s.family, s.legal, s.birth, s.ine, s.mef, s.phone, join(s.roles)}, "\x00")
}

func (a *applier) write(s someone, content bool) error {
	a.pids[s.key] = s.pid
	_, err := a.tx.Exec(`INSERT INTO person (pid, source, key, title, given, family, sort, mef, phone) VALUES (?,?,?,?,?,?,?,?,?)
		ON CONFLICT (pid) DO UPDATE SET source = excluded.source, key = excluded.key, title = excluded.title, given = excluded.given,
		family = excluded.family, sort = excluded.sort, mef = excluded.mef, phone = excluded.phone, closed = NULL`,
		s.pid, s.source, s.key, s.title, s.given, s.family, nameKey(s.family, s.given), s.mef, s.phone)
	if err != nil {
		return err
	}
	if err := a.keep(s.key, s.pid); err != nil || !content {
		return err
	}
	if _, err := a.tx.Exec(`INSERT INTO person_civil (pid, birth, ine, family) VALUES (?,?,?,?)
		ON CONFLICT DO UPDATE SET birth = excluded.birth, ine = excluded.ine, family = excluded.family`, s.pid, s.birth, s.ine, s.legal); err != nil {
		return err
	}
	if _, err := a.tx.Exec(`DELETE FROM person_role WHERE pid = ?`, s.pid); err != nil {
		return err
	}
	for _, role := range s.roles {
		if _, err := a.tx.Exec(`INSERT INTO person_role (pid, role) VALUES (?, ?)`, s.pid, string(role)); err != nil {
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
func (a *applier) closePeople(k *known, doubts []Doubt) error {
	for _, s := range k.all {
		if s.closed || s.claimed != "" || s.source != a.r.Source || !a.r.covers(side(s.roles)) && !a.r.gone(s) {
			continue
		}
		if slices.ContainsFunc(doubts, func(d Doubt) bool {
			return slices.ContainsFunc(d.Candidates, func(c Candidate) bool { return c.ID == s.pid })
		}) {
			continue
		}
		a.diff.person(Left, s.name(), s.roles)
		if _, err := a.tx.Exec(`UPDATE person SET closed = ? WHERE pid = ?`, a.tx.Now.UnixMilli(), s.pid); err != nil {
			return err
		}
	}
	return nil
}

// loadKnown reads everybody, whatever their source.
func loadKnown(tx *sqlite.Tx, source string) (*known, error) {
	k := &known{byPID: map[string]*someone{}, byKey: map[string]*someone{}, byName: map[string][]*someone{}, byINE: map[string][]*someone{}}
	err := each(tx, func(scan func(...any) error) error {
		s, roles := &someone{}, ""
		if err := scan(&s.pid, &s.source, &s.key, &s.title, &s.given, &s.family, &s.mef, &s.phone, &s.closed, &s.birth, &s.ine, &s.legal, &roles); err != nil {
			return err
		}
		for role := range strings.SplitSeq(roles, ",") {
			s.roles = append(s.roles, Role(role))
		}
		slices.Sort(s.roles)
		k.all, k.byPID[s.pid] = append(k.all, s), s
		for _, key := range nameKeys(side(s.roles), s.given, s.family, s.legal) {
			k.byName[key] = append(k.byName[key], s)
		}
		if s.ine != "" {
			k.byINE[s.ine] = append(k.byINE[s.ine], s)
		}
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
		s := k.byPID[pid]
		s.keys, k.byKey[key] = append(s.keys, key), s
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
		s := k.byPID[pid]
		s.classes, s.class = append(s.classes, Fold(name)), name
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
		s := k.byPID[guardian]
		s.children = append(s.children, child)
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
