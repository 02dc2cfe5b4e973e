package catalogue

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"preau/internal/sqlite"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/word"
)

// Node is a shelf of the catalogue: a domaine, a niveau within it or a notion
// within both. Notions are the concepts that notices name; one holds what is
// filed below it too. Count is how many items Items lists for the URIs from the
// domaine down to it. URI is empty for items that name no such concept.
type Node struct {
	URI      string `json:"uri"`
	Label    string `json:"label"`
	Count    int    `json:"count"`
	Children []Node `json:"children,omitempty"`
}

// domains is the vocabulary whose broadest concepts are the domaines.
const domains = "015"

type treeKey struct {
	generation int64
	day, lang  string
	staff      bool
}

// treeCache keeps the trees of one generation and day: four at most.
type treeCache struct {
	mu    sync.Mutex
	trees map[treeKey][]Node
}

// Tree is the catalogue as domaine → niveau → notion. The result is shared:
// callers do not change it.
func (c *Catalogue) Tree(ctx context.Context, lang string, staff bool) ([]Node, error) {
	v := c.view.Load()
	key := treeKey{v.generation, c.today(), lang, staff}
	c.trees.mu.Lock()
	defer c.trees.mu.Unlock()
	if tree, ok := c.trees.trees[key]; ok {
		return tree, nil
	}
	var tree []Node
	err := c.db.Read(ctx, func(tx *sqlite.Tx) (err error) {
		tree, err = c.buildTree(tx, v.taxons, lang, staff)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("build the tree of the catalogue: %w", err)
	}
	for old := range c.trees.trees {
		if old.generation != key.generation || old.day != key.day {
			delete(c.trees.trees, old)
		}
	}
	if c.trees.trees == nil {
		c.trees.trees = map[treeKey][]Node{}
	}
	c.trees.trees[key] = tree
	return tree, nil
}

// shelf counts an item once, however many of its concepts lead there.
type shelf struct {
	last  int64
	count int
	below map[string]*shelf
}

func (s *shelf) put(item int64, path ...string) {
	if s.last != item {
		s.last = item
		s.count++
	}
	if len(path) == 0 {
		return
	}
	if s.below == nil {
		s.below = map[string]*shelf{}
	}
	next := s.below[path[0]]
	if next == nil {
		next = &shelf{}
		s.below[path[0]] = next
	}
	next.put(item, path[1:]...)
}

func (c *Catalogue) buildTree(tx *sqlite.Tx, taxons notice.Taxons, lang string, staff bool) ([]Node, error) {
	f := c.visible(staff)
	rs, err := tx.Query(`SELECT i.id, coalesce(t.uri, ''), coalesce(l.uri, '') FROM catalogue_item i
		LEFT JOIN catalogue_item_concept ct ON ct.item = i.id AND ct.role = 't' AND ct.direct = 1
		LEFT JOIN catalogue_concept t ON t.id = ct.concept
		LEFT JOIN catalogue_item_concept cl ON cl.item = i.id AND cl.role = 'l' AND cl.direct = 1
		LEFT JOIN catalogue_concept l ON l.id = cl.concept
		WHERE `+f.where()+` ORDER BY i.id`, f.args...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	named, top := map[string]bool{}, &shelf{}
	var filed []filing
	for rs.Next() {
		var fl filing
		if err := rs.Scan(&fl.item, &fl.taxon, &fl.level); err != nil {
			return nil, fmt.Errorf("read concepts: %w", err)
		}
		if t, ok := taxons[fl.taxon]; ok && t.Vocabulary != domains {
			continue // another vocabulary's concept names no shelf
		}
		named[fl.taxon] = true
		filed = append(filed, fl)
	}
	if err := rs.Err(); err != nil {
		return nil, err
	}
	for _, fl := range filed {
		chain := taxons.Chain(fl.taxon)
		domain := chain[len(chain)-1]
		top.put(fl.item, domain, fl.level)
		for _, notion := range chain[:len(chain)-1] {
			if named[notion] {
				top.put(fl.item, domain, fl.level, notion)
			}
		}
	}
	return nodes(top, taxons, lang), nil
}

// filing is one taxon and one level of an item.
type filing struct {
	item         int64
	taxon, level string
}

// nodes orders shelves: niveaux as in school, which is the order of their
// numbers, the others by label, what has no name last.
func nodes(s *shelf, taxons notice.Taxons, lang string) []Node {
	list := make([]Node, 0, len(s.below))
	for uri, sub := range s.below {
		n := Node{URI: uri, Label: label(taxons, uri, lang), Count: sub.count, Children: nodes(sub, taxons, lang)}
		if uri == "" {
			n.Label = map[bool]string{true: "Other", false: "Autres"}[lang == "en"]
		}
		list = append(list, n)
	}
	slices.SortFunc(list, func(a, b Node) int {
		return cmp.Or(cmp.Compare(orderOf(a.URI, taxons), orderOf(b.URI, taxons)), cmp.Compare(word.SortKey(a.Label), word.SortKey(b.Label)), cmp.Compare(a.URI, b.URI))
	})
	return list
}

func orderOf(uri string, taxons notice.Taxons) int {
	if uri == "" {
		return 1 << 30
	}
	if taxons[uri].Vocabulary == domains {
		return 0
	}
	digits := uri[strings.LastIndexByte(uri, '-')+1:]
	number, err := strconv.Atoi(digits)
	if err != nil {
		return 1 << 29
	}
	return number
}
