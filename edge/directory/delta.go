package directory

import (
	"slices"

	"preau/edge/directory/party"
)

// recall gives a partial roster the people and classes that earlier files of
// its source named.
func (a *applier) recall(k *party.Known) error {
	if a.r.Delta == nil {
		return nil
	}
	for key, s := range k.ByKey {
		if a.pids[key] == "" && !s.Closed {
			a.pids[key] = s.PID
		}
	}
	return each(a.tx, func(scan func(...any) error) error {
		var key, class string
		err := scan(&key, &class)
		if a.classes[key] == "" {
			a.classes[key] = class
		}
		return err
	}, `SELECT k.key, k.class FROM class_key k JOIN class c ON c.id = k.class WHERE k.source = ? AND c.closed IS NULL`, a.r.Source)
}

// told are the pids whose links a partial roster tells whole.
func (a *applier) told() map[string]bool {
	pids := map[string]bool{}
	if a.r.Delta != nil {
		for _, key := range slices.Concat(a.r.Delta.Told, a.r.Delta.Gone) {
			if pid := a.pids[key]; pid != "" {
				pids[pid] = true
			}
		}
	}
	return pids
}

// nameOf is what a person is called whom a partial roster names by key only.
func (a *applier) nameOf(pid string) (name string, err error) {
	err = a.tx.QueryRow(`SELECT given || ' ' || family FROM person WHERE pid = ?`, pid).Scan(&name)
	return name, err
}

// ended are the enrolments that a partial roster ends.
func (a *applier) ended() map[enrolled]bool {
	ends := map[enrolled]bool{}
	if a.r.Delta != nil {
		for _, e := range a.r.Delta.Withdrawn {
			ends[enrolled{a.classes[e.Class], a.pids[e.Person], string(e.Role)}] = true
		}
	}
	return ends
}
