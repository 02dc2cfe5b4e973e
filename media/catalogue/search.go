package catalogue

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue/index"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/word"
)

// Facet values that a Query may name.
var (
	Lengths = index.Bands       // minutes, from-to
	Access  = index.AccessNames // what helps those who hear, see or read less
)

// The names of Page.Facets.
const (
	FacetLevel  = index.FacetLevel
	FacetTaxon  = index.FacetTaxon
	FacetKind   = index.FacetKind
	FacetLength = index.FacetLength
	FacetAccess = index.FacetAccess
	FacetHere   = index.FacetHere
)

// maxSkip is how far a search can be paged: beyond it more words help.
const maxSkip = 10_000

// FacetValue is one value of a facet and how many of the items found have it.
type FacetValue = index.Value

// search asks the index: for words, for facets, or for both.
func (c *Catalogue) search(tx *sqlite.Tx, q Query, from position, page *Page) ([]row, error) {
	ask := index.Query{Q: q.Q, Kind: q.Kind, Service: q.Service, Length: q.Length, Here: q.Here, Staff: q.Staff, Day: c.today(),
		Skip: from.Skip, Limit: q.Limit + 1, Facets: q.Facets}
	for _, name := range q.Access {
		ask.Access |= 1 << slices.Index(Access, name)
	}
	var err error
	if ask.Taxon, err = numberOf(tx, q.Taxon); err != nil {
		return nil, err
	}
	if ask.Level, err = numberOf(tx, q.Level); err != nil {
		return nil, err
	}
	if q.PartOf != "" {
		if ask.Among, err = membersOf(tx, q.PartOf); err != nil {
			return nil, err
		}
	}
	v := c.view.Load()
	found, err := c.index.Search(tx, v.generation, ask)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	page.Total, page.Meant = found.Total, found.Meant
	if len(found.Items) > q.Limit {
		found.Items = found.Items[:q.Limit]
		if from.Skip+q.Limit <= maxSkip {
			page.Next = position{Skip: from.Skip + q.Limit}.String()
		}
	}
	if q.Facets {
		page.Facets = facets(found.Facets, v.taxons)
	}
	return bodies(tx, found.Items)
}

// numberOf is a concept's number: 0 for none, -1 for one that no item has.
func numberOf(tx *sqlite.Tx, uri string) (number int64, err error) {
	if uri == "" {
		return 0, nil
	}
	err = tx.QueryRow("SELECT id FROM catalogue_concept WHERE uri = ?", uri).Scan(&number)
	if errors.Is(err, sql.ErrNoRows) {
		return -1, nil
	}
	return number, err
}

func membersOf(tx *sqlite.Tx, collection string) ([]int64, error) {
	members := []int64{}
	rs, err := tx.Query("SELECT id FROM catalogue_item WHERE live = 1 AND part_of = ? AND part_of <> '' ORDER BY id", collection)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	for rs.Next() {
		var id int64
		if err := rs.Scan(&id); err != nil {
			return nil, fmt.Errorf("read member: %w", err)
		}
		members = append(members, id)
	}
	return members, rs.Err()
}

// facets names them, and puts concepts in the order of school.
func facets(list []index.Facet, taxons notice.Taxons) map[string][]FacetValue {
	named := map[string][]FacetValue{}
	for _, f := range list {
		f.Values = append([]FacetValue{}, f.Values...) // others have the same answer
		if f.Name == index.FacetLevel || f.Name == index.FacetTaxon {
			slices.SortFunc(f.Values, func(a, b FacetValue) int {
				return cmp.Or(cmp.Compare(orderOf(a.Name, taxons), orderOf(b.Name, taxons)),
					cmp.Compare(word.SortKey(label(taxons, a.Name, "fr")), word.SortKey(label(taxons, b.Name, "fr"))), cmp.Compare(a.Name, b.Name))
			})
		}
		named[f.Name] = f.Values
	}
	return named
}

// bodies reads the rows of items, in their order.
func bodies(tx *sqlite.Tx, items []int64) ([]row, error) {
	list, err := json.Marshal(items)
	if err != nil {
		return nil, fmt.Errorf("encode numbers: %w", err)
	}
	page, err := rows(tx, "SELECT i.ordinal, i.sort, i.id, i.files, i.body FROM catalogue_item i WHERE i.id IN (SELECT value FROM json_each(?))", string(list))
	slices.SortFunc(page, func(a, b row) int { return cmp.Compare(slices.Index(items, a.ID), slices.Index(items, b.ID)) })
	return page, err
}

// document is an item as the index sees it. numbers are those of concepts.
func document(id int64, it notice.Item, concepts []concept, numbers []int64, taxons notice.Taxons) index.Doc {
	d := index.Doc{ID: id, Title: it.Title, Text: it.Words, Kind: it.Kind, Service: it.Service, Concepts: numbers, Seconds: it.Duration,
		Staff: it.Rights.Display == notice.Staff, From: it.ValidFrom, To: it.ValidTo}
	d.Head = append(d.Head, it.Description, it.Objectif, it.Competence)
	d.Head = append(d.Head, it.Difficultes...)
	for n, con := range concepts {
		d.Head = append(d.Head, label(taxons, con.uri, "fr"))
		if en := label(taxons, con.uri, "en"); en != d.Head[len(d.Head)-1] {
			d.Head = append(d.Head, en)
		}
		switch {
		case con.role == "l":
			d.Levels = append(d.Levels, numbers[n])
		case taxons[con.uri].Vocabulary == domains && taxons[con.uri].Broader == "":
			d.Domains = append(d.Domains, numbers[n])
		}
	}
	for _, a := range it.Assets {
		switch a.Role {
		case notice.RoleMain:
			if sum, err := blob.ParseDigest(a.SHA256); err == nil {
				d.Main = sum[:]
			}
		case notice.RoleFile:
			d.Files++
		case notice.RoleSubtitles:
			d.Access |= index.Captions
		case notice.RoleAudioDesc:
			d.Access |= index.AudioDescription
		case notice.RoleSignLanguage:
			d.Access |= index.SignLanguage
		case notice.RoleTranscript:
			d.Access |= index.Transcript
		}
	}
	return d
}
