package lrs_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"preau"
	"preau/edge/lrs/keys"
)

// TestOtherOrigins: the content of packs asks first whether it may, without a
// key, and may read what it needs of the answer.
func TestOtherOrigins(t *testing.T) {
	c := serve(t).with(t, keys.All)
	c.id, c.pwd = "", ""
	res, _ := c.ask("OPTIONS", "/statements", "", map[string]string{"Origin": "https://pack.example", "Access-Control-Request-Method": "PUT", "X-Experience-API-Version": "", "Authorization": ""})
	if res.StatusCode != http.StatusNoContent || res.Header.Get("Access-Control-Allow-Origin") != "*" || res.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	for _, name := range []string{"Authorization", "Content-Type", "If-Match", "If-None-Match", "X-Experience-API-Version"} {
		if !strings.Contains(res.Header.Get("Access-Control-Allow-Headers"), name) {
			t.Errorf("%s may not be sent", name)
		}
	}
	res, _ = c.ask("GET", "/statements", "", nil)
	if res.StatusCode != http.StatusUnauthorized || res.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("a refusal that the page cannot read: %d %v", res.StatusCode, res.Header)
	}
}

// TestHead answers as GET does, without the body.
func TestHead(t *testing.T) {
	c := serve(t).with(t, keys.All)
	id := preau.NewID().String()
	c.ask("POST", "/statements", string(statement(id, "lea", "")), map[string]string{"Content-Type": "application/json"})
	state := "/activities/state?" + asked + "&agent=" + url.QueryEscape(lea)
	c.ask("PUT", state+"&stateId=s", "text", map[string]string{"Content-Type": "text/plain"})
	for _, path := range []string{"/statements?limit=1", "/statements?statementId=" + id, "/statements?attachments=true", "/activities?" + asked,
		"/agents?agent=" + url.QueryEscape(lea), "/about", state, state + "&stateId=s"} {
		get, whole := c.ask("GET", path, "", nil)
		head, body := c.ask("HEAD", path, "", nil)
		if get.StatusCode != http.StatusOK || head.StatusCode != http.StatusOK || whole == "" || body != "" {
			t.Errorf("%s: %d %d %q", path, get.StatusCode, head.StatusCode, body)
		}
		for _, name := range []string{"ETag", "Last-Modified", "X-Experience-API-Version"} {
			if get.Header.Get(name) != head.Header.Get(name) {
				t.Errorf("%s: %s is %q to HEAD and %q to GET", path, name, head.Header.Get(name), get.Header.Get(name))
			}
		}
		if path != "/about" && get.Header.Get("X-Experience-API-Consistent-Through") == "" {
			t.Errorf("%s: no consistent-through", path)
		}
	}
	if res, _ := c.ask("HEAD", "/statements?statementId="+preau.NewID().String(), "", nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("HEAD of nothing: %d", res.StatusCode)
	}
}

// TestRefusals: what is not known, too much or another's is refused with words.
func TestRefusals(t *testing.T) {
	c := serve(t).with(t, keys.All)
	one := string(statement(preau.NewID().String(), "lea", ""))
	asJSON := map[string]string{"Content-Type": "application/json"}
	parts := map[string]string{"Content-Type": "multipart/mixed; boundary=b"}
	part := func(headers, body string) string { return "--b\r\n" + headers + "\r\n\r\n" + body + "\r\n" }
	first := part("Content-Type: application/json", one)
	for name, ask := range map[string]struct {
		method, path, body string
		headers            map[string]string
		status             int
		says               string
	}{
		"a resource":               {"GET", "/statement", "", nil, 404, "/xapi/statements"},
		"a method":                 {"DELETE", "/statements", "", nil, 405, "DELETE"},
		"a parameter":              {"GET", "/statements?Agent=x", "", nil, 400, `"Agent"`},
		"a parameter twice":        {"GET", "/statements?limit=1&limit=2", "", nil, 400, "twice"},
		"two ids":                  {"GET", "/statements?statementId=" + preau.NewID().String() + "&voidedStatementId=" + preau.NewID().String(), "", nil, 400, "exclude"},
		"an id and a filter":       {"GET", "/statements?limit=1&statementId=" + preau.NewID().String(), "", nil, 400, `"limit"`},
		"a negative limit":         {"GET", "/statements?limit=-1", "", nil, 400, "0 or more"},
		"a number as truth":        {"GET", "/statements?ascending=1", "", nil, 400, "true or false"},
		"a time":                   {"GET", "/statements?since=yesterday", "", nil, 400, `"since"`},
		"a link that is none":      {"GET", "/statements?more=zz", "", nil, 400, ""},
		"an agent that is none":    {"GET", "/agents?agent=lea", "", nil, 400, `"agent"`},
		"another id in the body":   {"PUT", "/statements?statementId=" + preau.NewID().String(), one, asJSON, 400, "address"},
		"no id":                    {"PUT", "/statements", one, asJSON, 400, `"statementId"`},
		"text":                     {"POST", "/statements", one, map[string]string{"Content-Type": "text/plain"}, 400, "application/json"},
		"another charset":          {"POST", "/statements", one, map[string]string{"Content-Type": "application/json; charset=iso-8859-1"}, 400, "UTF-8"},
		"JSON after JSON":          {"POST", "/statements", one + one, asJSON, 400, ""},
		"too much":                 {"POST", "/statements", "[" + strings.Repeat(" ", 10<<20) + "]", asJSON, 413, "larger"},
		"a document too long":      {"PUT", "/activities/profile?" + asked + "&profileId=p", strings.Repeat("x", 2<<20+1), map[string]string{"If-None-Match": "*"}, 413, "larger"},
		"no boundary":              {"POST", "/statements", first + "--b--", map[string]string{"Content-Type": "multipart/mixed"}, 400, "boundary"},
		"no end":                   {"POST", "/statements", first, parts, 400, "parts"},
		"a part nobody described":  {"POST", "/statements", first + part("Content-Transfer-Encoding: binary\r\nX-Experience-API-Hash: 00", "x") + "--b--", parts, 400, "no attachment"},
		"a part without hash":      {"POST", "/statements", first + part("Content-Transfer-Encoding: binary", "x") + "--b--", parts, 400, "X-Experience-API-Hash"},
		"a part in base64":         {"POST", "/statements", first + part("Content-Transfer-Encoding: base64\r\nX-Experience-API-Hash: 00", "x") + "--b--", parts, 400, "binary"},
		"a first part that is XML": {"POST", "/statements", part("Content-Type: application/xml", "<x/>") + "--b--", parts, 400, "first part"},
	} {
		t.Run(name, func(t *testing.T) {
			res, body := c.ask(ask.method, ask.path, ask.body, ask.headers)
			if res.StatusCode != ask.status || !strings.Contains(body, ask.says) || body == "" || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/plain") {
				t.Errorf("%d %s, wanted %d with %q", res.StatusCode, body, ask.status, ask.says)
			}
		})
	}
	if got := c.found(""); len(got) != 0 {
		t.Errorf("a refused request left %v", got)
	}
}

// TestStates_Differ: 1.0.3 lets a state be written over as it is; 2.0 asks
// which version is replaced, as of the other documents.
func TestStates_Differ(t *testing.T) {
	c := serve(t).with(t, keys.All)
	for version, again := range map[string]int{"1.0.3": 204, "2.0.0": 409} {
		path := "/activities/state?" + asked + "&agent=" + url.QueryEscape(lea) + "&stateId=" + version
		headers := map[string]string{"X-Experience-API-Version": version}
		if res, body := c.ask("PUT", path, "1", headers); res.StatusCode != 204 {
			t.Fatalf("%s: %d %s", version, res.StatusCode, body)
		}
		if res, body := c.ask("PUT", path, "2", headers); res.StatusCode != again {
			t.Errorf("%s, again: %d %s", version, res.StatusCode, body)
		}
	}
}

// TestAuthority_IsTheKey, whatever a statement claims.
func TestAuthority_IsTheKey(t *testing.T) {
	c := serve(t).with(t, keys.All)
	id := preau.NewID().String()
	claim := statement(id, "lea", `,"authority":{"mbox":"mailto:recteur@c.example"}`)
	if res, body := c.ask("POST", "/statements", string(claim), map[string]string{"Content-Type": "application/json"}); res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	if _, body := c.ask("GET", "/statements?statementId="+id, "", nil); strings.Contains(body, "recteur") || !strings.Contains(body, c.id) {
		t.Errorf("the authority is what the statement claims: %s", body)
	}
}

// TestLostAttachment_BreaksTheAnswerOff: an answer that cannot be finished does not end as if it
// were whole.
func TestLostAttachment_BreaksTheAnswerOff(t *testing.T) {
	s := serve(t)
	c := s.with(t, keys.All)
	sum := sha256.Sum256([]byte("secret"))
	sha := hex.EncodeToString(sum[:])
	described := fmt.Sprintf(`,"attachments":[{"usageType":"https://u.example/x","display":{"fr":"x"},"contentType":"text/plain","length":6,"sha2":%q}]`, sha)
	body := "--b\r\nContent-Type: application/json\r\n\r\n" + string(statement(preau.NewID().String(), "lea", described)) +
		"\r\n--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: " + sha + "\r\n\r\nsecret\r\n--b--\r\n"
	if res, said := c.ask("POST", "/statements", body, map[string]string{"Content-Type": "multipart/mixed; boundary=b"}); res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, said)
	}
	if err := os.RemoveAll(filepath.Join(s.dir, "attachments")); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodGet, c.url+"/statements?attachments=true", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(c.id, c.pwd)
	req.Header.Set("X-Experience-API-Version", "1.0.3")
	res, err := http.DefaultClient.Do(req)
	if err == nil { // what was written first may have come
		defer res.Body.Close()
		_, err = io.ReadAll(res.Body)
	}
	if err == nil {
		t.Error("the answer ends as if it were whole")
	}
}

// FuzzParams sends any query to every resource: it is answered or refused.
func FuzzParams(f *testing.F) {
	f.Add("limit=1&ascending=true&since=2026-01-01T00:00:00Z&format=ids")
	f.Add("agent=" + url.QueryEscape(lea) + "&activityId=a:b&stateId=x&registration=" + preau.NewID().String())
	f.Add("more=AAAA")
	f.Add("statementId=x;a=b&%zz=%ff")
	c := serve(f).with(f, keys.All)
	f.Fuzz(func(t *testing.T, query string) {
		for _, path := range []string{"statements", "activities", "agents", "about", "activities/state", "activities/profile", "agents/profile"} {
			r := httptest.NewRequest("GET", "/xapi/"+path, nil)
			r.URL.RawQuery = query
			r.SetBasicAuth(c.id, c.pwd)
			r.Header.Set("X-Experience-API-Version", "2.0.0")
			w := httptest.NewRecorder()
			c.handler.ServeHTTP(w, r)
			if w.Code != 200 && w.Code != 400 && w.Code != 404 {
				body, _ := io.ReadAll(w.Body)
				t.Fatalf("%s?%s: %d %s", path, query, w.Code, body)
			}
		}
	})
}
