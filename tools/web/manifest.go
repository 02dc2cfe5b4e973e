package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// manifest is what package web reads at its start.
type manifest struct {
	// Files gives an entry's name in dist.
	Files map[string]string `json:"files"`
	// Imports lists the chunks an entry needs, for modulepreload.
	Imports map[string][]string `json:"imports"`
}

type metafile struct {
	Inputs  map[string]struct{} `json:"inputs"`
	Outputs map[string]struct {
		EntryPoint string                        `json:"entryPoint"`
		Imports    []struct{ Path, Kind string } `json:"imports"`
		Inputs     map[string]json.RawMessage    `json:"inputs"`
	} `json:"outputs"`
}

// makeManifest makes the manifest, and sources: each bundled file's SHA-256. A
// Go test compares these with the tree, so that a stale dist is found without
// running this tool; nothing else reads them, so the program does not hold them.
func makeManifest(root, dist, meta string) (made, sources []byte, err error) {
	var in metafile
	if err := json.Unmarshal([]byte(meta), &in); err != nil {
		return nil, nil, fmt.Errorf("read esbuild's metafile: %w", err)
	}
	m, sums := manifest{Files: map[string]string{}, Imports: map[string][]string{}}, map[string]string{}
	for path := range in.Inputs {
		b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
		if err != nil {
			return nil, nil, fmt.Errorf("hash a source: %w", err)
		}
		sum := sha256.Sum256(b)
		sums[path] = hex.EncodeToString(sum[:])
	}
	prefix, err := filepath.Rel(root, dist)
	if err != nil {
		return nil, nil, fmt.Errorf("find dist: %w", err)
	}
	prefix = filepath.ToSlash(prefix) + "/"
	for out, o := range in.Outputs {
		name := strings.TrimPrefix(out, prefix)
		logical := unhashed(name)
		switch {
		case strings.HasPrefix(name, "chunk-"): // loaded by a script alone
		case o.EntryPoint != "":
			m.Files[logical] = name
			if chunks := imports(in, out, prefix, map[string]bool{}); len(chunks) > 0 {
				m.Imports[logical] = chunks
			}
		case strings.HasSuffix(name, ".woff2"):
			m.Files[logical] = name
		}
	}
	if made, err = indented(m); err != nil {
		return nil, nil, err
	}
	sources, err = indented(sums)
	return made, sources, err
}

func indented(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	return append(b, '\n'), nil
}

// imports lists, in a stable order, what out imports statically, at any depth.
func imports(in metafile, out, prefix string, seen map[string]bool) []string {
	var found []string
	for _, i := range in.Outputs[out].Imports {
		if i.Kind != "import-statement" || seen[i.Path] {
			continue
		}
		seen[i.Path] = true
		found = append(found, strings.TrimPrefix(i.Path, prefix))
		found = append(found, imports(in, i.Path, prefix, seen)...)
	}
	slices.Sort(found)
	return found
}

// unhashed drops esbuild's hash: eleve/film-ABCD1234.js is eleve/film.js.
func unhashed(name string) string {
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	if i := strings.LastIndexByte(stem, '-'); i >= 0 {
		stem = stem[:i]
	}
	return stem + ext
}
