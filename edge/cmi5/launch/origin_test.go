package launch_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"preau/edge/cmi5/launch"
	"preau/internal/httpkit"
)

func host(*http.Request) string { return "http://box" }

func TestReach_IsTheRecordStoreAlone(t *testing.T) {
	reach := launch.Reach(host)
	if got := reach(nil, "cours/c1"); got != "http://box/xapi/ http://box/cmi5/fetch/" {
		t.Errorf("a course reaches %q", got)
	}
	if got := reach(nil, "ark:/99999/x"); got != "" {
		t.Errorf("another pack reaches %q", got)
	}
}

func TestReturn_LeadsToTheCourseAndNowhereElse(t *testing.T) {
	mux := http.NewServeMux()
	launch.InstallReturn(&httpkit.Kit{Log: slog.New(slog.DiscardHandler)}, mux, host)
	ask := func(path, name string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", path, nil)
		r.Host = name
		mux.ServeHTTP(w, r)
		return w
	}
	w := ask(launch.Return("c1"), "box:81")
	if w.Code != 200 || !strings.Contains(w.Body.String(), `href="http://box/eleve/cours/c1"`) || !strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "sandbox allow-scripts; default-src 'none'") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	for _, bad := range []string{"/p/retour/%22%3E%3Cscript%3E", "/p/retour/..%2f..%2fprof", "/p/retour/" + strings.Repeat("a", 65)} {
		if w := ask(bad, "box"); w.Code != 400 {
			t.Errorf("%s: %d %s", bad, w.Code, w.Body)
		}
	}
	if w := ask(launch.Return("c1"), "box;script-src"); w.Code != 400 {
		t.Errorf("a Host that would write into the policy: %d", w.Code)
	}
}
