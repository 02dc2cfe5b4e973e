package catalogue

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"preau"
	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue/index"
	"preau/media/catalogue/notice"
)

// Query chooses items. Empty fields do not filter.
type Query struct {
	Q       string // words; the last one may be unfinished
	Kind    string
	Service string
	Taxon   string   // concept URI; what is filed below it counts
	Level   string   // concept URI; what is filed below it counts
	PartOf  string   // id of a collection; its members come in its order
	Length  string   // one of Lengths
	Access  []string // of Access; all of them
	Here    bool     // only what is on the box
	Facets  bool     // count what was found, by facet
	Staff   bool     // the reader may see what is for staff
	Limit   int      // 0 is 50; at most 200
	Cursor  string   // Page.Next of the page before
}

// Page is some items and where the next ones start.
type Page struct {
	Items []Item `json:"items"`
	Next  string `json:"next,omitempty"`
	// Total is how many there are in all; like Meant and Facets it is known of
	// a search only.
	Total int `json:"total,omitempty"`
	// Meant is what was looked for, when nothing has the words asked for.
	Meant string `json:"meant,omitempty"`
	// Facets count by level, taxon (domaines), kind, length, access and here,
	// each under the other filters.
	Facets map[string][]FacetValue `json:"facets,omitempty"`
}

const (
	defaultLimit = 50
	maxLimit     = 200
)

// position is where a page ended: the keys of its last item, or, in a search,
// how many results came before.
type position struct {
	Ordinal int    `json:"o,omitempty"`
	Sort    string `json:"s,omitempty"`
	ID      int64  `json:"i,omitempty"`
	Skip    int    `json:"n,omitempty"`
}

func (p position) String() string {
	b, _ := json.Marshal(p) // strings and numbers always encode
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(s string) (p position, err error) {
	if s == "" {
		return p, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil && len(s) <= 512 {
		err = json.Unmarshal(b, &p)
	}
	if err != nil || len(s) > 512 || p.Skip < 0 || p.Skip > maxSkip {
		return position{}, preau.E(preau.Invalid, "the cursor is not one of ours", "Pass the next field of the page before, as it is.", err)
	}
	return p, nil
}

// Items lists items in the order of their titles (of their collection with
// PartOf, of relevance with Q).
func (c *Catalogue) Items(ctx context.Context, q Query) (Page, error) {
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	q.Limit = min(q.Limit, maxLimit)
	if err := q.check(); err != nil {
		return Page{}, err
	}
	from, err := parseCursor(q.Cursor)
	if err != nil {
		return Page{}, err
	}
	page := Page{Items: []Item{}}
	err = c.db.Read(ctx, func(tx *sqlite.Tx) error {
		var found []row
		var err error
		if q.indexed() {
			found, err = c.search(tx, q, from, &page)
		} else {
			found, page.Next, err = c.list(tx, q, from)
		}
		if err != nil {
			return err
		}
		page.Items, err = c.items(tx, found, q.Staff)
		return err
	})
	if err != nil {
		return Page{}, fmt.Errorf("list items: %w", err)
	}
	return page, nil
}

// indexed reports whether only the index can answer: a list in the order of
// titles comes out of the tables.
func (q Query) indexed() bool {
	return q.Length != "" || len(q.Access) > 0 || q.Here || q.Facets || index.Asks(q.Q)
}

// check refuses values of facets that do not exist: they must not look like
// an empty result.
func (q Query) check() error {
	if q.Length != "" && !slices.Contains(Lengths, q.Length) {
		return preau.E(preau.Invalid, "there is no such length", "Use one of "+strings.Join(Lengths, ", ")+" (minutes).", nil)
	}
	for _, a := range q.Access {
		if !slices.Contains(Access, a) {
			return preau.E(preau.Invalid, "there is no such help to access", "Use some of "+strings.Join(Access, ", ")+".", nil)
		}
	}
	return nil
}

// row is an item's row, before its body is read.
type row struct {
	position
	files int
	body  []byte
}

// filter gathers the conditions that every reader obeys and those asked for.
type filter struct {
	conds []string
	args  []any
}

func (f *filter) add(cond string, args ...any) {
	f.conds = append(f.conds, cond)
	f.args = append(f.args, args...)
}

func (f *filter) where() string { return strings.Join(f.conds, " AND ") }

// visible starts a filter: the current generation, what the reader may see,
// today.
func (c *Catalogue) visible(staff bool) *filter {
	f := c.allowed(staff)
	f.add("i.live = 1")
	return f
}

// allowed is visible in whatever version.
func (c *Catalogue) allowed(staff bool) *filter {
	f := &filter{}
	if !staff {
		f.add("i.staff = 0")
	}
	day := c.today()
	f.add("(i.valid_from = '' OR i.valid_from <= ?) AND (i.valid_to = '' OR i.valid_to >= ?)", day, day)
	return f
}

func (c *Catalogue) list(tx *sqlite.Tx, q Query, from position) ([]row, string, error) {
	f := c.visible(q.Staff)
	table, order, key := "catalogue_item i", "i.sort, i.id", []any{from.Sort, from.ID}
	concepts, err := conceptIDs(tx, q)
	if err != nil || concepts == nil {
		return nil, "", err
	}
	if q.PartOf != "" {
		f.add("i.part_of = ? AND i.part_of <> ''", q.PartOf)
		order, key = "i.ordinal, i.sort, i.id", []any{from.Ordinal, from.Sort, from.ID}
	}
	for n, concept := range concepts {
		if n == 0 && q.PartOf == "" {
			table, order = "catalogue_item_concept c JOIN catalogue_item i ON i.id = c.item", "c.sort, c.item"
			f.add("c.concept = ?", concept)
			continue
		}
		f.add("EXISTS (SELECT 1 FROM catalogue_item_concept x WHERE x.concept = ? AND x.sort = i.sort AND x.item = i.id)", concept)
	}
	if q.Kind != "" {
		f.add("i.kind = ?", q.Kind)
	}
	if q.Service != "" {
		f.add("i.service = ?", q.Service)
	}
	if from.ID != 0 {
		f.add("("+order+") > ("+strings.TrimSuffix(strings.Repeat("?, ", len(key)), ", ")+")", key...)
	}
	found, err := rows(tx, "SELECT i.ordinal, i.sort, i.id, i.files, i.body FROM "+table+" WHERE "+f.where()+" ORDER BY "+order+" LIMIT ?",
		append(f.args, q.Limit+1)...)
	if err != nil || len(found) <= q.Limit {
		return found, "", err
	}
	found = found[:q.Limit]
	return found, found[q.Limit-1].String(), nil
}

// conceptIDs resolves the concepts of q; nil when one is used by no item, and
// so by no result.
func conceptIDs(tx *sqlite.Tx, q Query) ([]int64, error) {
	ids := []int64{}
	for _, uri := range []string{q.Taxon, q.Level} {
		if uri == "" {
			continue
		}
		var id int64
		err := tx.QueryRow("SELECT id FROM catalogue_concept WHERE uri = ?", uri).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func rows(tx *sqlite.Tx, query string, args ...any) ([]row, error) {
	rs, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var found []row
	for rs.Next() {
		var r row
		if err := rs.Scan(&r.Ordinal, &r.Sort, &r.ID, &r.files, &r.body); err != nil {
			return nil, fmt.Errorf("read item: %w", err)
		}
		found = append(found, r)
	}
	return found, rs.Err()
}

// items decodes rows, leaves out the assets that the reader may not see and
// says of the others what is here.
func (c *Catalogue) items(tx *sqlite.Tx, found []row, staff bool) ([]Item, error) {
	list := make([]Item, len(found))
	for n, r := range found {
		it := &list[n]
		it.row = r.ID
		if err := json.Unmarshal(r.body, &it.Notice); err != nil {
			return nil, preau.E(preau.Corrupt, "an item of the catalogue cannot be read", "Run preau doctor.", err)
		}
		if !staff {
			it.Assets = slices.DeleteFunc(it.Assets, func(a Asset) bool { return a.Restricted(it.Rights) })
		}
		for _, a := range it.Assets {
			d, err := blob.ParseDigest(a.SHA256)
			if err != nil {
				return nil, fmt.Errorf("read asset: %w", err)
			}
			if c.held.Has(d) {
				continue
			}
			it.Missing = append(it.Missing, a.SHA256)
		}
		if it.Available = it.opens(); !it.Available && c.Comes(it.Notice) {
			it.Available, it.Coming, it.Missing = true, true, nil
		}
		if it.Available && r.files > 0 && c.MayLack(r.ID, c.view.Load().whole) {
			var err error
			if it.Available, err = c.FilesHeld(tx, r.ID); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// opens reports whether what opens first is here: the main file, or a film in
// another size.
func (it *Item) opens() bool {
	is, any := true, false
	for _, a := range it.Assets {
		switch here := !slices.Contains(it.Missing, a.SHA256); a.Role {
		case notice.RoleMain:
			is = is && here
		case notice.RoleRendition:
			any = any || here
		}
	}
	return is || any
}

// Item returns one item of the current generation; while a lesson has an
// earlier version open, that one, so that a class sees the same. Files of HTML items are
// not among its assets: AssetByPath finds them. Assets for staff are left out
// unless staff asks.
func (c *Catalogue) Item(ctx context.Context, id string, staff bool) (Item, error) {
	var item Item
	err := c.db.Read(ctx, func(tx *sqlite.Tx) error {
		f := c.visible(staff)
		if open, ok := c.view.Load().open[id]; ok {
			f = c.allowed(staff)
			f.add("i.id = ?", open)
		}
		f.add("i.item = ?", id)
		found, err := rows(tx, "SELECT i.ordinal, i.sort, i.id, i.files, i.body FROM catalogue_item i WHERE "+f.where(), f.args...)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return preau.E(preau.NotFound, "this resource is not in the catalogue", "Go back to the home page and search for it.", nil)
		}
		list, err := c.items(tx, found, staff)
		if err != nil {
			return err
		}
		item = list[0]
		return nil
	})
	if err != nil {
		return Item{}, fmt.Errorf("find item: %w", err)
	}
	return item, nil
}

// Members returns what belongs to a collection, in its order.
func (c *Catalogue) Members(ctx context.Context, collection string, staff bool) ([]Item, error) {
	var members []Item
	q := Query{PartOf: collection, Staff: staff, Limit: maxLimit}
	for {
		page, err := c.Items(ctx, q)
		if err != nil {
			return nil, err
		}
		members = append(members, page.Items...)
		if page.Next == "" {
			return members, nil
		}
		q.Cursor = page.Next
	}
}
