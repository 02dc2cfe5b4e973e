package xapi_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/lrs/xapi"
)

func must(t testing.TB, text string) *xapi.Statement {
	t.Helper()
	st, err := xapi.Parse([]byte(text), xapi.V200)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return st
}

func TestEqual(t *testing.T) {
	a, b := `{"mbox":"mailto:a@x.example"}`, `{"mbox":"mailto:b@x.example"}`
	base := with()
	for name, tt := range map[string]struct {
		one, other string
		want       bool
	}{
		"the same":               {base, base, true},
		"what the store sets":    {base, with("id", `"6fa459ea-ee8a-3ca4-894e-db77e160355e"`, "stored", `"2026-01-01T00:00:00Z"`, "authority", a, "version", `"1.0.0"`, "timestamp", `"2026-01-01T00:00:00Z"`), true},
		"verb display":           {base, with("verb", `{"id":"https://verbs.example/read"}`), true},
		"activity definition":    {base, with("object", definition(`{"name":{"fr":"x"}}`)), true},
		"objectType by default":  {base, with("object", `{"objectType":"Activity","id":"https://ecole.example/a/1"}`, "actor", `{"objectType":"Agent","mbox":"mailto:lea@ecole.example"}`), true},
		"domain's case":          {base, with("actor", `{"mbox":"mailto:lea@ECOLE.example"}`), true},
		"name's case":            {base, with("actor", `{"mbox":"mailto:LEA@ecole.example"}`), false},
		"zone of the timestamp":  {with("timestamp", `"2026-11-23T09:00:00+01:00"`), with("timestamp", `"2026-11-23T08:00:00Z"`), true},
		"another timestamp":      {with("timestamp", `"2026-11-23T09:00:00Z"`), with("timestamp", `"2026-11-23T08:00:00Z"`), false},
		"order of members":       {with("actor", `{"objectType":"Group","member":[`+a+`,`+b+`]}`), with("actor", `{"objectType":"Group","member":[`+b+`,`+a+`]}`), true},
		"other members":          {with("actor", `{"objectType":"Group","member":[`+a+`]}`), with("actor", `{"objectType":"Group","member":[`+b+`]}`), false},
		"one or a list":          {with("context", `{"contextActivities":{"other":`+activity+`}}`), with("context", `{"contextActivities":{"other":[`+activity+`]}}`), true},
		"number written twice":   {with("result", `{"score":{"raw":10}}`), with("result", `{"score":{"raw":1.0e1}}`), true},
		"another number":         {with("result", `{"score":{"raw":10}}`), with("result", `{"score":{"raw":10.0000000000000000001}}`), false},
		"duration is a string":   {with("result", `{"duration":"PT60S"}`), with("result", `{"duration":"PT1M"}`), false},
		"hundredths of a second": {with("result", `{"duration":"PT1.50S"}`), with("result", `{"duration":"PT1.509S"}`), true},
		"tenths of a second":     {with("result", `{"duration":"PT1.5S"}`), with("result", `{"duration":"PT1.6S"}`), false},
		"order of keys":          {with("result", `{"success":true,"completion":true}`), with("result", `{"completion":true,"success":true}`), true},
		"order of a list":        {with("result", `{"extensions":{"e:x":[1,2]}}`), with("result", `{"extensions":{"e:x":[2,1]}}`), false},
		"something more":         {base, with("result", `{"success":true}`), false},
		"another verb":           {base, with("verb", `{"id":"https://verbs.example/wrote"}`), false},
		"another reference":      {with("object", `{"objectType":"StatementRef","id":"6fa459ea-ee8a-3ca4-894e-db77e160355e"}`), with("object", `{"objectType":"StatementRef","id":"6fa459ea-ee8a-3ca4-894e-db77e160355f"}`), false},
	} {
		one, other := must(t, tt.one), must(t, tt.other)
		if xapi.Equal(one, other) != tt.want || xapi.Equal(other, one) != tt.want {
			t.Errorf("%s: not %v", name, tt.want)
		}
	}
}

func TestRender(t *testing.T) {
	raw := []byte(`{"actor":{"objectType":"Group","name":"6A","member":[{"name":"Léa","mbox":"mailto:lea@e.example"}]},` +
		`"verb":{"id":"v:1","display":{"en":"read","fr":"a lu","fr-CA":"a lu!"}},"object":{"id":"a:1","definition":{"name":{"en":"x","fr":"y"}}},` +
		`"context":{"instructor":{"name":"M","mbox":"mailto:m@e.example"},"contextActivities":{"parent":[{"id":"a:2","definition":{"type":"t:1"}}]}}}`)
	ids, err := xapi.IDs(raw)
	want := `{"actor":{"objectType":"Group","member":[{"mbox":"mailto:lea@e.example"}]},"verb":{"id":"v:1"},"object":{"id":"a:1"},` +
		`"context":{"instructor":{"mbox":"mailto:m@e.example"},"contextActivities":{"parent":[{"id":"a:2"}]}}}`
	if err != nil || string(ids) != want {
		t.Errorf("ids: %v\n got %s\nwant %s", err, ids, want)
	}
	known := func(iri string) json.RawMessage {
		if iri == "a:2" {
			return json.RawMessage(`{"description":{"de":"d","fr-FR":"f"},"choices":[{"id":"1","description":{"en":"e","fr":"f"}}]}`)
		}
		return nil
	}
	got, err := xapi.Canonical(raw, []string{"fr", "en"}, known, func(iri string) json.RawMessage {
		return json.RawMessage(`{"en":"` + iri + `","fr-FR":"a bien lu"}`)
	})
	want = `{"actor":{"objectType":"Group","name":"6A","member":[{"name":"Léa","mbox":"mailto:lea@e.example"}]},"verb":{"id":"v:1","display":{"fr-FR":"a bien lu"}},` +
		`"object":{"id":"a:1","definition":{"name":{"fr":"y"}}},"context":{"instructor":{"name":"M","mbox":"mailto:m@e.example"},` +
		`"contextActivities":{"parent":[{"id":"a:2","definition":{"description":{"fr-FR":"f"},"choices":[{"id":"1","description":{"fr":"f"}}]}}]}}}`
	if err != nil || string(got) != want {
		t.Errorf("canonical: %v\n got %s\nwant %s", err, got, want)
	}
}

func TestParameters(t *testing.T) {
	if got := xapi.ParseLanguages("en;q=0.5, fr-FR, *;q=0.1, bad tag, de;q=2"); !slices.Equal(got, []string{"fr-FR", "en", "*"}) {
		t.Errorf("languages: %v", got)
	}
	for text, want := range map[string]xapi.Version{"1.0": xapi.V103, "1.0.3": xapi.V103, "1.0.9": xapi.V103, "2.0.0": xapi.V200, "": "", "1.1.0": "", "2": "", "1.0.x": "", "3.0.0": ""} {
		if got, err := xapi.ParseVersion(text); got != want || (err == nil) != (want != "") {
			t.Errorf("version %q: %q %v", text, got, err)
		}
	}
	for text, want := range map[string]time.Duration{"PT1H0M0.1S": time.Hour + 100*time.Millisecond, "P1W": 7 * 24 * time.Hour, "P1Y2M3DT4H": (365+60+3)*24*time.Hour + 4*time.Hour, "PT1,5M": 90 * time.Second} {
		if got, err := xapi.ParseDuration(text); got != want || err != nil {
			t.Errorf("duration %s: %v %v", text, got, err)
		}
	}
	for _, text := range []string{"", "P", "PT", "P1", "1M", "P1WT1H", "-PT1S", "PT1.5H1M", "P1H", "pt1s"} {
		if _, err := xapi.ParseDuration(text); preau.KindOf(err) != preau.Invalid || err == nil {
			t.Errorf("duration %q is taken", text)
		}
	}
	one, err := xapi.ParseAgent([]byte(`{"mbox_sha1sum":"EBD31E95054C018B10727CCFFD2EF2EC3A016EE9","name":"x"}`), xapi.V103)
	other, err2 := xapi.ParseAgent([]byte(`{"objectType":"Agent","mbox_sha1sum":"ebd31e95054c018b10727ccffd2ef2ec3a016ee9"}`), xapi.V200)
	if err != nil || err2 != nil || !one.Same(other) {
		t.Errorf("one hash in two cases: %v %v", err, err2)
	}
}

// FuzzParse: what is taken is JSON, is taken again as it is kept, and says
// the same; nothing makes the parser panic.
func FuzzParse(f *testing.F) {
	f.Add([]byte(with()))
	f.Add([]byte(with("context", `{"contextActivities":{"parent":`+activity+`},"registration":"6fa459ea-ee8a-3ca4-894e-db77e160355e"}`)))
	f.Add([]byte(with("result", `{"score":{"scaled":0.5,"raw":1e3},"duration":"PT1S","extensions":{"e:x":null}}`)))
	f.Add([]byte(with("object", `{"objectType":"SubStatement","actor":{"mbox":"mailto:a@b.example"},"verb":{"id":"v:1"},"object":`+activity+`}`)))
	f.Add([]byte(with("actor", `{"objectType":"Group","member":[{"openid":"https:x"}]}`)))
	f.Add([]byte("{\"actor\":\"\\ud800\"}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		st, err := xapi.Parse(raw, xapi.V200)
		if err != nil {
			return
		}
		nothing := func(string) json.RawMessage { return nil }
		kept := st.Kept(st.Actor, xapi.V200, time.Unix(0, 0))
		if !json.Valid(st.Raw) || !json.Valid(kept) {
			t.Fatalf("not JSON: %s %s", st.Raw, kept)
		}
		again, err := xapi.Parse(kept, xapi.V200)
		if err != nil && !st.Actor.Group {
			t.Fatalf("%v\n%s", err, kept)
		}
		if err == nil && !xapi.Equal(st, again) {
			t.Fatalf("kept says something else\n%s\n%s", raw, kept)
		}
		for _, render := range []func() (json.RawMessage, error){
			func() (json.RawMessage, error) { return xapi.IDs(kept) },
			func() (json.RawMessage, error) {
				return xapi.Canonical(kept, []string{"fr"}, nothing, nothing)
			},
		} {
			if out, err := render(); err != nil || !json.Valid(out) {
				t.Fatalf("%v %s", err, out)
			}
		}
	})
}

func TestKept_IsInUTC(t *testing.T) {
	for was, is := range map[string]string{
		"2026-11-23T09:00:00+01:00": "2026-11-23T08:00:00.000Z", "2026-11-23T09:00:00.123456-05:00": "2026-11-23T14:00:00.123456Z",
		"2026-11-23T09:00:00Z": "2026-11-23T09:00:00Z", "2026-11-23T09:00:00": "2026-11-23T09:00:00", "20261123T090000+01": "2026-11-23T08:00:00.000Z",
	} {
		st, err := xapi.Parse([]byte(with("timestamp", `"`+was+`"`)), xapi.V103)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := xapi.Read(st.Kept(st.Actor, xapi.V103, time.Now()))
		if err != nil || !kept.Timestamp.Equal(st.Timestamp) || !strings.Contains(string(kept.Raw), `"timestamp":"`+is+`"`) {
			t.Errorf("%s is kept as %s, not %s (%v)", was, kept.Raw, is, err)
		}
	}
}
