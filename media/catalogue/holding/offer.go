package holding

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"preau"
	"preau/internal/sqlite"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/trust"
)

// Offer is a version of the catalogue as it is offered: the parts of its
// publishers, the catalogue's own first, each as it was just verified or, when
// that was refused, as it is held.
type Offer struct {
	Parts    []Part
	Refusals []Refusal

	k       *Keeper
	version int64
}

// isolated reports whether an error is about one publisher's files: the
// others' parts need not wait. A line that breaks stops them all.
func isolated(err error) bool {
	switch preau.KindOf(err) {
	case preau.Untrusted, preau.Corrupt, preau.TooLarge, preau.Expired, preau.NotFound, preau.Invalid, preau.Conflict:
		return true
	}
	return false
}

// Look reads what each publisher lists.
func (k *Keeper) Look(ctx context.Context, verified *trust.Verified) (*Offer, error) {
	o := &Offer{k: k, version: verified.Snapshot}
	own, err := verified.Shelf(ctx, "", k.HeldPage(ctx))
	if err != nil {
		return nil, err
	}
	o.Parts = []Part{listed("", own)}
	publishers, err := verified.Publishers()
	if err != nil {
		return nil, err
	}
	for i, name := range publishers {
		o.Parts = append(o.Parts, Part{Publisher: name})
		shelf, err := verified.Shelf(ctx, name, k.HeldPage(ctx))
		if err == nil {
			o.Parts[i+1] = listed(name, shelf)
		} else if err := o.Refuse(ctx, i+1, err); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func listed(publisher string, s *trust.Shelf) Part {
	return Part{Publisher: publisher, Index: s.SHA256, Pages: s.Pages, Shelf: s}
}

// Refuse puts what is held in place of a publisher's part. An error that is
// not about that publisher's files alone is returned.
func (o *Offer) Refuse(ctx context.Context, i int, why error) (err error) {
	p := &o.Parts[i]
	if p.Publisher == "" || !isolated(why) {
		return why
	}
	o.Refusals = append(o.Refusals, Refusal{p.Publisher, why})
	*p, err = o.k.partOf(ctx, p.Publisher)
	return err
}

// Stays reports whether what is offered is here already, or is what a
// technician went back from.
func (o *Offer) Stays(ctx context.Context) (bool, error) {
	if known, err := o.k.Knows(ctx, o.sum()); err != nil || known {
		return known, err
	}
	return o.k.Barred(ctx, o.sum(), o.version, o.made())
}

// Stage makes the offer the staging generation. A publisher that signed an
// item of another gives way; what an offer has to say of refusals is kept.
func (o *Offer) Stage(ctx context.Context, taxons string) error {
	for {
		stays, err := o.Stays(ctx)
		if err == nil && !stays {
			err = o.k.Stage(ctx, o.version, o.sum(), o.made(), taxons, o.Parts)
		}
		t, collides := errors.AsType[*Twice](err)
		if !collides {
			return err
		}
		if err := o.giveWay(ctx, t); err != nil {
			return err
		}
	}
}

// sum names a generation: the hash of the catalogue's own index when there
// is no other, else of all of them.
func (o *Offer) sum() string {
	if len(o.Parts) == 1 {
		return o.Parts[0].Index
	}
	var all strings.Builder
	for _, p := range o.Parts {
		fmt.Fprintf(&all, "%s %s\n", p.Publisher, p.Index)
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(all.String())))
}

// made is when the newest of the lists was made.
func (o *Offer) made() (made string) {
	for _, p := range o.Parts {
		if p.Shelf != nil {
			made = max(made, p.Shelf.Index.Made)
		}
	}
	return made
}

// Partial is in the chain of the error of a refresh that renewed the catalogue
// but for some publishers' parts.
type Partial struct{ errs []error }

func (p *Partial) Error() string { return errors.Join(p.errs...).Error() }

// Unwrap gives why each part was refused.
func (p *Partial) Unwrap() []error { return p.errs }

// IsPartial reports whether all but some publishers' parts was renewed.
func IsPartial(err error) bool { _, ok := errors.AsType[*Partial](err); return ok }

// Refused is the error of what was refused of an offer; nil when nothing was.
func (o *Offer) Refused() error {
	if len(o.Refusals) == 0 {
		return nil
	}
	p := &Partial{}
	for _, r := range o.Refusals {
		p.errs = append(p.errs, r.Err)
	}
	return p
}

// giveWay puts the held packs, or none, in place of those of a publisher that
// signed an item of another.
func (o *Offer) giveWay(ctx context.Context, t *Twice) error {
	if t.Second == "" {
		return preau.E(preau.Corrupt, "the catalogue has item "+t.Item+" in two packs", "Tell the catalogue's publisher; what the box holds stays.", nil)
	}
	first := t.First
	if first == "" {
		first = "the catalogue itself"
	}
	why := preau.E(preau.Conflict, fmt.Sprintf("publisher %s: it signed %s, which %s has already", t.Second, t.Item, first),
		"Tell the catalogue's owner: an id has one publisher. What the box holds of "+t.Second+" stays.", nil)
	for i, p := range o.Parts {
		switch {
		case p.Publisher != t.Second:
		case p.Shelf != nil:
			return o.Refuse(ctx, i, why)
		default:
			o.Parts[i] = Part{Publisher: p.Publisher}
		}
	}
	return nil
}

// Taxons brings the vocabulary of an offer and keeps it.
func (o *Offer) Taxons(ctx context.Context, verified *trust.Verified) (string, notice.Taxons, error) {
	sum, raw := "", []byte("{}")
	if ref := o.Parts[0].Shelf.Index.Taxons; ref != nil {
		var err error
		if raw, err = verified.Target(ctx, ref.Path, notice.MaxTaxons); err != nil {
			return "", nil, err
		}
		sum = fmt.Sprintf("%x", sha256.Sum256(raw))
	}
	taxons, err := notice.ParseTaxons(raw)
	if err != nil {
		return "", nil, err
	}
	err = o.k.db.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec("INSERT INTO catalogue_taxons (sha256, body) VALUES (?, ?) ON CONFLICT DO NOTHING", sum, raw)
		return err
	})
	return sum, taxons, err
}
