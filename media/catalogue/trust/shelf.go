package trust

import (
	"context"
	"fmt"

	"preau"
	"preau/media/catalogue/notice"
)

// Shelf is what one publisher offers in one version: the list of its packs,
// verified. The catalogue's own shelf has the publisher "".
type Shelf struct {
	Publisher string
	Index     notice.Index
	SHA256    string // of the index: it vouches for all below
	Packs     []notice.PackRef
	Pages     map[string][]byte // the list's pages by their hash

	source Source
	target func(ctx context.Context, path string, limit int64) ([]byte, error)
}

// Shelf reads the list of a publisher's packs, or the catalogue's own for "".
// held returns pages that are here already, by their hash; nil fetches all.
func (v *Verified) Shelf(ctx context.Context, publisher string, held func(sha256 string) []byte) (*Shelf, error) {
	raw, err := v.index(ctx, publisher)
	if err != nil {
		return nil, err
	}
	s, err := List(ctx, v.fetcher.source, publisher, raw, held)
	if err != nil {
		return nil, v.of(publisher, err)
	}
	s.target = v.Target
	return s, nil
}

func (v *Verified) index(ctx context.Context, publisher string) ([]byte, error) {
	if publisher == "" {
		return v.Target(ctx, notice.IndexPath, notice.MaxIndex)
	}
	if err := v.admit(ctx, publisher); err != nil {
		return nil, err
	}
	raw, err := v.Target(ctx, notice.PublisherPath(publisher), notice.MaxIndex)
	return raw, v.of(publisher, err)
}

// List reads an index that was verified, and its pages from source.
func List(ctx context.Context, source Source, publisher string, index []byte, held func(sha256 string) []byte) (*Shelf, error) {
	x, err := notice.ParseIndex(index)
	if err != nil {
		return nil, err
	}
	s := &Shelf{Publisher: publisher, Index: x, SHA256: fingerprint(index), Packs: x.Packs, Pages: map[string][]byte{}, source: source}
	var pages int64
	for _, p := range x.Pages {
		pages += p.Size
	}
	if pages > notice.MaxListed {
		return nil, refuse(TooLong, fmt.Errorf("its list of packs has %d bytes, over %d", pages, notice.MaxListed))
	}
	slugs := map[string]bool{}
	for _, ref := range x.Packs {
		slugs[ref.Slug] = true
	}
	for i, p := range x.Pages {
		var raw []byte
		if held != nil {
			raw = held(p.SHA256)
		}
		if raw == nil {
			if raw, err = s.fetch(ctx, notice.PagePath(i), p.SHA256, p.Size); err != nil {
				return nil, err
			}
		}
		page, err := notice.ParsePage(raw)
		if err != nil {
			return nil, err
		}
		s.Pages[p.SHA256] = raw
		for _, ref := range page.Packs {
			if slugs[ref.Slug] {
				return nil, refuse(NotOurs, fmt.Errorf("pack %s is listed twice", ref.Slug))
			}
			slugs[ref.Slug] = true
		}
		if s.Packs = append(s.Packs, page.Packs...); len(s.Packs) > notice.MaxPacks {
			return nil, refuse(TooLong, fmt.Errorf("it lists more than %d packs", notice.MaxPacks))
		}
	}
	return s, s.bound()
}

// bound refuses a publisher that signs for itself more than a box takes of one:
// all its packs go into the box's database, beside the school's records. What
// the catalogue's owner signs is the owner's to bound.
func (s *Shelf) bound() error {
	var offered int64
	for _, ref := range s.Packs {
		offered += ref.Size
	}
	if s.Publisher == "" || offered <= notice.MaxOffered {
		return nil
	}
	return refuse(TooMuch, fmt.Errorf("%d MB in its packs, over %d", offered>>20, notice.MaxOffered>>20))
}

// fetch reads what the index vouches for by hash and size.
func (s *Shelf) fetch(ctx context.Context, path, sha256 string, size int64) ([]byte, error) {
	b, err := s.source.Fetch(ctx, "targets/"+HashedPath(notice.Folder(s.Publisher)+path, sha256), size)
	if err != nil {
		return nil, classify(err)
	}
	if fingerprint(b) != sha256 || int64(len(b)) != size {
		return nil, refuse(Mixed, fmt.Errorf("%s is not what its index vouches for", path))
	}
	return b, nil
}

// Pack fetches and verifies one pack: that it is the one listed, and that its
// publisher signs for itself only.
func (s *Shelf) Pack(ctx context.Context, ref notice.PackRef) (notice.Pack, []byte, error) {
	var raw []byte
	var err error
	if ref.Path != "" && s.target != nil {
		raw, err = s.target(ctx, ref.Path, notice.MaxPack)
	} else {
		raw, err = s.fetch(ctx, notice.PackPath(ref.Slug, ref.Version), ref.SHA256, ref.Size)
	}
	if err != nil {
		return notice.Pack{}, nil, ofPublisher(s.Publisher, err)
	}
	p, err := notice.ParsePack(raw)
	if err != nil {
		return notice.Pack{}, nil, ofPublisher(s.Publisher, err)
	}
	if fingerprint(raw) != ref.SHA256 || p.Slug != ref.Slug || p.Version != ref.Version {
		return notice.Pack{}, nil, ofPublisher(s.Publisher, preau.E(preau.Corrupt, "the catalogue's index and its pack "+ref.Slug+" do not agree",
			"Tell the catalogue's publisher to sign and publish again; what the box holds stays.", nil))
	}
	for _, it := range p.Items {
		if s.Publisher != "" && it.Publisher != s.Publisher {
			return notice.Pack{}, nil, ofPublisher(s.Publisher, refuse(Delegation, fmt.Errorf("it signed %s, an item of publisher %s", it.ID, it.Publisher)))
		}
	}
	return p, raw, nil
}
