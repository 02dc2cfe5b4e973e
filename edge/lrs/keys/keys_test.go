package keys_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/edge/lrs/keys"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
)

func open(t *testing.T) (*keys.Keys, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "preau.db")
	db, err := sqlite.Open(t.Context(), path, preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	k, err := keys.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return k, path
}

func TestKey_OpensUntilItIsRevoked(t *testing.T) {
	k, path := open(t)
	key, secret, err := k.Create(t.Context(), "Exercices", []keys.Scope{keys.StatementsWrite, keys.State})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for range 2 { // found, then remembered
		got, ok, err := k.Check(t.Context(), key.ID, secret, now)
		if err != nil || !ok || got.Name != "Exercices" || !got.May(keys.State) || got.May(keys.AllRead) {
			t.Fatalf("%+v, %v, %v", got, ok, err)
		}
	}
	for _, wrong := range [][2]string{{key.ID, secret + "x"}, {key.ID, ""}, {"", secret}, {strings.ToUpper(key.ID) + "0", secret}} {
		if _, ok, err := k.Check(t.Context(), wrong[0], wrong[1], now); ok || err != nil {
			t.Errorf("%q opens, %v", wrong, err)
		}
	}
	for _, name := range []string{path, path + "-wal"} {
		if b, err := os.ReadFile(name); err == nil && strings.Contains(string(b), secret) {
			t.Errorf("the secret can be read in %s", filepath.Base(name))
		}
	}
	if list, err := k.List(t.Context()); err != nil || len(list) != 1 || list[0].ID != key.ID {
		t.Errorf("%v, %v", list, err)
	}
	if err := k.Revoke(t.Context(), key.ID); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := k.Check(t.Context(), key.ID, secret, now); ok {
		t.Error("a revoked key opens")
	}
	if err := k.Revoke(t.Context(), key.ID); preau.KindOf(err) != preau.NotFound {
		t.Errorf("revoked twice: %v", err)
	}
}

func TestGrant_SpeaksForOneAttemptUntilItEnds(t *testing.T) {
	k, _ := open(t)
	until := time.Now().Add(time.Hour)
	g := keys.Grant{Actor: xapi.Agent{Account: xapi.Account{HomePage: "https://ecole.example", Name: "lou"}}, Registration: preau.NewID(),
		Activity: "https://cours.example/1", Scopes: []keys.Scope{keys.StatementsWrite}, Until: until}
	_, token, err := k.Issue(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	id, secret, _ := strings.Cut(string(raw), ":")
	key, ok, err := k.Check(t.Context(), id, secret, time.Now())
	if err != nil || !ok || key.Grant == nil || key.Grant.Registration != g.Registration || !key.Grant.Actor.Same(g.Actor) || key.Grant.Activity != g.Activity {
		t.Fatalf("%+v, %v, %v", key, ok, err)
	}
	if _, ok, _ := k.Check(t.Context(), id, secret, until); ok {
		t.Error("a grant opens after its end")
	}
	if list, err := k.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("grants are listed with the keys: %v, %v", list, err)
	}
}

func TestCreate_Refuses(t *testing.T) {
	k, _ := open(t)
	for name, c := range map[string]struct {
		name   string
		scopes []keys.Scope
	}{"no name": {" ", []keys.Scope{keys.All}}, "no scope": {"a", nil}, "unknown": {"a", []keys.Scope{"define/everything"}}, "control": {"a\x07", []keys.Scope{keys.All}}} {
		if _, _, err := k.Create(t.Context(), c.name, c.scopes); preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := k.Issue(t.Context(), keys.Grant{Scopes: []keys.Scope{keys.All}}); preau.KindOf(err) != preau.Invalid {
		t.Errorf("a grant without end: %v", err)
	}
}

// TestRevoke_IsNotOutrunByARequest revokes keys while requests open them: once
// Revoke has returned, none does, whatever was being remembered meanwhile.
func TestRevoke_IsNotOutrunByARequest(t *testing.T) {
	k, _ := open(t)
	for range 30 {
		key, secret, err := k.Create(t.Context(), "a", []keys.Scope{keys.All})
		if err != nil {
			t.Fatal(err)
		}
		var asking sync.WaitGroup
		for range 4 {
			asking.Go(func() {
				if _, _, err := k.Check(t.Context(), key.ID, secret, time.Now()); err != nil {
					t.Error(err)
				}
			})
		}
		if err := k.Revoke(t.Context(), key.ID); err != nil {
			t.Fatal(err)
		}
		asking.Wait()
		if _, ok, err := k.Check(t.Context(), key.ID, secret, time.Now()); ok || err != nil {
			t.Fatalf("a revoked key opens, %v", err)
		}
	}
}
