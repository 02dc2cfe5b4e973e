package lrs_test

import (
	"crypto/sha1" //nolint:gosec // what 1.0.3 makes ETags of
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"preau"
	"preau/edge/lrs/keys"
)

// ask is do with headers.
func (c *client) ask(method, path, body string, headers map[string]string) (*http.Response, string) {
	c.t.Helper()
	req, err := http.NewRequest(method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.SetBasicAuth(c.id, c.pwd)
	req.Header.Set("X-Experience-API-Version", "1.0.3")
	for k, v := range headers {
		if req.Header.Set(k, v); v == "" {
			req.Header.Del(k)
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res, string(got)
}

const (
	lea   = `{"mbox":"mailto:lea@c.example"}`
	asked = "activityId=https%3A%2F%2Fa.example%2Fx"
)

func TestDocuments_LoseNoChange(t *testing.T) {
	c := serve(t).with(t, keys.All)
	json1, json2 := `{"a":1,"b":{"c":1}}`, `{"b":{"d":2},"e":3}`
	state := "/activities/state?" + asked + "&agent=" + url.QueryEscape(lea) + "&stateId=place"
	profile := "/activities/profile?" + asked + "&profileId=p"
	asJSON := map[string]string{"Content-Type": "application/json"}
	etag := func(s string) string {
		sum := sha1.Sum([]byte(s)) //nolint:gosec // as above
		return `"` + hex.EncodeToString(sum[:]) + `"`
	}
	with := func(k, v string) map[string]string {
		return map[string]string{"Content-Type": "application/json", k: v}
	}
	for i, step := range []struct {
		method, path, body string
		headers            map[string]string
		status             int
		answer             string
	}{
		{"PUT", state, json1, asJSON, 204, ""},
		{"GET", state, "", nil, 200, json1},
		{"POST", state, json2, asJSON, 204, ""},
		{"GET", state, "", nil, 200, `{"a":1,"b":{"d":2},"e":3}`},
		{"POST", state, `[1]`, asJSON, 400, ""},
		{"PUT", state, "text", map[string]string{"Content-Type": "text/plain"}, 204, ""},
		{"POST", state, json1, asJSON, 400, ""}, // what is there is no JSON
		{"GET", state + "&registration=" + preau.NewID().String(), "", nil, 404, ""},
		{"GET", strings.TrimSuffix(state, "&stateId=place"), "", nil, 200, `["place"]`},
		{"GET", strings.TrimSuffix(state, "&stateId=place") + "&since=2999-01-01T00:00:00Z", "", nil, 200, `[]`},
		{"DELETE", strings.TrimSuffix(state, "&stateId=place"), "", nil, 204, ""},
		{"GET", state, "", nil, 404, ""},
		{"PUT", profile, json1, asJSON, 400, ""}, // neither If-Match nor If-None-Match
		{"PUT", profile, json1, with("If-None-Match", "*"), 204, ""},
		{"PUT", profile, json2, with("If-None-Match", "*"), 412, ""},
		{"PUT", profile, json2, asJSON, 409, ""},
		{"PUT", profile, json2, with("If-Match", etag(json2)), 412, ""},
		{"GET", profile, "", nil, 200, json1},
		{"PUT", profile, json2, with("If-Match", etag(json1)), 204, ""},
		{"DELETE", profile, "", map[string]string{"If-Match": etag(json1)}, 412, ""},
		{"GET", profile, "", nil, 200, json2},
		{"PUT", profile + "&other=1", json1, asJSON, 400, ""},
		{"PUT", profile, "{", with("If-Match", "*"), 400, ""},
	} {
		res, body := c.ask(step.method, step.path, step.body, step.headers)
		if res.StatusCode != step.status || step.answer != "" && strings.TrimSpace(body) != step.answer {
			t.Errorf("step %d, %s: %d %s, wanted %d %s", i+1, step.method, res.StatusCode, body, step.status, step.answer)
		}
		if step.method == "GET" && res.StatusCode == 200 && strings.Contains(step.path, "Id=p") && res.Header.Get("ETag") != etag(body) {
			t.Errorf("step %d: the ETag is %s", i+1, res.Header.Get("ETag"))
		}
	}
}

func TestScopes_AreKept(t *testing.T) {
	s := serve(t)
	state, write := s.with(t, keys.State), s.with(t, keys.StatementsWrite)
	path := "/activities/state?" + asked + "&agent=" + url.QueryEscape(lea) + "&stateId=x"
	if res, _ := write.ask("PUT", path, "x", nil); res.StatusCode != http.StatusForbidden {
		t.Errorf("a key for statements writes a state: %d", res.StatusCode)
	}
	if res, _ := state.ask("PUT", path, "x", nil); res.StatusCode != http.StatusNoContent {
		t.Errorf("a key for states: %d", res.StatusCode)
	}
	if res, _ := state.ask("PUT", "/agents/profile?agent="+url.QueryEscape(lea)+"&profileId=x", "x", map[string]string{"If-None-Match": "*"}); res.StatusCode != http.StatusForbidden {
		t.Errorf("a key for states writes a profile: %d", res.StatusCode)
	}
	stranger := *state
	stranger.pwd = "wrong"
	if res, _ := stranger.ask("GET", path, "", nil); res.StatusCode != http.StatusUnauthorized || res.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("a wrong secret: %d", res.StatusCode)
	}
}

func TestVersions(t *testing.T) {
	c := serve(t).with(t, keys.All)
	for version, want := range map[string]string{"1.0": "1.0.3", "1.0.7": "1.0.3", "2.0.0": "2.0.0"} {
		if res, _ := c.ask("GET", "/statements", "", map[string]string{"X-Experience-API-Version": version}); res.StatusCode != 200 || res.Header.Get("X-Experience-API-Version") != want {
			t.Errorf("%s: %d %s", version, res.StatusCode, res.Header.Get("X-Experience-API-Version"))
		}
	}
	for _, version := range []string{"", "0.95", "1.1.0", "2.1.0", "3"} {
		if res, _ := c.ask("GET", "/statements", "", map[string]string{"X-Experience-API-Version": version}); res.StatusCode != 400 || res.Header.Get("X-Experience-API-Version") == "" {
			t.Errorf("%q: %d %s", version, res.StatusCode, res.Header.Get("X-Experience-API-Version"))
		}
	}
	res, body := c.ask("GET", "/about", "", map[string]string{"X-Experience-API-Version": ""})
	var about struct{ Version []string }
	if err := json.Unmarshal([]byte(body), &about); err != nil || res.StatusCode != 200 || len(about.Version) == 0 {
		t.Errorf("about: %d %s %v", res.StatusCode, body, err)
	}
}

func TestAlternateSyntax(t *testing.T) {
	c := serve(t).with(t, keys.All)
	id := preau.NewID().String()
	form := url.Values{"statementId": {id}, "content": {string(statement(id, "lea", ""))}, "Content-Type": {"application/json"}, "X-Experience-API-Version": {"1.0.3"}}
	kind := map[string]string{"Content-Type": "application/x-www-form-urlencoded", "X-Experience-API-Version": ""}
	if res, body := c.ask("POST", "/statements?method=PUT", form.Encode(), kind); res.StatusCode != 204 {
		t.Fatalf("PUT in a form: %d %s", res.StatusCode, body)
	}
	get := url.Values{"statementId": {id}, "X-Experience-API-Version": {"1.0.3"}}
	if res, body := c.ask("POST", "/statements?method=GET", get.Encode(), kind); res.StatusCode != 200 || !strings.Contains(body, id) {
		t.Errorf("GET in a form: %d %s", res.StatusCode, body)
	}
	for name, path := range map[string]string{"another parameter": "/statements?method=GET&limit=1", "an unknown method": "/statements?method=PATCH"} {
		if res, _ := c.ask("POST", path, get.Encode(), kind); res.StatusCode != 400 {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	kind["X-Experience-API-Version"] = "2.0.0"
	if res, _ := c.ask("POST", "/statements?method=GET", get.Encode(), kind); res.StatusCode != 400 {
		t.Errorf("2.0.0 has no such syntax: %d", res.StatusCode)
	}
}
