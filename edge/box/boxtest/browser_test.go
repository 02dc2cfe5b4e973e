package boxtest

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestAxe_Fires: the check that every screen must pass can fail.
func TestAxe_Fires(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<!doctype html><html><head><title>x</title></head><body><main><h1>x</h1><img src="/a.png"><input></main></body></html>`))
	}))
	defer srv.Close()
	p := NewBrowser(t).NewPage("bad page", 800, 600)
	p.Open(srv.URL)
	p.WaitFor(`document.querySelector("h1")`, 5*time.Second)
	ids := map[string]bool{}
	for _, v := range p.Axe() {
		ids[v.ID] = true
	}
	for _, want := range []string{"html-has-lang", "image-alt", "label"} {
		if !ids[want] {
			t.Errorf("axe did not report %s: %v", want, ids)
		}
	}
}
