package api

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"preau/edge/access"
)

// TestDocument_AndRoutesAndRulesAgree: what is installed is documented and has
// a rule, and nothing else is.
func TestDocument_AndRoutesAndRulesAgree(t *testing.T) {
	var doc struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			OperationID string                     `json:"operationId"`
			Security    []any                      `json:"security"`
			Responses   map[string]json.RawMessage `json:"responses"`
		} `json:"paths"`
		Components struct {
			Schemas map[string]json.RawMessage `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(openapi, &doc); err != nil {
		t.Fatal(err)
	}
	documented, open, ids := []string{}, []string{}, map[string]bool{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			name := strings.ToUpper(method) + " " + path
			documented = append(documented, name)
			if op.Security != nil && len(op.Security) == 0 {
				open = append(open, name)
			}
			if op.OperationID == "" || ids[op.OperationID] || len(op.Responses) == 0 {
				t.Errorf("%s has no operation id of its own, or no answer", name)
			}
			ids[op.OperationID] = true
		}
	}
	installed := []string{}
	for _, r := range routes(Deps{Access: &access.Access{}}) {
		installed = append(installed, strings.ReplaceAll(r.pattern, "...}", "}"))
	}
	ruled, public := []string{}, []string{}
	for _, r := range access.Rules() {
		if name := strings.ReplaceAll(r.Pattern, "...}", "}"); strings.Contains(name, " /api/") {
			ruled = append(ruled, name)
			if len(r.Roles) == 0 {
				public = append(public, name)
			}
		}
	}
	for _, list := range [][]string{documented, installed, ruled, open, public} {
		slices.Sort(list)
	}
	if !slices.Equal(installed, documented) {
		t.Errorf("installed  %q\ndocumented %q", installed, documented)
	}
	if !slices.Equal(installed, ruled) {
		t.Errorf("installed %q\nruled     %q", installed, ruled)
	}
	if !slices.Equal(open, public) {
		t.Errorf("documented as open %q\nopen by rule       %q", open, public)
	}
	for _, ref := range strings.Split(string(openapi), `"$ref": "#/components/schemas/`)[1:] {
		if name, _, _ := strings.Cut(ref, `"`); doc.Components.Schemas[name] == nil {
			t.Errorf("%s refers to the schema %s, which does not exist", doc.OpenAPI, name)
		}
	}
}
