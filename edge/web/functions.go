package web

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"math"
	"path"
	"strings"
	"text/template/parse"
)

//go:embed glyphs/*.svg
var glyphFiles embed.FS

// glyphs are the drawings, by name. Each is one <svg> without fixed colours:
// it takes the ink of the words beside it.
type glyphs map[string]template.HTML

func readGlyphs() (glyphs, error) {
	g := glyphs{}
	files, err := fs.Glob(glyphFiles, "glyphs/*.svg")
	if err != nil {
		return nil, fmt.Errorf("list glyphs: %w", err)
	}
	for _, file := range files {
		b, err := glyphFiles.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read glyph: %w", err)
		}
		s := strings.TrimSpace(string(b))
		if !strings.HasPrefix(s, "<svg ") {
			return nil, fmt.Errorf("glyph %s does not begin with <svg", file)
		}
		name := strings.TrimSuffix(path.Base(file), ".svg")
		// Beside words, or named by what holds it: never read aloud.
		g[name] = template.HTML(`<svg class="glyph" aria-hidden="true" focusable="false" ` + strings.TrimPrefix(s, "<svg "))
	}
	return g, nil
}

// icon is the mark as a file of its own, in fixed colours, for the tab.
func (g glyphs) icon() string {
	s := string(g["mark"])
	s = strings.Replace(s, `class="glyph" aria-hidden="true" focusable="false" `, "", 1)
	return strings.NewReplacer("currentColor", "#1d5c73", `class="sun"`, `fill="#f5a623"`).Replace(s)
}

// functions are those of templates in one language.
func (p *Pages) functions(lang string) template.FuncMap {
	return template.FuncMap{
		"t":     func(key string, args ...any) (string, error) { return p.words.say(lang, key, args...) },
		"lang":  func() string { return lang },
		"clock": clock,
		"minutes": func(seconds any) (string, error) {
			return p.words.say(lang, "unit.minutes", wholeMinutes(number(seconds)))
		},
		"glyph": func(name string) (template.HTML, error) {
			g, ok := p.site.glyphs[name]
			if !ok {
				return "", fmt.Errorf("no glyph %q", name)
			}
			return g, nil
		},
		"asset": func(logical string) (string, error) {
			if u := p.site.assets.url(logical); u != "" {
				return u, nil
			}
			return "", fmt.Errorf("no asset %q: run make web", logical)
		},
		"dict": func(pairs ...any) (map[string]any, error) {
			m := map[string]any{}
			for i := 0; i+1 < len(pairs); i += 2 {
				key, ok := pairs[i].(string)
				if !ok {
					return nil, fmt.Errorf("dict: %v is not a name", pairs[i])
				}
				m[key] = pairs[i+1]
			}
			return m, nil
		},
	}
}

func number(v any) float64 {
	switch n := v.(type) {
	case int:
		return float64(n)
	case int64:
		return float64(n)
	case float64:
		return n
	}
	return 0
}

// clock writes seconds as a player does: 1:14, 1:02:03.
func clock(seconds any) string {
	s := int(number(seconds))
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// wholeMinutes never says that a film lasts no time.
func wholeMinutes(seconds float64) int { return max(1, int(math.Round(seconds/60))) }

// check refuses a template that names a word, a glyph or an asset that does
// not exist, where the name is written in it.
func (p *Pages) check(lang string, t *template.Template) (err error) {
	known := map[string]func(string) bool{
		"t":     func(key string) bool { _, ok := p.words[lang][key]; return ok },
		"glyph": func(name string) bool { return p.site.glyphs[name] != "" },
		"asset": func(name string) bool { return p.site.assets.url(name) != "" },
	}
	for _, one := range t.Templates() {
		if one.Tree == nil {
			continue
		}
		walk(one.Tree.Root, func(c *parse.CommandNode) {
			if len(c.Args) < 2 {
				return
			}
			name, ok := c.Args[0].(*parse.IdentifierNode)
			arg, literal := c.Args[1].(*parse.StringNode)
			if ok && literal && known[name.Ident] != nil && !known[name.Ident](arg.Text) && err == nil {
				err = fmt.Errorf("template %s: no such %s: %q", one.Name(), name.Ident, arg.Text)
			}
		})
	}
	return err
}

// walk visits every command below n.
func walk(n parse.Node, visit func(*parse.CommandNode)) {
	branch := func(b *parse.BranchNode) {
		walk(b.Pipe, visit)
		walk(b.List, visit)
		if b.ElseList != nil {
			walk(b.ElseList, visit)
		}
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, child := range n.Nodes {
			walk(child, visit)
		}
	case *parse.ActionNode:
		walk(n.Pipe, visit)
	case *parse.PipeNode:
		if n == nil {
			return
		}
		for _, c := range n.Cmds {
			walk(c, visit)
		}
	case *parse.CommandNode:
		visit(n)
		for _, arg := range n.Args {
			walk(arg, visit)
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.TemplateNode:
		walk(n.Pipe, visit)
	}
}
