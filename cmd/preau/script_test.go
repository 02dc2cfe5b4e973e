package main

import (
	"archive/zip"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"preau/edge/roster/invent"
	"preau/media/catalogue/oai/oaitest"
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

// serveNotices is the script command oai NAME FOLDER: an OAI-PMH service of the
// notices in a folder, as they are when it is asked, until the script ends. An
// empty file is a deleted record. Its address is in the variable NAME.
func serveNotices(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: oai NAME FOLDER")
	}
	folder := ts.MkAbs(args[1])
	s := oaitest.Start(func() (list []oaitest.Record) {
		files, err := filepath.Glob(filepath.Join(folder, "*.xml"))
		ts.Check(err)
		for _, file := range files {
			b, err := os.ReadFile(file)
			ts.Check(err)
			list = append(list, oaitest.Record{ID: "oai:test:" + filepath.Base(file), Stamp: "2126-01-01", Deleted: len(b) == 0, Notice: string(b)})
		}
		return list
	})
	ts.Defer(s.Close)
	ts.Setenv(args[0], s.URL)
}

// zipFiles is the script command zip OUT FILE…
func zipFiles(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: zip OUT FILE…")
	}
	out, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	w := zip.NewWriter(out)
	for _, name := range args[1:] {
		f, err := w.Create(name)
		ts.Check(err)
		_, err = f.Write([]byte(ts.ReadFile(name)))
		ts.Check(err)
	}
	ts.Check(w.Close())
	ts.Check(out.Close())
}

// TestScripts runs testdata/*.txtar: each command's specification.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"oai": serveNotices, "zip": zipFiles},
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("SAMPLE", os.Getenv("PREAU_SAMPLE"))
			return nil
		},
	})
}
