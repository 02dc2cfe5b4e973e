package catalogue

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"preau/internal/sqlite"
)

// maxCandidates bounds what one search ranks: beyond it more words help, not
// more results. Candidates come from the index in a stream, so that a word
// found in half of the catalogue costs no more than a rare one.
const maxCandidates = 400

type candidate struct {
	id           int64
	title, order string // folded title, sort key
	score        int
}

// search ranks titles before labels and descriptions. When no item has every
// word, items with some of them are better than nothing.
func (c *Catalogue) search(tx *sqlite.Tx, q Query, from position) ([]row, string, error) {
	asked := queryWords(q.Q)
	concepts, err := conceptIDs(tx, q)
	if err != nil || concepts == nil {
		return nil, "", err
	}
	var facets []string
	if q.Kind != "" {
		facets = append(facets, kindWord(q.Kind))
	}
	for _, concept := range concepts {
		facets = append(facets, conceptWord(concept))
	}
	seen := map[int64]bool{}
	var found []candidate
	for tier, try := range []struct{ columns, join string }{
		{"title", " AND "},
		{"{title labels body}", " AND "},
		{"{title labels body}", " OR "},
	} {
		if try.join == " OR " && (len(found) > 0 || len(asked) == 1) {
			break
		}
		list, err := c.candidates(tx, q, match(try.columns, try.join, asked, facets))
		if err != nil {
			return nil, "", err
		}
		for _, cand := range list {
			if !seen[cand.id] {
				seen[cand.id] = true
				cand.score = score(tier, cand.title, asked)
				found = append(found, cand)
			}
		}
		if len(found) >= maxCandidates {
			break
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.score, b.score), strings.Compare(a.order, b.order), cmp.Compare(a.id, b.id))
	})
	found = found[min(from.Skip, len(found)):]
	next := ""
	if len(found) > q.Limit {
		found = found[:q.Limit]
		next = position{Skip: from.Skip + q.Limit}.String()
	}
	page, err := bodies(tx, found)
	return page, next, err
}

// match writes an FTS5 expression. Words hold letters and digits only, so
// quoting them is all the escaping there is; the last may be unfinished.
func match(columns, join string, asked, facets []string) string {
	terms := make([]string, len(asked))
	for i, w := range asked {
		terms[i] = `"` + w + `"`
	}
	terms[len(terms)-1] += " *"
	expr := columns + " : (" + strings.Join(terms, join) + ")"
	if len(facets) > 0 {
		expr = "facet : (" + strings.Join(facets, " AND ") + ") AND " + expr
	}
	return expr
}

func (c *Catalogue) candidates(tx *sqlite.Tx, q Query, expr string) ([]candidate, error) {
	f := c.visible(q.Staff)
	f.add("catalogue_word MATCH ?", expr)
	if q.PartOf != "" {
		f.add("i.part_of = ?", q.PartOf)
	}
	if q.Service != "" {
		f.add("i.service = ?", q.Service)
	}
	rs, err := tx.Query("SELECT i.id, i.folded, i.sort FROM catalogue_word w CROSS JOIN catalogue_item i ON i.id = w.rowid WHERE "+f.where()+" LIMIT ?",
		append(f.args, maxCandidates)...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var list []candidate
	for rs.Next() {
		var cand candidate
		if err := rs.Scan(&cand.id, &cand.title, &cand.order); err != nil {
			return nil, fmt.Errorf("read candidate: %w", err)
		}
		list = append(list, cand)
	}
	return list, rs.Err()
}

// score is lower for what people more likely meant: the title itself, one
// that starts so, one with all the words whole, then the tier.
func score(tier int, title string, asked []string) int {
	whole := strings.Join(asked, " ")
	switch padded := " " + title + " "; {
	case title == whole:
		return 0
	case strings.HasPrefix(title, whole):
		return 1
	case !slices.ContainsFunc(asked, func(w string) bool { return !strings.Contains(padded, " "+w+" ") }):
		return 2
	}
	return 3 + tier
}

// bodies reads the rows of the candidates, in their order.
func bodies(tx *sqlite.Tx, found []candidate) ([]row, error) {
	page := make([]row, 0, len(found))
	for _, cand := range found {
		one, err := rows(tx, "SELECT i.ordinal, i.sort, i.id, i.files, i.body FROM catalogue_item i WHERE i.id = ?", cand.id)
		if err != nil {
			return nil, err
		}
		page = append(page, one...)
	}
	return page, nil
}

// The words that stand for a kind and a concept in the facet column.
func kindWord(kind string) string { return "k" + strings.Join(words(kind), "") }
func conceptWord(id int64) string { return fmt.Sprintf("c%d", id) }
