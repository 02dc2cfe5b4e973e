package preau_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestDependencies_AreListed keeps docs/dependencies.md and go.mod equal:
// each direct module earns its line there.
func TestDependencies_AreListed(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(mod), "\n") {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(fields) != 2 || !strings.HasPrefix(fields[1], "v") {
			continue // indirect lines have a comment, hence more fields
		}
		if !strings.Contains(string(doc), "`"+fields[0]+"`") {
			t.Errorf("%s is a direct dependency without a line in docs/dependencies.md", fields[0])
		}
	}
	listed := regexp.MustCompile("(?m)^\\| `([^`]+)`")
	for _, m := range listed.FindAllStringSubmatch(string(doc), -1) {
		if !strings.Contains(string(mod), m[1]+" v") {
			t.Errorf("docs/dependencies.md lists %s, which go.mod no longer asks for", m[1])
		}
	}
}

// TestDependencies_LibcIsTheOneSQLiteAsksFor: modernc's SQLite is generated
// against one libc; another version corrupts silently.
func TestDependencies_LibcIsTheOneSQLiteAsksFor(t *testing.T) {
	version := func(dir string) string {
		cmd := exec.Command("go", "list", "-m", "-f", "{{.Dir}} {{.Version}}", "modernc.org/libc")
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("ask libc's version: %v", err)
		}
		return strings.Fields(string(out))[1]
	}
	out, err := exec.Command("go", "list", "-m", "-f", "{{.GoMod}}", "modernc.org/sqlite").Output()
	if err != nil {
		t.Fatalf("find modernc.org/sqlite: %v", err)
	}
	want, err := os.ReadFile(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	ours := version(".")
	if !strings.Contains(string(want), "modernc.org/libc "+ours) {
		t.Errorf("modernc.org/libc is %s, which is not what modernc.org/sqlite asks for", ours)
	}
}
