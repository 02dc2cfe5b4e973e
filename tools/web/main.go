// Command web bundles the scripts and styles of the pages into edge/web/dist,
// with hashed names and a manifest; large ones are packed (.gz). It promises the same bytes for the same
// sources on every machine, and needs neither npm nor the network.
//
// Entries are found by where they lie:
//
//	edge/web/src/shell.js, p-*.js    the same name: every page, or who asks for it
//	edge/web/src/worker.js           the same name: the service worker, alone
//	ROOM/AUDIENCE.js and .css        AUDIENCE.js and .css, on every page of an audience
//	ROOM/PAGE/PAGE.js                AUDIENCE/PAGE.js, on that page alone
//
// where ROOM is edge/pages/AUDIENCE, or sync/console for the console.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	if len(os.Args) > 2 {
		fmt.Fprintln(os.Stderr, "usage: go -C tools/web run . [path of edge/web]")
		os.Exit(2)
	}
	web := filepath.Join("..", "..", "edge", "web")
	if len(os.Args) == 2 {
		web = os.Args[1]
	}
	if err := run(web); err != nil {
		fmt.Fprintln(os.Stderr, "web:", err)
		os.Exit(1)
	}
}

func run(web string) error {
	web, err := filepath.Abs(web)
	if err != nil {
		return fmt.Errorf("find edge/web: %w", err)
	}
	root := filepath.Dir(filepath.Dir(web))
	entries, err := findEntries(root)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return fmt.Errorf("nothing to bundle under %s", root)
	}
	dist := filepath.Join(web, "dist")
	result := api.Build(api.BuildOptions{
		AbsWorkingDir:       root,
		EntryPointsAdvanced: entries,
		Outdir:              dist,
		Bundle:              true,
		Splitting:           true,
		Format:              api.FormatESModule,
		Target:              api.ES2022,
		Engines:             []api.Engine{{Name: api.EngineChrome, Version: "92"}, {Name: api.EngineSafari, Version: "15.4"}, {Name: api.EngineFirefox, Version: "102"}},
		MinifyWhitespace:    true,
		MinifyIdentifiers:   true,
		MinifySyntax:        true,
		Charset:             api.CharsetUTF8,
		LegalComments:       api.LegalCommentsNone,
		EntryNames:          "[dir]/[name]-[hash]",
		ChunkNames:          "chunk-[hash]",
		AssetNames:          "[name]-[hash]",
		Loader:              map[string]api.Loader{".woff2": api.LoaderFile, ".svg": api.LoaderFile},
		Metafile:            true,
		Plugins:             []api.Plugin{lean()},
	})
	for _, m := range api.FormatMessages(append(result.Errors, result.Warnings...), api.FormatMessagesOptions{}) {
		fmt.Fprint(os.Stderr, m)
	}
	if len(result.Errors)+len(result.Warnings) > 0 {
		return fmt.Errorf("%d errors, %d warnings", len(result.Errors), len(result.Warnings))
	}
	made, sources, err := makeManifest(root, dist, result.Metafile)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(dist); err != nil {
		return fmt.Errorf("empty dist: %w", err)
	}
	for _, f := range result.OutputFiles {
		path, contents := f.Path, f.Contents
		if len(contents) > packFrom && (strings.HasSuffix(path, ".js") || strings.HasSuffix(path, ".css")) {
			path, contents = path+".gz", pack(contents)
		}
		if err := write(path, contents); err != nil {
			return err
		}
	}
	if err := write(filepath.Join(dist, sourcesFile), sources); err != nil {
		return err
	}
	return write(filepath.Join(dist, "manifest.json"), made)
}

// sourcesFile is left out of the program by its first letter, as go:embed has it.
const sourcesFile = "_sources.json"

// packFrom is the size from which a script or a style is kept packed: it is
// sent so, and the program that holds it stays small.
const packFrom = 1 << 10

func pack(b []byte) []byte {
	var out bytes.Buffer
	zw, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is valid
	_, _ = zw.Write(b)                                       // memory does not fail
	_ = zw.Close()
	return out.Bytes()
}

func findEntries(root string) ([]api.EntryPoint, error) {
	var entries []api.EntryPoint
	add := func(pattern string, name func(rel string) string) error {
		found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil {
			return fmt.Errorf("find %s: %w", pattern, err)
		}
		for _, path := range found {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return fmt.Errorf("find %s: %w", path, err)
			}
			rel = filepath.ToSlash(rel)
			if out := name(rel); out != "" {
				entries = append(entries, api.EntryPoint{InputPath: path, OutputPath: strings.TrimSuffix(out, filepath.Ext(out))})
			}
		}
		return nil
	}
	base := func(rel string) string { return rel[strings.LastIndexByte(rel, '/')+1:] }
	// A file is an entry when it bears the name of its folder.
	named := func(rel string) string {
		parts := strings.Split(rel, "/")
		name, folder := parts[len(parts)-1], parts[len(parts)-2]
		if strings.TrimSuffix(name, filepath.Ext(name)) != folder {
			return ""
		}
		return name
	}
	inAudience := func(rel string) string {
		if out := named(rel); out != "" {
			parts := strings.Split(rel, "/")
			return parts[len(parts)-3] + "/" + out
		}
		return ""
	}
	for _, e := range []struct {
		pattern string
		name    func(string) string
	}{
		{"edge/web/css/site.css", base},
		{"edge/web/src/shell.js", base},
		{"edge/web/src/worker.js", base},
		{"edge/web/src/p-*.js", base},
		{"edge/pages/*/*.js", named},
		{"edge/pages/*/*.css", named},
		{"edge/pages/*/*/*.js", inAudience},
		{"sync/console/*.js", named},
		{"sync/console/*.css", named},
		{"sync/console/*/*.js", inAudience},
	} {
		if err := add(e.pattern, e.name); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(entries, func(a, b api.EntryPoint) int { return strings.Compare(a.InputPath, b.InputPath) })
	return entries, nil
}

func write(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		return fmt.Errorf("write dist: %w", err)
	}
	return nil
}
