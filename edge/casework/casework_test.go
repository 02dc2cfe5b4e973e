package casework_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/casework"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

type office struct {
	*casework.Cases
	db *sqlite.DB
}

func open(t *testing.T) *office {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	j, err := journal.Open(t.Context(), db, preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	c, err := casework.Open(t.Context(), db, j)
	if err != nil {
		t.Fatal(err)
	}
	return &office{c, db}
}

func (o *office) do(t *testing.T, fn func(tx *sqlite.Tx) error) error {
	t.Helper()
	return o.db.Write(t.Context(), fn)
}

func TestConsent_OpensAGateUntilItIsWithdrawn(t *testing.T) {
	o := open(t)
	one := casework.Case{ID: preau.NewID(), Type: casework.Consent, Subject: "lou", By: "parent", Fields: map[string]string{"to": "D'Col", "given_by": "parent"}}
	for range 2 { // sent twice, one case
		if err := o.do(t, func(tx *sqlite.Tx) error { return o.File(tx, one) }); err != nil {
			t.Fatal(err)
		}
	}
	agreed := func() bool {
		ok, err := o.Agreed(t.Context(), one.ID)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if agreed() {
		t.Error("agreed to before anybody decided")
	}
	if all, err := o.Waiting(t.Context(), casework.Consent); err != nil || len(all) != 1 {
		t.Errorf("%v, %v", all, err)
	}
	for _, step := range []struct {
		to   casework.State
		want bool
	}{{casework.Agreed, true}, {casework.Agreed, true}, {casework.Withdrawn, false}} {
		if err := o.do(t, func(tx *sqlite.Tx) error { return o.Decide(tx, one.ID, "principal", step.to, "") }); err != nil || agreed() != step.want {
			t.Errorf("%s: %v", step.to, err)
		}
	}
	steps, err := o.Steps(t.Context(), one.ID)
	if err != nil || len(steps) != 3 || steps[2].State != casework.Withdrawn {
		t.Errorf("%v, %v", steps, err)
	}
	if ok, err := o.Agreed(t.Context(), preau.NewID()); ok || err != nil {
		t.Errorf("a case that is not there: %v, %v", ok, err)
	}
	if n, err := o.Purge(t.Context(), time.Now().Add(time.Hour)); err != nil || n != 1 {
		t.Errorf("purged %d, %v", n, err)
	}
}

func TestFile_RefusesWhatIsNotOnTheList(t *testing.T) {
	o := open(t)
	good := map[string]string{"from": "2026-11-20 matin", "to": "2026-11-20 matin", "reason": "transport"}
	for name, c := range map[string]casework.Case{
		"unknown type": {Type: "certificat-medical", Fields: good},
		"lacks":        {Type: casework.Justification, Fields: map[string]string{"from": "x"}},
		"extra":        {Type: casework.Justification, Fields: map[string]string{"from": "x", "to": "x", "reason": "x", "diagnosis": "x"}},
		"too long":     {Type: casework.Justification, Fields: map[string]string{"from": "x", "to": "x", "reason": strings.Repeat("x", 300)}},
	} {
		c.ID, c.Subject, c.By = preau.NewID(), "lou", "cpe"
		if err := o.do(t, func(tx *sqlite.Tx) error { return o.File(tx, c) }); preau.KindOf(err) != preau.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
