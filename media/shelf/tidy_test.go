package shelf_test

import (
	"testing"

	"preau/media/blob"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/publisher"
)

// TestTidy_NamesOfWhatIsGoneAreForgotten withdraws what is here, what is on its
// way and what never came.
func TestTidy_NamesOfWhatIsGoneAreForgotten(t *testing.T) {
	w := newWorld(t)
	w.publish(doc("stays", 100), doc("here", 200), doc("gone", 300), doc("coming", 400))
	w.must()
	here, gone, coming := w.digest("here", notice.RoleMain), w.digest("gone", notice.RoleMain), w.digest("coming", notice.RoleMain)
	repo, err := publisher.Open(t.Context(), w.repo)
	w.check(err)
	_, err = repo.Stock().Remove(t.Context(), []string{ark("here"), ark("gone"), ark("coming")})
	w.check(err)
	w.check(repo.Close())
	w.publish(doc("new", 500))
	w.must()
	w.publish(doc("newer", 500)) // what it was before leaves with the next but one
	w.must()
	w.check(w.blobs.Remove(gone))
	w.check(w.blobs.Remove(coming))
	in, err := w.blobs.Receive(t.Context(), coming, 400)
	w.check(err)
	_, err = in.Write(make([]byte, 100))
	w.check(err)
	w.check(in.Close())
	names := func() map[blob.Digest]bool {
		all, err := w.items.Orphans(t.Context())
		w.check(err)
		set := map[blob.Digest]bool{}
		for _, o := range all {
			set[o.Digest] = true
		}
		return set
	}
	if had := names(); !had[here] || !had[gone] || !had[coming] {
		t.Fatalf("of what was withdrawn only %d names are known", len(had))
	}
	w.check(w.Tidy(t.Context()))
	if has := names(); !has[here] || has[gone] || !has[coming] {
		t.Errorf("after tidying: here %t, gone %t, on its way %t; want its name kept of all but what is gone", has[here], has[gone], has[coming])
	}
}
