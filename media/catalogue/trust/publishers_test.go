package trust_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"

	"preau"
	"preau/media/catalogue/trust"
)

// film is an item of a publisher, as JSON.
func film(id, publisher string) string {
	return fmt.Sprintf(`{"id":"ark:/99999/%s","kind":"offer","title":"Film","lang":"fr","service":"s","publisher":%q,"taxons":[],"licence":"CC0-1.0","rights":{"display":"all","download":"all"}}`, id, publisher)
}

// takes refreshes and returns the ids of a publisher's items.
func (b *box) takes(r *repo, publisher string) (string, error) {
	b.t.Helper()
	v, err := b.client.Refresh(b.t.Context(), r)
	if err != nil {
		b.t.Fatalf("the catalogue itself: %v", err)
	}
	defer v.Close()
	if _, err := v.Publishers(); err != nil {
		return "", err
	}
	shelf, err := v.Shelf(b.t.Context(), publisher, nil)
	if err != nil {
		return "", err
	}
	var ids []string
	for _, ref := range shelf.Packs {
		pack, _, err := shelf.Pack(b.t.Context(), ref)
		if err != nil {
			return "", err
		}
		for _, it := range pack.Items {
			ids = append(ids, it.ID)
		}
	}
	return strings.Join(ids, " "), nil
}

// TestPublishers_Refuses has publishers, thieves of their keys and mirrors do
// what they can. The catalogue's own part is taken each time, the message says
// whose part is not, why and what to do, and a true delivery is taken after.
func TestPublishers_Refuses(t *testing.T) {
	for name, test := range map[string]struct {
		attack func(r *repo, lune *grant)
		want   trust.Reason
		text   string
	}{
		"wrong delegation: it signs a path of another publisher": {func(r *repo, lune *grant) {
			lune.deliver(r, film("one", "lune"), lune.keys, "publishers/soleil/index.json")
		}, trust.Delegation, `publisher lune: what was signed is not its own (it signed "publishers/soleil/index.json", which is not in its folder)`},
		"wrong delegation: it signs a file of the catalogue itself": {func(r *repo, lune *grant) {
			lune.deliver(r, film("one", "lune"), lune.keys, "index.json")
		}, trust.Delegation, `publisher lune: what was signed is not its own (it signed "index.json", which is not in its folder)`},
		"an item of another publisher": {func(r *repo, lune *grant) {
			lune.deliver(r, film("one", "soleil"), lune.keys)
		}, trust.Delegation, "publisher lune: what was signed is not its own (it signed ark:/99999/one, an item of publisher soleil)"},
		"threshold not met": {func(r *repo, lune *grant) {
			lune.deliver(r, film("one", "lune"), lune.keys[:1])
		}, trust.Signature, "publisher lune: its part of the catalogue is not signed by enough of its keys"},
		"one key signing twice is one signature": {func(r *repo, lune *grant) {
			lune.deliver(r, film("one", "lune"), []ed25519.PrivateKey{lune.keys[0], lune.keys[0]})
		}, trust.Signature, "publisher lune: its part of the catalogue is not signed by enough of its keys"},
		"keys of another publisher": {func(r *repo, lune *grant) {
			other := r.grant("soleil", 2, 2)
			lune.deliver(r, film("one", "lune"), other.keys)
		}, trust.Signature, "publisher lune: its part of the catalogue is not signed by enough of its keys"},
		"revoked keys": {func(r *repo, lune *grant) {
			stolen := lune.keys
			lune.renew(r, 2)
			lune.deliver(r, film("evil", "lune"), stolen)
		}, trust.Signature, "publisher lune: its part of the catalogue is not signed by enough of its keys"},
		"an expired delivery": {func(r *repo, lune *grant) {
			r.now = start.AddDate(-2, 0, 0)
			lune.deliver(r, film("one", "lune"), lune.keys)
			r.now = start
		}, trust.Expired, "publisher lune: its part of the catalogue is past its date"},
		"a pack altered on the mirror": {func(r *repo, lune *grant) {
			lune.deliver(r, film("one", "lune"), lune.keys)
			for name, b := range r.files {
				if strings.HasPrefix(name, "targets/publishers/lune/packs/") {
					r.files[name] = bytes.Replace(b, []byte("Film"), []byte("Evil"), 1)
				}
			}
		}, trust.Mixed, "publisher lune: the files of its part do not belong together or were altered"},
		"an endless pack": {func(r *repo, lune *grant) {
			lune.deliver(r, film("one", "lune"), lune.keys)
			for name := range r.files {
				if strings.HasPrefix(name, "targets/publishers/lune/packs/") {
					r.files[name] = bytes.Repeat([]byte(" "), 1<<20)
				}
			}
		}, trust.TooLong, "publisher lune: a file of its part is longer than allowed"},
		"more packs than a box takes": {func(r *repo, lune *grant) {
			lune.more = 40
			lune.deliver(r, film("one", "lune"), lune.keys)
			lune.more = 0
		}, trust.TooMuch, "publisher lune: it offers more notices than a box takes of one (640 MB in its packs, over 512)"},
		"a delegation to all paths": {func(r *repo, lune *grant) {
			lune.paths = []string{"*"}
			lune.deliver(r, film("one", "lune"), lune.keys)
		}, trust.Delegation, "what was signed is not its own"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRepo(t)
			lune := r.grant("lune", 3, 2)
			lune.deliver(r, film("zero", "lune"), lune.keys)
			r.publish("one")
			b := newBox(t, r.files["metadata/1.root.json"])
			if ids, err := b.takes(r, "lune"); err != nil || ids != "ark:/99999/zero" {
				t.Fatalf("%q, %v", ids, err)
			}
			test.attack(r, lune)
			r.publish("two")
			_, err := b.takes(r, "lune")
			e, _ := err.(*preau.Error)
			if trust.ReasonOf(err) != test.want || e == nil || e.Text != test.text || preau.RemedyOf(err) == "" {
				t.Fatalf("got %v (reason %q, remedy %q)\nwant %s", err, trust.ReasonOf(err), preau.RemedyOf(err), test.text)
			}
			b.accepts(r, "two")
			lune.paths = nil
			lune.deliver(r, film("two", "lune"), lune.keys)
			r.publish("three")
			b.restart()
			if ids, err := b.takes(r, "lune"); err != nil || ids != "ark:/99999/two" {
				t.Fatalf("a true delivery: %q, %v", ids, err)
			}
		})
	}
}

// TestPublishers_RollbackOutlivesTornBodies: whoever holds the snapshot's and
// the timestamp's keys cannot bring a publisher's old delivery back, even to a
// box whose copies were torn by a power cut.
func TestPublishers_RollbackOutlivesTornBodies(t *testing.T) {
	for _, torn := range []bool{false, true} {
		r := newRepo(t)
		lune := r.grant("lune", 1, 1)
		lune.deliver(r, film("zero", "lune"), lune.keys)
		lune.deliver(r, film("one", "lune"), lune.keys)
		r.publish("one")
		b := newBox(t, r.files["metadata/1.root.json"])
		if ids, err := b.takes(r, "lune"); err != nil || ids != "ark:/99999/one" {
			t.Fatalf("%q, %v", ids, err)
		}
		if torn {
			b.damage("UPDATE catalogue_role SET body = substr(body, 1, length(body)/2)")
			b.restart()
		}
		lune.version = 1
		r.publish("two")
		v, err := b.client.Refresh(t.Context(), r)
		if err == nil {
			_, err = v.Shelf(t.Context(), "lune", nil)
			v.Close()
		}
		if trust.ReasonOf(err) != trust.Rollback || preau.RemedyOf(err) == "" {
			t.Errorf("torn=%v: %v", torn, err)
		}
	}
}

// TestPublishers_UnchangedIsNotFetchedAgain: a publisher that signed nothing
// new costs nothing.
func TestPublishers_UnchangedIsNotFetchedAgain(t *testing.T) {
	r := newRepo(t)
	lune := r.grant("lune", 1, 1)
	lune.deliver(r, film("zero", "lune"), lune.keys)
	r.publish("one")
	b := newBox(t, r.files["metadata/1.root.json"])
	if _, err := b.takes(r, "lune"); err != nil {
		t.Fatal(err)
	}
	r.publish("two")
	delete(r.files, "metadata/1.lune.json")
	b.restart()
	if ids, err := b.takes(r, "lune"); err != nil || ids != "ark:/99999/zero" {
		t.Errorf("%q, %v", ids, err)
	}
}
