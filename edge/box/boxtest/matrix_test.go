package boxtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"preau"
	"preau/edge/access"
	"preau/edge/directory"
)

var isRoute = regexp.MustCompile(`^((GET|POST|PUT|DELETE) )?/[a-z{]`)

// routes reads every pattern that code of edge/ registers: the test must not
// be told of a new one.
func routes(t *testing.T) (found []string) {
	t.Helper()
	root := filepath.Join(Repository(), "edge")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
			strings.HasSuffix(path, "access/rules.go") || strings.Contains(path, "/boxtest/") ||
			strings.Contains(path, "/edge/sister/") { // another door, of boxes: its guard is a certificate, and its tests are there
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			method, _, _ := strings.Cut(text, " ")
			// What has a method, or a wildcard, is a pattern; a bare path is a link.
			if err == nil && isRoute.MatchString(text) && !strings.Contains(text, "/admin/") && !strings.Contains(text, "\n") &&
				(slices.Contains([]string{"GET", "POST", "PUT", "DELETE"}, method) || strings.Contains(text, "{")) {
				found = append(found, text)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// may is who may, said again apart from the table that the box goes by: a
// mistake there shows here.
func may(method, path string, role access.Role) bool {
	teaching := role == access.Teacher || role == access.Principal
	switch {
	case strings.HasPrefix(path, "/prof"):
		return teaching
	case strings.HasPrefix(path, "/direction"):
		return role == access.Principal
	case strings.HasPrefix(path, "/compte/ecole"):
		return role == access.Principal || role == access.Technician
	case strings.HasPrefix(path, "/compte"):
		return teaching || role == access.Technician
	case strings.HasPrefix(path, "/technicien"):
		return role == access.Technician
	case strings.HasPrefix(path, "/eleve"):
		return role != "" && (method == http.MethodGet || role == access.Pupil)
	case strings.HasPrefix(path, "/api/v1/progress"), strings.HasPrefix(path, "/api/v1/launches"), strings.HasPrefix(path, "/api/v1/results"):
		return role == access.Pupil
	case strings.HasPrefix(path, "/api/v1/registers"), path == "/live/claim", path == "/live/take", path == "/live/boards" && method == http.MethodGet:
		return teaching
	case path == "/metrics":
		return true // from the box itself, as here
	}
	return true
}

// TestMatrix_EveryRouteEveryRole asks the running box for every route that its
// code registers, as nobody and as each role, and compares what it lets in
// with what may says.
func TestMatrix_EveryRouteEveryRole(t *testing.T) {
	b := NewBorne(t)
	b.Start()
	ctx := t.Context()
	visitors := map[access.Role]*Visitor{}
	for role, of := range map[access.Role]directory.Role{access.Pupil: directory.Pupil, access.Teacher: directory.Teacher, access.Principal: directory.Principal} {
		visitors[role] = NewVisitor(t, b)
		if err := visitors[role].SignIn(ctx, account(t, b, of, 0)); err != nil {
			t.Fatal(err)
		}
	}
	visitors[access.Technician] = NewVisitor(t, b)
	if _, err := visitors[access.Technician].Form(ctx, "/connexion/technicien", url.Values{"phrase": {account(t, b, directory.Technician, 0).Secret}}); err != nil {
		t.Fatal(err)
	}
	visitors[""] = NewVisitor(t, b)

	all := routes(t)
	if len(all) < 70 {
		t.Fatalf("only %d routes found: the search is broken", len(all))
	}
	fill := regexp.MustCompile(`\{[a-z0-9]+(\.\.\.)?\}`)
	for _, pattern := range all {
		method, path, ok := strings.Cut(pattern, " ")
		if !ok {
			method, path = http.MethodGet, pattern
		}
		if strings.HasPrefix(path, "/p/") || strings.HasPrefix(path, "/xapi") {
			continue // the second origin and the applications': no role is known there
		}
		path = strings.TrimSuffix(fill.ReplaceAllString(path, preau.NewID().String()), "{$}")
		if path == "/deconnexion" || path == "/live/forget" {
			continue // it would end the session that asks
		}
		for role, v := range visitors {
			resp, body, err := v.Do(ctx, method, path, "application/x-www-form-urlencoded", strings.NewReader(""))
			if err != nil {
				t.Errorf("%s as %q: %v", pattern, role, err)
				continue
			}
			refused := resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden ||
				resp.StatusCode == http.StatusSeeOther && strings.HasPrefix(resp.Header.Get("Location"), "/connexion") && !strings.HasPrefix(path, "/connexion")
			closed := resp.StatusCode == http.StatusNotFound && strings.Contains(string(body), "there is nothing at this address")
			switch want := may(method, path, role); {
			case closed:
				t.Errorf("%s has no rule: it is closed to everybody", pattern)
			case want && refused && !ownDoor(path, role):
				t.Errorf("%s as %q: %s, and it may", pattern, role, resp.Status)
			case !want && !refused:
				t.Errorf("HOLE: %s as %q: %s", pattern, role, resp.Status)
			}
		}
	}
	ruled(t, all)
}

// ownDoor are addresses anybody may ask and that answer by who asks: the home
// leads a visitor to the door, the live line wants somebody.
func ownDoor(path string, role access.Role) bool {
	return path == "/" || strings.HasPrefix(path, "/live") || strings.HasPrefix(path, "/blobs") || strings.HasPrefix(path, "/connexion") ||
		path == "/api/v1/session" || strings.HasPrefix(path, "/eleve") && role != access.Pupil
}

// ruled shows that each rule of the table is of some route: a rule left behind
// is a door somebody may walk through later.
func ruled(t *testing.T, all []string) {
	t.Helper()
	for _, rule := range access.Rules() {
		if rule.Pattern == "GET /assets/" {
			continue // named by a constant of the bundle
		}
		method, path, ok := strings.Cut(rule.Pattern, " ")
		if !ok {
			method, path = "", rule.Pattern
		}
		path = strings.TrimSuffix(path, "{$}")
		if !slices.ContainsFunc(all, func(pattern string) bool {
			m, p, ok := strings.Cut(pattern, " ")
			if !ok {
				m, p = "", pattern
			}
			p = strings.TrimSuffix(p, "{$}")
			return (method == "" || m == "" || m == method) && (p == path || strings.HasSuffix(path, "/") && strings.HasPrefix(p, path))
		}) {
			t.Errorf("the rule %s is of no route", rule.Pattern)
		}
	}
}
