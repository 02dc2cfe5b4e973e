package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"preau/edge/roster/invent"
)

// TestMain lets the scripts call preau as a command: this very binary.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"preau":  func() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
		"invent": inventSchools,
	})
}

// inventSchools writes two small schools that do not exist into a folder.
func inventSchools() {
	if err := invent.Write(os.Args[1], 3, 60, 30); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// TestScripts runs testdata/*.txtar: each command's specification.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("SAMPLE", os.Getenv("PREAU_SAMPLE"))
			return nil
		},
	})
}
