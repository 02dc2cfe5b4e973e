package preau_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// licenceOf names the family of a licence by words that only it has; "" is
// one we have not judged.
func licenceOf(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	for _, l := range []struct{ name, words string }{
		{"GPL", "GNU GENERAL PUBLIC LICENSE"},
		{"AGPL", "GNU AFFERO GENERAL PUBLIC LICENSE"},
		{"LGPL", "GNU LESSER GENERAL PUBLIC LICENSE"},
		{"SSPL", "Server Side Public License"},
		{"MPL-2.0", "Mozilla Public License"},
		{"Apache-2.0", "Apache License"},
		{"BSD", "Redistribution and use in source and binary forms"},
		{"ISC", "Permission to use, copy, modify, and/or distribute"},
		{"MIT", "Permission is hereby granted, free of charge"},
		{"MIT", "MIT License"},
		{"CC0", "CC0 1.0 Universal"},
	} {
		if strings.Contains(text, l.words) {
			return l.name
		}
	}
	return ""
}

// permitted may be shipped in a binary under the EUPL 1.2.
var permitted = map[string]bool{"MPL-2.0": true, "Apache-2.0": true, "BSD": true, "ISC": true, "MIT": true, "CC0": true}

// TestLicences_OfAllThatShips reads the licence of every module that is linked
// into the binary.
func TestLicences_OfAllThatShips(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-json=Module", "./cmd/preau").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	modules := map[string]string{}
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var p struct {
			Module *struct {
				Path, Dir string
				Main      bool
				Replace   *struct{ Path string }
			}
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if p.Module != nil && !p.Module.Main && (p.Module.Replace == nil || !strings.HasPrefix(p.Module.Replace.Path, "./")) { // what stands in is ours
			modules[p.Module.Path] = p.Module.Dir
		}
	}
	if len(modules) < 20 {
		t.Fatalf("only %d modules: the list is not whole", len(modules))
	}
	for path, dir := range modules {
		found := ""
		files, _ := filepath.Glob(filepath.Join(dir, "[LCcl][IOio][CPcp]*")) // LICENSE, LICENCE, COPYING, in any case
		for _, file := range files {
			if b, err := os.ReadFile(file); err == nil && found == "" {
				found = licenceOf(string(b))
			}
		}
		if !permitted[found] {
			t.Errorf("%s ships under %q, read from %v: judge it, or do without", path, found, files)
		}
	}
	t.Logf("%d modules judged", len(modules))
}

// TestLicences_Fires: a licence that may not ship is told from one that may.
func TestLicences_Fires(t *testing.T) {
	for text, want := range map[string]bool{
		"GNU GENERAL PUBLIC LICENSE Version 3": false, "All rights reserved.": false, "": false,
		"MIT License\n\nPermission is hereby granted, free of charge": true, "Apache License\nVersion 2.0": true,
	} {
		if permitted[licenceOf(text)] != want {
			t.Errorf("%q: permitted %v, want %v", text, !want, want)
		}
	}
}
