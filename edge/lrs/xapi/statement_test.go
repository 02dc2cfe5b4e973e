package xapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"preau"
	"preau/edge/lrs/xapi"
)

const activity = `{"id":"https://ecole.example/a/1"}`

// with builds a statement about a pupil reading something, with some members
// replaced: with("actor", `null`) or with("", `"extra":1`).
func with(pairs ...string) string {
	members := map[string]string{
		"actor":  `{"mbox":"mailto:lea@ecole.example"}`,
		"verb":   `{"id":"https://verbs.example/read","display":{"fr":"a lu"}}`,
		"object": activity,
	}
	order := []string{"actor", "verb", "object"}
	for i := 0; i < len(pairs); i += 2 {
		if _, ok := members[pairs[i]]; !ok {
			order = append(order, pairs[i])
		}
		members[pairs[i]] = pairs[i+1]
	}
	var parts []string
	for _, key := range order {
		if members[key] != "" {
			parts = append(parts, `"`+key+`":`+members[key])
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func definition(d string) string { return `{"id":"https://ecole.example/a/1","definition":` + d + `}` }

const both = xapi.Version("")

func TestParse_TakesWhatTheVersionAllows(t *testing.T) {
	member := `{"mbox":"mailto:a@b.example"}`
	for name, tt := range map[string]struct {
		text string
		in   xapi.Version // both when empty
	}{
		"least":                     {with(), both},
		"id":                        {with("id", `"6FA459EA-EE8A-3CA4-894E-DB77E160355E"`), both},
		"sha1":                      {with("actor", `{"mbox_sha1sum":"ebd31e95054c018b10727ccffd2ef2ec3a016ee9"}`), both},
		"openid":                    {with("actor", `{"objectType":"Agent","openid":"https://id.example/lea"}`), both},
		"account":                   {with("actor", `{"account":{"homePage":"https://ecole.example","name":"p1"},"name":"Léa"}`), both},
		"identified group":          {with("actor", `{"objectType":"Group","mbox":"mailto:6a@b.example"}`), both},
		"anonymous group":           {with("actor", `{"objectType":"Group","member":[`+member+`]}`), both},
		"object agent":              {with("object", `{"objectType":"Agent","mbox":"mailto:a@b.example"}`), both},
		"object group":              {with("object", `{"objectType":"Group","member":[`+member+`]}`), both},
		"reference":                 {with("object", `{"objectType":"StatementRef","id":"6fa459ea-ee8a-3ca4-894e-db77e160355e"}`), both},
		"substatement":              {with("object", `{"objectType":"SubStatement","actor":`+member+`,"verb":{"id":"v:1"},"object":`+activity+`}`), both},
		"null in an extension":      {with("result", `{"extensions":{"https://e.example/x":{"a":null}}}`), both},
		"choice":                    {with("object", definition(`{"interactionType":"choice","correctResponsesPattern":["a"],"choices":[{"id":"a"},{"id":"b","description":{"fr":"bé"}}]}`)), both},
		"matching":                  {with("object", definition(`{"interactionType":"matching","source":[{"id":"a"}],"target":[{"id":"a"}]}`)), both},
		"score":                     {with("result", `{"score":{"scaled":-1,"raw":0,"min":0,"max":20},"success":true,"completion":false,"response":"","duration":"PT1H0M0.1S"}`), both},
		"one context activity":      {with("context", `{"contextActivities":{"parent":`+activity+`}}`), both},
		"revision":                  {with("context", `{"revision":"2","platform":"borne","language":"fr-FR","registration":"6fa459ea-ee8a-3ca4-894e-db77e160355e"}`), both},
		"team":                      {with("context", `{"team":{"objectType":"Group","member":[`+member+`]},"instructor":`+member+`}`), both},
		"oauth authority":           {with("authority", `{"objectType":"Group","member":[`+member+`,`+member+`]}`), both},
		"attachment":                {with("attachments", `[{"usageType":"https://u.example/x","display":{"fr":"photo"},"contentType":"image/jpeg","length":3,"sha2":"`+strings.Repeat("a", 64)+`"}]`), both},
		"IRI with accents":          {with("verb", `{"id":"https://verbes.example/écouté"}`), both},
		"version 1.0":               {with("version", `"1.0"`), both},
		"version 1.0.9":             {with("version", `"1.0.9"`), both},
		"version 2.0.0":             {with("version", `"2.0.0"`), xapi.V200},
		"context agents":            {with("context", `{"contextAgents":[{"objectType":"contextAgent","agent":`+member+`,"relevantTypes":["https://t.example/x"]}]}`), xapi.V200},
		"context groups":            {with("context", `{"contextGroups":[{"objectType":"contextGroup","group":{"objectType":"Group","member":[`+member+`]}}]}`), xapi.V200},
		"time without zone":         {with("timestamp", `"2026-11-23T08:30:00"`), xapi.V103},
		"basic time":                {with("timestamp", `"20261123T083000+01"`), xapi.V103},
		"time":                      {with("timestamp", `"2026-11-23T08:30:00.123456+01:00"`), both},
		"voiding":                   {with("verb", `{"id":"`+xapi.VerbVoided+`"}`, "object", `{"objectType":"StatementRef","id":"6fa459ea-ee8a-3ca4-894e-db77e160355e"}`), both},
		"spaces around, escapes in": {" " + with("actor", "{ \"name\" : \"L\\u00e9a \\\"x\\\"\" ,\n\"mbox\":\"mailto:a@b.example\"}") + "\n", both},
	} {
		for _, v := range []xapi.Version{xapi.V103, xapi.V200} {
			st, err := xapi.Parse([]byte(tt.text), v)
			if allowed := tt.in == both || tt.in == v; allowed != (err == nil) {
				t.Errorf("%s in %s: %v", name, v, err)
			}
			if err == nil && !json.Valid(st.Raw) {
				t.Errorf("%s: Raw is not JSON: %s", name, st.Raw)
			}
		}
	}
}

func TestParse_RefusesTheRest(t *testing.T) {
	member := `{"mbox":"mailto:a@b.example"}`
	ref := `{"objectType":"StatementRef","id":"6fa459ea-ee8a-3ca4-894e-db77e160355e"}`
	for name, text := range map[string]string{
		"empty":                   "",
		"array":                   "[]",
		"twice the same key":      `{"actor":` + member + `,"actor":` + member + `,"verb":{"id":"v:1"},"object":` + activity + `}`,
		"something after":         with() + "x",
		"not UTF-8":               with("actor", "{\"name\":\"\xff\",\"mbox\":\"mailto:a@b.example\"}"),
		"too deep":                with("result", `{"extensions":{"e:x":`+strings.Repeat("[", 2000)+strings.Repeat("]", 2000)+`}}`),
		"no actor":                with("actor", ""),
		"no verb":                 with("verb", ""),
		"no object":               with("object", ""),
		"null":                    with("result", `null`),
		"null inside":             with("result", `{"response":null}`),
		"unknown property":        with("extra", `1`),
		"unknown deep":            with("result", `{"score":{"percent":1}}`),
		"wrong case":              with("Result", `{}`),
		"id not UUID":             with("id", `"1234"`),
		"id with strange hyphens": with("id", `"6fa459e--ee8a-3ca4-894e-db77e160355e"`),
		"nil id":                  with("id", `"00000000-0000-0000-0000-000000000000"`),
		"two identifiers":         with("actor", `{"mbox":"mailto:a@b.example","openid":"https://x.example"}`),
		"no identifier":           with("actor", `{"name":"Léa"}`),
		"mail without mailto":     with("actor", `{"mbox":"a@b.example"}`),
		"short sha1":              with("actor", `{"mbox_sha1sum":"abc"}`),
		"openid no IRI":           with("actor", `{"openid":"lea"}`),
		"account without name":    with("actor", `{"account":{"homePage":"https://x.example"}}`),
		"account homePage":        with("actor", `{"account":{"homePage":"x.example","name":"a"}}`),
		"account extra":           with("actor", `{"account":{"homePage":"https://x.example","name":"a","b":1}}`),
		"agent with members":      with("actor", `{"mbox":"mailto:a@b.example","member":[]}`),
		"actor type":              with("actor", `{"objectType":"agent","mbox":"mailto:a@b.example"}`),
		"group in a group":        with("actor", `{"objectType":"Group","member":[{"objectType":"Group","member":[`+member+`]}]}`),
		"group of nobody":         with("actor", `{"objectType":"Group","member":[]}`),
		"verb no IRI":             with("verb", `{"id":"read"}`),
		"verb language":           with("verb", `{"id":"v:1","display":{"a12345678":"x"}}`),
		"verb display number":     with("verb", `{"id":"v:1","display":{"fr":1}}`),
		"activity without id":     with("object", `{"objectType":"Activity"}`),
		"activity percent":        with("object", `{"id":"https://x.example/%zz"}`),
		"definition type":         with("object", definition(`{"type":"quiz"}`)),
		"moreInfo":                with("object", definition(`{"moreInfo":"here"}`)),
		"interaction type":        with("object", definition(`{"interactionType":"essay"}`)),
		"choices of a likert":     with("object", definition(`{"interactionType":"likert","choices":[{"id":"a"}]}`)),
		"pattern without type":    with("object", definition(`{"correctResponsesPattern":["a"]}`)),
		"same choice twice":       with("object", definition(`{"interactionType":"choice","choices":[{"id":"a"},{"id":"a"}]}`)),
		"extension no IRI":        with("result", `{"extensions":{"x":1}}`),
		"object type":             with("object", `{"objectType":"Thing","id":"a:b"}`),
		"substatement with id":    with("object", `{"objectType":"SubStatement","id":"6fa459ea-ee8a-3ca4-894e-db77e160355e","actor":`+member+`,"verb":{"id":"v:1"},"object":`+activity+`}`),
		"nested substatement":     with("object", `{"objectType":"SubStatement","actor":`+member+`,"verb":{"id":"v:1"},"object":{"objectType":"SubStatement","actor":`+member+`,"verb":{"id":"v:1"},"object":`+activity+`}}`),
		"voiding an activity":     with("verb", `{"id":"`+xapi.VerbVoided+`"}`),
		"scaled":                  with("result", `{"score":{"scaled":1.0000000000000000001}}`),
		"raw over max":            with("result", `{"score":{"raw":21,"max":20}}`),
		"min over max":            with("result", `{"score":{"min":2,"max":1}}`),
		"score text":              with("result", `{"score":{"raw":"12"}}`),
		"success text":            with("result", `{"success":"true"}`),
		"duration":                with("result", `{"duration":"PA1H"}`),
		"empty duration":          with("result", `{"duration":"P"}`),
		"two fractions":           with("result", `{"duration":"PT1.5H3M"}`),
		"revision of an agent":    with("object", `{"objectType":"Agent","mbox":"mailto:a@b.example"}`, "context", `{"revision":"1"}`),
		"platform of a reference": with("object", ref, "context", `{"platform":"1"}`),
		"team that is an agent":   with("context", `{"team":`+member+`}`),
		"language":                with("context", `{"language":"français"}`),
		"registration":            with("context", `{"registration":"1"}`),
		"context statement":       with("context", `{"statement":{"objectType":"SubStatement","id":"6fa459ea-ee8a-3ca4-894e-db77e160355e"}}`),
		"context activity":        with("context", `{"contextActivities":{"sibling":[]}}`),
		"timestamp":               with("timestamp", `"yesterday"`),
		"timestamp offset":        with("timestamp", `"2008-09-15T15:53:00.601-00:00"`),
		"timestamp offset basic":  with("timestamp", `"2008-09-15T15:53:00.601-0000"`),
		"timestamp 30 February":   with("timestamp", `"2026-02-30T15:53:00Z"`),
		"authority of three":      with("authority", `{"objectType":"Group","member":[`+member+`,`+member+`,`+member+`]}`),
		"version":                 with("version", `"1.1.0"`),
		"attachment hash":         with("attachments", `[{"usageType":"u:x","display":{},"contentType":"a/b","length":3,"sha2":"xyz"}]`),
		"attachment length":       with("attachments", `[{"usageType":"u:x","display":{},"contentType":"a/b","length":3.5,"sha2":"`+strings.Repeat("a", 64)+`"}]`),
		"attachment no display":   with("attachments", `[{"usageType":"u:x","contentType":"a/b","length":3,"sha2":"`+strings.Repeat("a", 64)+`"}]`),
		"leading zero":            with("result", `{"score":{"raw":01}}`),
	} {
		for _, v := range []xapi.Version{xapi.V103, xapi.V200} {
			if _, err := xapi.Parse([]byte(text), v); preau.KindOf(err) != preau.Invalid {
				t.Errorf("%s in %s: %v", name, v, err)
			}
		}
	}
	twice := with("id", `"6fa459ea-ee8a-3ca4-894e-db77e160355e"`)
	if _, err := xapi.ParseBatch([]byte("["+twice+","+twice+"]"), xapi.V103); preau.KindOf(err) != preau.Invalid {
		t.Error("a batch with the same id twice:", err)
	}
	if sts, err := xapi.ParseBatch([]byte("["+twice+","+with()+"]"), xapi.V103); err != nil || len(sts) != 2 {
		t.Error("a batch of two:", err)
	}
}

func TestParse_SaysWhere(t *testing.T) {
	_, err := xapi.Parse([]byte(with("result", `{"score":{"raw":"12"}}`)), xapi.V103)
	if err == nil || !strings.Contains(err.Error(), "result.score.raw") {
		t.Errorf("the error does not name the property: %v", err)
	}
}
