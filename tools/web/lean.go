package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/evanw/esbuild/pkg/api"
)

// unused are the classes of pdf.js that showing a page has no use for: forms
// that are programs (XFA), and writing of its own, which ours replaces. They
// are emptied, and what only they need falls out of the bundle.
var unused = map[string][]string{
	"pdf.worker.mjs": {"XFAParser", "XFAFactory", "Builder", `\w+Namespace`,
		`\w+ extends (?:XFAObject|StringObject|OptionObject|ContentObject|Option01|Option10|XhtmlObject|IntegerObject|XmlObject)`},
	"pdf.mjs": {"XfaLayer", "AnnotationEditorUIManager", "AnnotationEditor", "AnnotationLayer", "AnnotationEditorLayer", "FreeTextEditor", "HighlightEditor", "InkEditor",
		"StampEditor", "SignatureEditor", "DrawingEditor", "FreeDrawOutliner", "SignatureExtractor", "ColorPicker", "BasicColorPicker", "EditorToolbar", "FloatingToolbar", "AltText", "Comment", "TextLayer"},
}

// lean empties the classes of a vendored file as it is read; the file itself
// stays as its makers signed it. A class that is no more fails the build.
func lean() api.Plugin {
	return api.Plugin{Name: "lean", Setup: func(b api.PluginBuild) {
		b.OnLoad(api.OnLoadOptions{Filter: `vendor/pdfjs/.*\.mjs$`}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
			raw, err := os.ReadFile(a.Path)
			if err != nil {
				return api.OnLoadResult{}, fmt.Errorf("read a vendored script: %w", err)
			}
			text := string(raw)
			for _, name := range unused[filepath.Base(a.Path)] {
				class := regexp.MustCompile(`(?ms)^(class ` + name + `(?: extends [^{\n]+)?) \{\n.*?^\}\n`)
				if !class.MatchString(text) {
					return api.OnLoadResult{}, fmt.Errorf("%s has no class %s", a.Path, name)
				}
				text = class.ReplaceAllString(text, "$1 {}\n")
			}
			return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS}, nil
		})
	}}
}
