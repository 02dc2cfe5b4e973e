package notice

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"preau"
)

// ParseInput reads a publisher's item.json. It returns every problem at once;
// the item is usable only when there is none. Unknown fields are problems: a
// misspelt one would be lost in silence.
func ParseInput(b []byte) (Item, []Problem) {
	var ps problems
	var it Item
	if len(b) > MaxNotice {
		ps.addf("item.json", "Split the item.", "the file has %d bytes, over %d", len(b), MaxNotice)
		return it, ps
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	err := dec.Decode(&it)
	if err == nil {
		if _, extra := dec.Token(); !errors.Is(extra, io.EOF) {
			err = errors.New("there is more after the object")
		}
	}
	if err != nil {
		ps.add("item.json", explain(b, err), "Correct the JSON; the catalogue's documentation has an example.")
		return it, ps
	}
	return it, it.Check(false)
}

// explain tells where JSON fails, in lines.
func explain(b []byte, err error) string {
	line := func(offset int64) int { return 1 + bytes.Count(b[:min(offset, int64(len(b)))], []byte("\n")) }
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("line %d: %v", line(e.Offset), e)
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Sprintf("line %d: %s must be a %s, not a %s", line(e.Offset), e.Field, e.Type, e.Value)
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// decode reads published JSON. Unknown fields are let through: a later
// publisher may say more than this release understands.
func decode(what string, b []byte, limit int, into any) error {
	if len(b) > limit {
		return unreadable(what, fmt.Sprintf("it has %d bytes, over %d", len(b), limit), nil)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return unreadable(what, "it is not the JSON expected", err)
	}
	return nil
}

func unreadable(what, why string, cause error) error {
	return preau.E(preau.Corrupt, "the catalogue's "+what+" cannot be used: "+why,
		"Tell the catalogue's publisher; what the box already holds stays.", cause)
}

func checkFormat(what string, format, newest int) error {
	switch {
	case format > newest:
		return preau.E(preau.Invalid, fmt.Sprintf("the catalogue's %s has format %d, newer than this box's %d", what, format, newest),
			"Update the box; what it holds stays meanwhile.", nil)
	case format < 1:
		return unreadable(what, "it names no format", nil)
	}
	return nil
}

// ParsePack reads a published pack and checks every item in it.
func ParsePack(b []byte) (Pack, error) {
	var p Pack
	if err := decode("pack", b, MaxPack, &p); err != nil {
		return Pack{}, err
	}
	what := fmt.Sprintf("pack %.64q", p.Slug)
	if err := checkFormat(what, p.Format, Format); err != nil {
		return Pack{}, err
	}
	if !ValidSlug(p.Slug) || p.Version < 1 {
		return Pack{}, unreadable(what, "its name or version is wrong", nil)
	}
	if len(p.Items) > MaxPackItems {
		return Pack{}, unreadable(what, fmt.Sprintf("it has %d items, over %d", len(p.Items), MaxPackItems), nil)
	}
	seen := map[string]bool{}
	for _, it := range p.Items {
		if ps := it.Check(true); len(ps) > 0 {
			return Pack{}, unreadable(what, fmt.Sprintf("item %.60q: %s", it.ID, ps[0]), nil)
		}
		if seen[it.ID] {
			return Pack{}, unreadable(what, fmt.Sprintf("item %.60q is there twice", it.ID), nil)
		}
		seen[it.ID] = true
	}
	return p, nil
}

// ParseIndex reads the list of packs.
func ParseIndex(b []byte) (Index, error) {
	var x Index
	if err := decode("index", b, MaxIndex, &x); err != nil {
		return Index{}, err
	}
	if err := checkFormat("index", x.Format, IndexFormat); err != nil {
		return Index{}, err
	}
	if len(x.Pages) > MaxPages {
		return Index{}, unreadable("index", fmt.Sprintf("it has %d pages, over %d", len(x.Pages), MaxPages), nil)
	}
	if _, err := time.Parse(time.RFC3339, x.Made); err != nil {
		return Index{}, unreadable("index", "its date is wrong", err)
	}
	if err := checkPacks("index", x.Packs, x.Format == 1); err != nil {
		return Index{}, err
	}
	for _, p := range x.Pages {
		if x.Format < 2 || !ValidDigest(p.SHA256) || p.Size < 1 || p.Size > MaxIndex {
			return Index{}, unreadable("index", fmt.Sprintf("its line for page %.64q is wrong", p.SHA256), nil)
		}
	}
	if x.Taxons != nil && (x.Taxons.Path != TaxonsPath || !ValidDigest(x.Taxons.SHA256)) {
		return Index{}, unreadable("index", "its line for the vocabulary is wrong", nil)
	}
	return x, nil
}

// ParsePage reads one page of the list.
func ParsePage(b []byte) (Page, error) {
	var p Page
	if err := decode("page", b, MaxIndex, &p); err != nil {
		return Page{}, err
	}
	if err := checkFormat("page", p.Format, Format); err != nil {
		return Page{}, err
	}
	return p, checkPacks("page", p.Packs, false)
}

// checkPacks looks at the lines of a list: with the path of a signed target
// in format 1, with a size after.
func checkPacks(what string, refs []PackRef, first bool) error {
	if len(refs) > MaxPacks {
		return unreadable(what, fmt.Sprintf("it lists %d packs, over %d", len(refs), MaxPacks), nil)
	}
	seen := map[string]bool{}
	for _, ref := range refs {
		known := ref.Path == "" && ref.Size > 0 && ref.Size <= MaxPack
		if first {
			known = ref.Path == PackPath(ref.Slug, ref.Version) && ref.Size == 0
		}
		if !known || !ValidSlug(ref.Slug) || ref.Version < 1 || !ValidDigest(ref.SHA256) || seen[ref.Slug] {
			return unreadable(what, fmt.Sprintf("its line for pack %.64q is wrong", ref.Slug), nil)
		}
		seen[ref.Slug] = true
	}
	return nil
}
