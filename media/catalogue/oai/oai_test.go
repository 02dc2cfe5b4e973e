package oai_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/media/catalogue/oai"
	"preau/media/catalogue/oai/oaitest"
)

func records(n int) func() []oaitest.Record {
	var list []oaitest.Record
	for i := range n {
		list = append(list, oaitest.Record{ID: fmt.Sprintf("oai:test:%d", i), Stamp: "2026-11-01", Notice: oaitest.Notice(fmt.Sprintf("urn:t:%d", i), "Un texte", "un.pdf")})
	}
	return func() []oaitest.Record { return list }
}

// patient is a client that notes its waits instead of waiting.
func patient(t *testing.T, address string) (*oai.Client, *[]time.Duration) {
	t.Helper()
	waits := &[]time.Duration{}
	c, err := oai.New(address, func(_ context.Context, d time.Duration) error {
		*waits = append(*waits, d)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, waits
}

func list(t *testing.T, c *oai.Client, r oai.Request, token string) (ids []string, pages int, err error) {
	t.Helper()
	err = c.List(t.Context(), r, token, func(p oai.Page) error {
		pages++
		for _, r := range p.Records {
			ids = append(ids, r.ID)
		}
		return nil
	})
	return ids, pages, err
}

func serve(t *testing.T, n int) *oaitest.Server {
	s := oaitest.Start(records(n))
	t.Cleanup(s.Close)
	return s
}

var lom = oai.Request{Prefix: "lom"}

func TestList_PagesByToken(t *testing.T) {
	s := serve(t, 5)
	c, waits := patient(t, s.URL+"/oai")
	ids, pages, err := list(t, c, oai.Request{Prefix: "lom", From: "2026-10-01", Until: "2026-11-30"}, "")
	if err != nil || len(ids) != 5 || pages != 3 || len(*waits) > 0 {
		t.Fatal(ids, pages, *waits, err)
	}
	asked := s.Asked()
	if q := asked[0]; q.Get("verb") != "ListRecords" || q.Get("metadataPrefix") != "lom" || q.Get("from") != "2026-10-01" || q.Get("until") != "2026-11-30" || q.Has("set") {
		t.Error(q)
	}
	if q := asked[1]; len(q) != 2 || q.Get("resumptionToken") == "" {
		t.Errorf("a token is asked with other arguments: %v", q)
	}
	if ids, pages, err := list(t, c, lom, asked[2].Get("resumptionToken")); err != nil || pages != 1 || len(ids) != 1 || ids[0] != "oai:test:4" {
		t.Error("going on at a token:", ids, pages, err)
	}
	if ids, _, err := list(t, c, oai.Request{Prefix: "lom", Set: "other"}, ""); err != nil || len(ids) != 0 {
		t.Error("nothing matches:", ids, err)
	}
}

func TestList_Refusals(t *testing.T) {
	s := serve(t, 1)
	c, _ := patient(t, s.URL)
	if _, _, err := list(t, c, oai.Request{Prefix: "marc"}, ""); preau.KindOf(err) != preau.Invalid || !strings.Contains(preau.RemedyOf(err), "--metadata-prefix") {
		t.Error(err)
	}
	if _, _, err := list(t, c, lom, "stale"); !errors.Is(err, oai.ErrToken) || preau.KindOf(err) != preau.Conflict {
		t.Error(err)
	}
	for code, kind := range map[string]preau.Kind{"badArgument": preau.Invalid, "noSetHierarchy": preau.Invalid, "badVerb": preau.Unavailable} {
		s.Before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			fmt.Fprint(w, oaitest.Answer(s.Now, oaitest.Fault(code)))
			return true
		}
		if _, _, err := list(t, c, lom, ""); preau.KindOf(err) != kind || preau.RemedyOf(err) == "" || !strings.Contains(err.Error(), "said by the test") {
			t.Error(code, err)
		}
	}
	for _, address := range []string{"ftp://a", "oai", "http://", "http://a/oai?verb=Identify", "http://a/#b"} {
		if _, err := oai.New(address, nil); preau.KindOf(err) != preau.Invalid {
			t.Error(address, err)
		}
	}
	if _, _, err := list(t, c, oai.Request{Prefix: "lom", Set: strings.Repeat("s", 9000)}, ""); preau.KindOf(err) != preau.Invalid {
		t.Error(err)
	}
}

func TestList_WaitsAsLongAsTheServerAsks(t *testing.T) {
	s := serve(t, 3)
	s.Before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		switch n {
		case 1:
			w.Header().Set("Retry-After", "7")
		case 2:
			w.Header().Set("Retry-After", time.Now().Add(90*time.Second).UTC().Format(http.TimeFormat))
		case 3: // busy, and does not say for how long
		default:
			return false
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	c, waits := patient(t, s.URL)
	ids, _, err := list(t, c, lom, "")
	if w := *waits; err != nil || len(ids) != 3 || len(w) != 3 || w[0] != 7*time.Second || w[1] < time.Second || w[1] > 90*time.Second || w[2] <= 0 {
		t.Error(ids, *waits, err)
	}
	for asked, most := range map[string]int{"86400": 0, "1": 13, "": 4} {
		s.Before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Retry-After", asked)
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}
		c, waits := patient(t, s.URL)
		if _, _, err := list(t, c, lom, ""); preau.KindOf(err) != preau.Unavailable || preau.RemedyOf(err) == "" || len(*waits) > most {
			t.Errorf("Retry-After %q: %v after %d waits", asked, err, len(*waits))
		}
	}
}

func TestList_AsksAgainForAPageThatWasCut(t *testing.T) {
	s := serve(t, 4)
	s.Before = func(n int, w http.ResponseWriter, r *http.Request) bool {
		switch n {
		case 2: // the line is cut in the middle
			w.Header().Set("Content-Length", "100000")
			fmt.Fprint(w, oaitest.Answer(s.Now, "<ListRecords>")[:200])
			return true
		case 3: // and so is the document
			fmt.Fprint(w, oaitest.Answer(s.Now, oaitest.XML(records(4)()[2]))[:400])
			return true
		case 4:
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}
		return false
	}
	c, waits := patient(t, s.URL)
	if ids, pages, err := list(t, c, lom, ""); err != nil || len(ids) != 4 || pages != 2 || len(*waits) != 3 {
		t.Error(ids, pages, *waits, err)
	}
	s.Before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusBadGateway)
		return true
	}
	c, waits = patient(t, s.URL)
	if _, _, err := list(t, c, lom, ""); preau.KindOf(err) != preau.Unavailable || len(*waits) != 3 {
		t.Error(*waits, err)
	}
	s.Close()
	if _, _, err := list(t, c, lom, ""); preau.KindOf(err) != preau.Unavailable {
		t.Error(err)
	}
}

func TestList_EndsAtAnEndlessServer(t *testing.T) {
	s := serve(t, 1)
	s.Before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		fmt.Fprint(w, oaitest.Answer(s.Now, fmt.Sprintf("<ListRecords>%s<resumptionToken>t%d</resumptionToken></ListRecords>", oaitest.XML(records(1)()[0]), n%3)))
		return true
	}
	c, _ := patient(t, s.URL)
	if _, pages, err := list(t, c, lom, ""); preau.KindOf(err) != preau.Corrupt || pages != 3 {
		t.Error(pages, err)
	}
	if _, pages, err := list(t, c, lom, "t1"); preau.KindOf(err) != preau.Corrupt || pages > 3 {
		t.Error("going on:", pages, err)
	}
}

func TestList_BoundsRedirectsAndPages(t *testing.T) {
	s := serve(t, 1)
	hops := 0
	s.Before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if hops++; hops > 3 {
			return false
		}
		http.Redirect(w, r, fmt.Sprintf("/%d?%s", hops, r.URL.RawQuery), http.StatusFound)
		return true
	}
	c, _ := patient(t, s.URL)
	if ids, _, err := list(t, c, lom, ""); err != nil || len(ids) != 1 {
		t.Error(ids, err)
	}
	s.Before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, r.URL.Path+"x?"+r.URL.RawQuery, http.StatusFound)
		return true
	}
	if _, _, err := list(t, c, lom, ""); preau.KindOf(err) != preau.Invalid {
		t.Error("without end:", err)
	}
	s.Before = func(_ int, w http.ResponseWriter, _ *http.Request) bool { // never ends
		b := []byte(strings.Repeat(" ", 1<<20))
		for range oai.MaxPage>>20 + 2 {
			if _, err := w.Write(b); err != nil {
				return true
			}
		}
		return true
	}
	if _, _, err := list(t, c, lom, ""); preau.KindOf(err) != preau.Corrupt {
		t.Error("a page too long:", err)
	}
	s.Before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusNotFound)
		return true
	}
	if _, _, err := list(t, c, lom, ""); preau.KindOf(err) != preau.NotFound {
		t.Error("no such page:", err)
	}
}

func TestList_KeepsAProtectedLine(t *testing.T) {
	plain := serve(t, 1)
	tls := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	defer tls.Close()
	c, _ := patient(t, tls.URL)
	oai.Trust(c, tls.Client())
	if _, _, err := list(t, c, lom, ""); preau.KindOf(err) != preau.Invalid || len(plain.Asked()) > 0 {
		t.Error(err)
	}
}
